"""How fast a folder is found unchanged, how fast a long PDF comes in, and an audit and a rebuild after that.

    python -m benchmarks.curation [--documents N] [--pages N]

Texts are made up (``texts``); the encoder and everything else is real. The import itself is measured beside the usual
recipe by ``importing``. Writes benchmarks/results/curation.json and curation.md.
"""

from __future__ import annotations

import argparse
import itertools
import resource
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from assistant.curation.sync import SyncReport
from assistant.index.health import audit
from assistant.services import Services, open_services
from assistant.settings import load_settings
from benchmarks.publishing import publish
from benchmarks.texts import report, write_folder

PDF_REPORTS = 1_000_000  # and on: numbers of reports that no folder holds


def write_pdf(path: Path, pages: int) -> None:
    """A PDF of dense pages, uncompressed, so that it has the size of a real report."""
    canvas = Canvas(str(path), pagesize=A4, pageCompression=0)
    lines = _lines()
    for _ in range(pages):
        canvas.setFont("Helvetica", 10)
        for line in range(60):
            canvas.drawString(50, 800 - 12 * line, next(lines))
        canvas.showPage()
    canvas.save()


def _lines() -> Iterator[str]:
    """Reports, broken into lines."""
    for number in itertools.count():
        text = " ".join(sentence.text for sentence in report(PDF_REPORTS + number).sentences)
        yield from textwrap.wrap(text, 100)


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """The result of ``work`` and the seconds it took."""
    began = time.perf_counter()
    result = work()
    return result, time.perf_counter() - began


def peak_megabytes() -> float:
    """Peak resident memory of this process."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(services: Services, folder: Path, pdf: Path) -> dict[str, Any]:
    """Run every part once."""
    before = peak_megabytes()
    first: SyncReport
    first, first_seconds = timed(lambda: services.sync.run(folder, by="benchmark"))
    _, again_seconds = timed(lambda: services.sync.run(folder, by="benchmark"))
    (loaded,), parse_seconds = timed(lambda: services.sandbox.load(pdf.read_bytes(), name=pdf.name))
    pdf_done, pdf_seconds = timed(lambda: services.pipeline.ingest("pdf", loaded, origin="benchmark", by="benchmark"))
    services.index.wait_ready()
    engine = services.engines.current
    findings, check_seconds = timed(lambda: audit(services.database, engine.index, engine.fingerprint))
    _, rebuild_seconds = timed(lambda: services.index.rebuild("benchmark").join())
    return {
        "documents": first.added,
        "passages": first.passages,
        "sync_s": round(first_seconds, 1),
        "passages_per_s": round(first.passages / first_seconds, 1),
        "sync_unchanged_s": round(again_seconds, 1),
        "pdf_megabytes": round(pdf.stat().st_size / 1e6, 1),
        "pdf_parse_s": round(parse_seconds, 1),
        "pdf_passages": pdf_done.passages,
        "pdf_ingest_s": round(pdf_seconds, 1),
        "check_s": round(check_seconds, 1),
        "check_ok": all(finding.ok for finding in findings),
        "rebuild_s": round(rebuild_seconds, 1),
        "memory_growth_mb": round(peak_megabytes() - before),
    }


def main() -> None:
    """Measure and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=150)
    parser.add_argument("--pages", type=int, default=40)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary)
        write_folder(place / "folder", arguments.documents)
        write_pdf(place / "report.pdf", arguments.pages)
        with open_services(load_settings(data_dir=place / "data")) as services:
            services.warm_up()
            results = measure(services, place / "folder", place / "report.pdf")
    table = "| measured | value |\n|---|---|\n" + "".join(f"| {name} | {value} |\n" for name, value in results.items())
    publish("curation", results, table)


if __name__ == "__main__":
    main()
