"""The `kb` command: settings in, one function of a room called, its result printed."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path

import click

from cli import options, theft
from cli.bench import bench
from cli.clock import keep_the_days_of_china
from cli.evaluate import evaluate, fit
from cli.problems import lines_of
from cli.stats import done, open_questions, stats
from cli.usage import Commands
from kb import library, scaffolding
from kb.checking import dated_problems, dated_sources
from kb.errors import ContentError, Level, Problem
from kb.model import EntryKind
from search import index as indexes
from search.generation import published_library
from search.lexicon_checks import lexicon_problems
from search.model import Card, CardSource, Choice
from search.service import Explanation
from web.addresses import host_and_port
from web.app import create_app
from web.following import following
from web.security import guard_from
from web.server import check_free, run
from web.usage.clusters import cluster_of
from web.usage.recorder import recording
from web.usage.store import Store
from web.usage.tokens import given_secret, kept_secret


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """问策：公共政策知识库与问答搜索。"""
    keep_the_days_of_china()


main.add_command(bench)
main.add_command(evaluate)
main.add_command(fit)
main.add_command(stats)
main.add_command(done)


@main.command()
@options.content
@options.index
@options.engine
@options.day
@click.option("--questions", "files", type=options.FILE, multiple=True, help="题目文件，可写多次：比较改动前后的卡片")
@click.option(
    "--baseline", type=options.FILE, default=Path("var/answers.json"), show_default=True, help="改动前的答案记在哪里"
)
@click.option("--accept", is_flag=True, help="认可现在的答案，记作以后比较的依据")
@options.json_output
def check(
    content: Path,
    folder: Path,
    engine: str,
    as_of: datetime | None,
    files: tuple[Path, ...],
    baseline: Path,
    accept: bool,
    as_json: bool,
) -> None:
    """检查全部内容，一次报出所有问题；有错误时退出码为 1。"""
    if accept and not files:
        raise click.UsageError("--accept 要和 --questions 一起用")
    today = options.day_of(as_of)
    with options.errors_in_words():
        try:
            # Of two files that disagree the one is to blame that is not published yet.
            loaded = library.load(content, published=published_library(folder / engine))
        except ContentError as error:
            told = _all_told(error, content)
            if as_json:
                _print_problems(told.problems or [_whole(told)], [] if files else None)
            for line in (str(told).partition("\n")[0], *lines_of(told.problems, content)):
                options.say(line, err=True)
            sys.exit(1)
        own = (wording for document in loaded.documents.values() for wording in document.claims.wordings)
        words = lexicon_problems(content, own)
        dated = dated_problems(loaded.documents.values(), today)
        dated += dated_sources(content, loaded.shared.sources, today)
        problems = sorted({*loaded.problems, *dated, *words})
        errors = [problem for problem in problems if problem.level is Level.error]
        if not as_json:
            for line in lines_of(problems, content):
                options.say(line, err=True)
            click.echo(
                f"{len(loaded.documents)} 个文件，{len(loaded.entries)} 个条目："
                f"{len(errors)} 个错误，{len(problems) - len(errors)} 个提醒。"
            )
        if files and errors:
            click.echo("内容有错误，先改好，再比较改动前后的卡片。", err=True)
        found = theft.compare(content, engine, files, baseline, accept, today) if files and not errors else None
    if as_json:
        _print_problems(problems, theft.plain(found) if files else None)
    elif found:
        theft.show(found)
    sys.exit(1 if errors or (found and found.wrong and not accept) else 0)


def _print_problems(problems: Iterable[Problem], changes: list[dict[str, object]] | None) -> None:
    """As JSON: a list, or beside the changes where questions were compared."""
    plain = [asdict(problem) for problem in problems]
    options.print_json(plain if changes is None else {"problems": plain, "changes": changes})


def _all_told(error: ContentError, content: Path) -> ContentError:
    """That shared files cannot be used, with all that can be told of the other files meanwhile."""
    if not error.problems:
        return error
    others = {*library.problems_of_files(content), *lexicon_problems(content, ())}
    return ContentError(str(error).partition("\n")[0], (*error.problems, *sorted(others - {*error.problems})))


def _whole(error: ContentError) -> Problem:
    """What is wrong with the folder itself."""
    what, _, remedy = str(error).partition("——")
    return Problem(".", 1, what, remedy)


@main.command()
@options.content
@options.index
@options.engine
@click.option("--full", is_flag=True, help="不管有没有变化，从头重建")
def index(content: Path, folder: Path, engine: str, full: bool) -> None:
    """建立或更新索引；只重读改过的文件。"""
    with options.errors_in_words(), options.progress() as report:
        built = indexes.build(content, folder / engine, engine, full, report)
    click.echo(f"{built.name}：{len(built.library.entries)} 个条目，{built.manifest.passages} 个检索单元（{engine}）。")
    options.say_errors(built.library.errors)


@main.command()
@options.content
@options.index
@options.engine
@click.option("--host", envvar="KB_HOST", default="127.0.0.1", show_default=True, help="监听地址（KB_HOST）")
@click.option(
    "--port", envvar="KB_PORT", type=click.IntRange(1, 65535), default=8000, show_default=True, help="端口（KB_PORT）"
)
@click.option("--threads", type=click.IntRange(1), default=8, show_default=True, help="线程数")
@click.option("--workers", type=click.IntRange(1), default=1, show_default=True, help="进程数")
@click.option(
    "--site-url", envvar="KB_SITE_URL", callback=options.site_url, help="对外网址，如 https://例子.cn（KB_SITE_URL）"
)
@options.usage
def serve(
    content: Path,
    folder: Path,
    engine: str,
    host: str,
    port: int,
    threads: int,
    workers: int,
    site_url: str | None,
    usage: Path | None,
) -> None:
    """启动网站；内容文件一有改动就自动更新。表单用 KB_SECRET 签名，没有就自己生成一个，存在使用记录旁边。"""
    store = Store(options.usage_file(usage, folder))
    try:
        guard = guard_from(os.environ, host, site_url)
        secret = given_secret(os.environ.get("KB_SECRET", "")) or kept_secret(store.path.parent)  # one for all workers
        check_free(host, port)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    # Where standard error is no terminal, the bars are shown only when all is done.
    click.echo("正在读取内容、准备问法，第一次启动要等一会儿。", err=True)
    with options.errors_in_words(), options.progress() as report:
        service = options.opened(content, folder, engine, report)
        service.warm_up(report)
    click.echo(f"{len(service.library.entries)} 个条目已就绪：http://{host_and_port(host, port)}")
    run(lambda: recording(create_app(following(service), store, secret, site_url, guard)), host, port, workers, threads)


@main.command()
def schema() -> None:
    """输出内容格式的 JSON Schema，供编辑器提示和校验。"""
    options.print_json(scaffolding.schema())


@main.command()
@click.argument("kind", type=click.Choice(["article", "faq"]))
@click.argument("topic", metavar="主题", required=False)
@click.argument("slug", metavar="文件名", required=False)
@click.option("--from-question", "ident", help="从没有答案的问题新建，访客的说法写进 aliases；编号见 kb stats")
@options.content
@options.index
@options.usage
def new(
    kind: str,
    topic: str | None,
    slug: str | None,
    ident: str | None,
    content: Path,
    folder: Path,
    usage: Path | None,
) -> None:
    """新建一个条目：kb new faq jifen jifen-shenhe。"""
    aliases: tuple[str, ...] = ()
    with options.errors_in_words():
        if ident:
            wanted = ident.lower()
            asked = cluster_of(wanted, open_questions(Store(options.usage_file(usage, folder)), content, {wanted}))
            if asked is None:
                raise click.UsageError(f"没有编号 {ident}——编号见 kb stats 的“没有答案的问题”")
            aliases = asked.aliases
            topic, slug = topic or asked.topic, slug or scaffolding.slug_of(asked.text)
        if not topic or not slug:
            raise click.UsageError(_what_is_missing(kind, topic, slug, ident))
        path = scaffolding.new_entry(content, EntryKind(kind), topic, slug, date.today(), aliases)
    click.echo(f"已新建 {path}，把【】里的内容换掉，再运行 kb check。")


def _what_is_missing(kind: str, topic: str | None, slug: str | None, ident: str | None) -> str:
    if not ident:
        return "写上主题和文件名：kb new faq jifen jifen-shenhe"
    missing = "、".join(name for name, value in (("主题", topic), ("文件名", slug)) if not value)
    example = f"kb new {kind} {topic or '主题'} {slug or '文件名'} --from-question {ident}"
    return f"猜不出这个问题的{missing}——自己写上，其余照旧：{example}"


@main.command()
@click.argument("question", metavar="问题")
@options.content
@options.index
@options.engine
@click.option("--topic", help="只在这个主题里找")
@options.day
@click.option("--explain", is_flag=True, help="说明怎样理解、怎样排序、为什么给或不给卡片")
@options.json_output
def search(
    question: str,
    content: Path,
    folder: Path,
    engine: str,
    topic: str | None,
    as_of: datetime | None,
    explain: bool,
    as_json: bool,
) -> None:
    """问一个问题。"""
    if explain and as_json:
        raise click.UsageError("--explain 和 --json 只能用一个")
    day = as_of.date() if as_of else None
    with options.errors_in_words():
        service = options.opened(content, folder, engine)
        if topic and topic not in service.library.topic_of:
            raise click.UsageError(f"没有主题 {topic}——可以写：{'、'.join(service.library.topic_of)}")
        answer = service.ask(question, topic, day)
        explanation = service.explain(question, topic, day) if explain else None
    if as_json:
        options.print_json(answer.model_dump(mode="json", by_alias=True))
        return
    if explanation:
        _explain(explanation)
    card = answer.card
    if card is None:
        options.say("\n".join(("没有找到有把握的答案。", *answer.understood.hints)))
        if answer.candidates:
            options.say(f"您是不是想问：{'　'.join(link.title for link in answer.candidates)}")
    elif card.choices:
        for choice in card.choices:
            options.say(f"【{choice.question}】\n{choice.answer}\n{_standing(choice, choice.url)}")
    else:
        lines = [f"【{card.question}】\n{card.answer}"]
        lines += [f"  · {item.name}" for item in card.items]
        lines += [f"  {number}. {step.do}" for number, step in enumerate(card.steps, start=1)]
        lines += [f"  {value.of}：{value.value}" for value in card.values]
        lines += [f"  注意：{note}" for note in card.notes]
        lines += [f"  依据：{_cited(source)}" for source in card.sources]
        options.say("\n".join((*lines, _standing(card, card.entry.url))))
    for result in answer.results[:5]:
        options.say(f"  - {result.title}  {result.url}")


def _standing(told: Card | Choice, url: str) -> str:
    return f"（{told.status.label}；{told.verification.label}；{url}）"


def _cited(source: CardSource) -> str:
    return f"{source.title}{f'（{source.number}）' if source.number else ''}{source.clause or ''}"


def _explain(explanation: Explanation) -> None:
    query = explanation.query
    show = options.say
    for note in query.notes:
        show(note)
    concepts = "、".join(f"{concept.wording}({concept.information:.1f})" for concept in query.concepts)
    facets = "、".join(f"{facet.label}({weight:g})" for facet, weight in query.facets.items())
    topics = "、".join(f"{topic}({weight:g})" for topic, weight in query.topics.items())
    show(f"要点：{concepts}\n类别：{facets}\n主题：{topics}\n范围外：{query.outside or '否'}")
    show("候选：")
    for item in explanation.ranked[:8]:
        features = "  ".join(f"{name} {value:.2f}" for name, value in item.features.items())
        show(f"  {item.score:5.2f} 把握 {item.confidence:.2f}  {item.passage.id}  “{item.wording}”")
        show(f"        {features}")
    show(f"卡片：{explanation.why}")


if __name__ == "__main__":
    main()
