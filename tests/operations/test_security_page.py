"""SECURITY.md names only tests that exist, and covers the lists it names."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py(?:::\w+)?)`", PAGE)))


@pytest.mark.parametrize("named", NAMED)
def test_a_test_that_is_named_exists(named: str) -> None:
    file, _, function = named.partition("::")
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    functions = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    tests = {name for name in functions if name.startswith("test_")}
    assert tests if not function else function in tests


def test_every_risk_of_both_lists_has_a_defence_and_a_test() -> None:
    rows = {cells[1].split()[0]: cells for line in PAGE.splitlines() if len(cells := line.split("|")) == 5}
    wanted = [f"LLM{number:02}" for number in range(1, 11)] + [f"API{number}" for number in range(1, 11)]
    for risk in wanted:
        _, _, defence, tests, _ = rows[risk]
        assert len(defence.split()) > 5 and "`tests/" in tests, risk
