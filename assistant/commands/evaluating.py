"""``assistant evaluate``: figures over labelled questions and articles."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NoReturn

import click


@click.command()
@click.argument("folders", nargs=-1, required=True, metavar="DIR...", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write REPORT.json, .md, .svg and .failures.jsonl.",
    metavar="REPORT",
)
@click.option(
    "--baseline",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="REPORT",
    help="Compare with an earlier report; exit 1 on a significant loss.",
)
@click.option(
    "--corpus",
    "documents",
    multiple=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Documents that questions about positions are asked of; those that ship where not given.",
)
@click.option(
    "--data-dir",
    "kept",
    type=click.Path(path_type=Path, file_okay=False),
    help="Keep the corpora here, for the next run; else they are thrown away.",
)
@click.pass_context
def evaluate(
    ctx: click.Context,
    folders: tuple[Path, ...],
    output: Path | None,
    baseline: Path | None,
    documents: tuple[Path, ...],
    kept: Path | None,
) -> None:
    """Measure the assistant on the data sets in DIR, each in a corpus of its own.

    The corpus that is served is not touched. docs/quality.md says what a data set looks like.
    """
    from assistant.evaluation.report import as_markdown, changes_as_markdown, compare, read_measures, write
    from assistant.evaluation.run import evaluate as run
    from assistant.paths import shipped
    from assistant.settings import load_settings

    before = read_measures(baseline) if baseline is not None else None
    with _place(kept) as place:
        settings = load_settings(**{**(ctx.obj or {}), "data_dir": place})
        with _progress() as tell:
            report = run(folders, settings, documents or (shipped("corpus"),), tell)
    click.echo(as_markdown(report))
    if output is not None:
        for file in write(report, output if output.suffix == ".json" else output.with_name(output.name + ".json")):
            click.echo(f"wrote {file}", err=True)
    if before is not None:
        changes = compare(report, before)
        click.echo(changes_as_markdown(changes))
        if any(change.is_loss for _, change in changes):
            sys.exit(1)


@contextmanager
def _place(kept: Path | None) -> Iterator[Path]:
    if kept is not None:
        yield kept
        return
    with tempfile.TemporaryDirectory(prefix="assistant-evaluate-") as temporary:
        yield Path(temporary)


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    """A bar for each kind of work on a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _what, _done, _total: None
        return
    from tqdm import tqdm

    with ExitStack() as stack:
        bars: dict[tuple[str, int], tqdm[NoReturn]] = {}

        def tell(what: str, done: int, total: int) -> None:
            key = (what, total)
            if key not in bars:
                bars[key] = stack.enter_context(tqdm(total=total, unit=what.rstrip("s"), leave=False, file=sys.stderr))
            bars[key].update(done - bars[key].n)

        yield tell
