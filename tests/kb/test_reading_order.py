"""The order in which articles are read, what replaced what, and the index by sound."""

from __future__ import annotations

import pytest

from kb import library
from tests.conftest import ARTICLE, Folder


def _order(folder: Folder, slugs: str) -> None:
    folder.change("topics.yml", "aliases: [积分]", f"aliases: [积分], articles: {slugs}")


def _another(folder: Folder, slug: str, change: tuple[str, str] = ("", "")) -> None:
    head = ARTICLE.split("aliases:")[0].replace("积分办理指南", f"{slug} 的标题")
    folder.write(f"articles/jifen/{slug}.md", f"{head}sources: [banfa]\n---\n正文。\n".replace(*change))


def test_declared_articles_come_first_and_the_others_by_path(folder: Folder) -> None:
    for slug in ("a", "b", "c"):
        _another(folder, slug)
    _order(folder, "[zhinan, c]")
    loaded = library.load(folder.root)
    assert loaded.problems == ()
    assert [entry.slug for entry in loaded.reading_order["jifen"]] == ["zhinan", "c", "a", "b"]


@pytest.mark.parametrize(
    ("slugs", "said"),
    [
        ("[zhinan, zhinna]", "articles 里写的 zhinna，文件夹 articles/jifen/ 里没有 — 是不是 zhinan（积分办理指南）？"),
        ("[cailiao]", "articles 里写的 cailiao，文件夹 articles/jifen/ 里没有"),
        ("[zhinan, zhinan]", "articles 里 zhinan 写了两次 — 删掉一处"),
    ],
)
def test_a_wrong_order_is_explained_and_takes_nothing_down(folder: Folder, slugs: str, said: str) -> None:
    _order(folder, slugs)
    loaded = library.load(folder.root)
    [problem] = loaded.problems
    assert str(problem).startswith("topics.yml:1: ")
    assert said in str(problem)
    assert [entry.slug for entry in loaded.reading_order["jifen"]] == ["zhinan"]


def test_an_article_with_errors_is_not_reported_twice(folder: Folder) -> None:
    _order(folder, "[zhinan]")
    folder.write(folder.article, "没有文件头")
    assert {problem.file for problem in library.load(folder.root).problems} == {folder.article}


def test_what_an_entry_replaced_is_known_the_latest_first(folder: Folder) -> None:
    for slug, end in (("old", "2024-12-31"), ("older", "2023-12-31")):
        _another(
            folder, slug, ("status: in_force", "status: superseded\nnow: {text: 看新的, entry: articles/jifen/zhinan}")
        )
        folder.change(f"articles/jifen/{slug}.md", "2099-12-31", end)
    loaded = library.load(folder.root)
    assert loaded.problems == ()
    assert [entry.slug for entry in loaded.earlier["articles/jifen/zhinan"]] == ["old", "older"]


def test_the_index_sorts_by_sound(folder: Folder) -> None:
    for number, question in enumerate(["重庆能办吗？", "“随申办”怎么用？", "120 分够吗？", "ETC 要钱吗？", "？"]):
        text = (folder.root / folder.faq).read_text("utf-8")
        text = text.replace("积分要交什么材料？", f"'{question}'").replace("积分材料清单", f"别名 {number}")
        folder.write(
            f"faqs/jifen/x{number}.md", text.replace("facet: materials", f"facet: materials\n    about: 第{number}")
        )
    alphabet = library.load(folder.root).alphabet
    assert list(alphabet) == ["C", "E", "J", "S", "0-9"]
    assert [question.text for question in alphabet["S"]] == ["审核能加急吗？", "“随申办”怎么用？"]  # shen, sui
    assert [question.syllable for question in alphabet["C"]] == ["chong"]
    assert [question.text for question in alphabet["0-9"]] == ["？", "120 分够吗？"]
