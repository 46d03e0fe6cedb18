"""Further gold files: ordinary wire style, figures of speech that no list of words has whole, and other words.

The last asks about the documents that ship in words that are not theirs. docs/quality.md has what was found with each
before anything was changed for it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.evaluation.measures import estimate
from assistant.evaluation.run import evaluate
from assistant.settings import load_settings

ROOT = Path(__file__).parent.parent.parent
AT_LEAST = {
    "positions_second": {"holder and stance": 0.88, "speaker": 0.9, "date": 0.85, "rightly refused": 0.75},
    "positions_figurative": {"holder and stance": 0.55, "speaker": 0.64, "rightly refused": 0.7},
    "positions_reworded": {"found": 0.88, "first sentence answers": 0.7, "rightly refused": 0.93},
}


@pytest.mark.parametrize("name", AT_LEAST)
def test_no_less_is_right(name: str, tmp_path: Path) -> None:
    report = evaluate(
        [Path(__file__).parent / name], load_settings(data_dir=tmp_path), [ROOT / "corpus"], lambda _w, _d, _t: None
    )
    found = {m.key: estimate(m) for m in report.results[0].measures}
    values = {key: value.value for key, value in found.items() if value is not None}
    assert {key: values[key] for key, least in AT_LEAST[name].items() if values[key] < least} == {}
    assert values["claims shown as own"] == 0
