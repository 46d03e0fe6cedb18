from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.evaluation.report import SetResult
from assistant.evaluation.run import evaluate
from assistant.settings import load_settings

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="session")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SetResult]:
    """The gold file of positions, asked of the shipped corpus and its articles with the real encoder."""
    settings = load_settings(data_dir=tmp_path_factory.mktemp("positions"))
    gold = Path(__file__).parent / "positions"
    report = evaluate([gold], settings, [ROOT / "corpus"], lambda _what, _done, _total: None)
    yield report.results[0]
