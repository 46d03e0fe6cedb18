"""What ``make check`` does with advisories and findings: each is mended or waived with a reason."""

from __future__ import annotations

import importlib.util
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent
SCRIPT = ROOT / "scripts" / "security_check.py"


def script() -> Any:
    spec = importlib.util.spec_from_file_location("security_check", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


CHROMA = {
    "name": "chromadb",
    "version": "1.5.9",
    "vulns": [{"id": "PYSEC-2026-1", "aliases": ["CVE-2026-45829", "GHSA-x"], "fix_versions": []}],
}
WAIVED = [{"package": "chromadb", "id": "CVE-2026-45829"}]


def test_a_waived_advisory_passes_and_another_does_not() -> None:
    check = script()
    report = {"dependencies": [CHROMA, {"name": "click", "version": "8", "vulns": []}], "fixes": []}
    outcome = check.judge_advisories(report, WAIVED)
    assert (outcome.problems, outcome.warnings, outcome.checked) == ([], [], 2)
    assert check.judge_advisories(report, []).problems == ["chromadb 1.5.9: PYSEC-2026-1, fixed in no version yet"]
    elsewhere = [{"package": "click", "id": "CVE-2026-45829"}]
    assert len(check.judge_advisories(report, elsewhere).problems) == 1


def test_advisories_that_cannot_be_reached_are_told_and_fail_nothing() -> None:
    check = script()
    skipped = {"dependencies": [{"name": "click", "skip_reason": "not found"}], "fixes": []}
    for report in (None, skipped):
        outcome = check.judge_advisories(report, WAIVED)
        assert outcome.problems == [] and "WERE NOT LOOKED UP" in outcome.warnings[0]
    partly = {"dependencies": [CHROMA, {"name": "ours", "skip_reason": "not found"}], "fixes": []}
    assert "ours" in check.judge_advisories(partly, WAIVED).warnings[0]


def test_a_finding_is_waived_for_its_file_and_a_waiver_for_nothing_fails() -> None:
    check = script()
    finding = {"test_id": "B603", "filename": "./assistant/a.py", "line_number": 3, "issue_text": "subprocess"}
    report = {"results": [finding], "errors": []}
    assert check.judge_code(report, [{"check": "B603", "files": ["assistant/a.py"]}]).problems == []
    assert check.judge_code(report, []).problems == ["assistant/a.py:3: B603 subprocess"]
    unneeded = [{"check": "B603", "files": ["assistant/a.py", "assistant/b.py"]}]
    assert check.judge_code(report, unneeded).problems == ["assistant/b.py: the waiver of B603 is not needed"]
    assert check.judge_code({"results": [], "errors": [{"filename": "x", "reason": "no"}]}, []).problems == ["x: no"]


def test_every_waiver_has_its_reason() -> None:
    waivers = tomllib.loads((ROOT / "scripts" / "waivers.toml").read_text())
    assert {waiver["id"] for waiver in waivers["advisory"]} == {"CVE-2026-45829"}
    for waiver in (*waivers["advisory"], *waivers["code"]):
        assert len(waiver["reason"].split()) >= 8
    for waiver in waivers["code"]:
        assert all((ROOT / file).is_file() for file in waiver["files"])


def test_the_server_with_the_vulnerability_is_never_started() -> None:
    """The reason of chromadb's waiver: nothing of ours imports its Python server."""
    for path in (ROOT / "assistant").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert "chromadb.app" not in text and "chromadb.server" not in text, path
