"""Runs one target under atheris for some seconds; what breaks a promise is kept beside the corpus and shown."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris  # type: ignore[import-untyped]
import click

with atheris.instrument_imports(include=["kb", "search", "markdown", "ruamel"]):
    from tests.fuzz.atheris import targets

CORPUS = Path(__file__).parent / "corpus"


@click.command()
@click.argument("target", type=click.Choice(list(targets.TARGETS)))
@click.option("--seconds", type=click.IntRange(1), default=120, show_default=True)
@click.option("--size", type=click.IntRange(1), default=2000, show_default=True, help="bytes of an input at most")
def main(target: str, seconds: int, size: int) -> None:
    """Fuzz TARGET, from its small saved corpus; what is new goes to a folder of its own, which is printed."""
    if target == "questions":
        targets.understanding()
    new = tempfile.mkdtemp(prefix=f"fuzz-{target}-")
    click.echo(f"new inputs and findings: {new}")
    options = [f"-max_total_time={seconds}", f"-max_len={size}", f"-artifact_prefix={new}/", "-timeout=10"]
    atheris.Setup([sys.argv[0], *options, new, str(CORPUS / target)], targets.TARGETS[target])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
