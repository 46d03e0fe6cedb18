"""Known vulnerabilities of what is installed (pip-audit) and risky patterns of our own code (bandit).

What is accepted stands in ``waivers.toml`` with its reason. Where the advisories cannot be reached, this is said loudly
and is no failure: a build must not depend on somebody else's service.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
WAIVERS = Path(__file__).with_name("waivers.toml")
AUDIT_SECONDS = 300
ADVISORIES = "advisory"
CODE = "code"


@dataclass
class Outcome:
    """What was found, and which waivers it needed."""

    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    used: set[tuple[str, ...]] = field(default_factory=set)
    checked: int = 0


def judge_advisories(report: dict[str, Any] | None, waivers: Iterable[dict[str, str]]) -> Outcome:
    """Advisories that are not waived are problems; that none could be looked up is a warning.

    Args:
        report: what pip-audit wrote as JSON; None where it wrote nothing.
        waivers: those of advisories.
    """
    outcome = Outcome()
    packages = report["dependencies"] if report else []
    outcome.checked = sum("vulns" in package for package in packages)
    unchecked = [package["name"] for package in packages if "vulns" not in package]
    if not outcome.checked:
        outcome.warnings.append("The advisories could not be reached: KNOWN VULNERABILITIES WERE NOT LOOKED UP.")
        return outcome
    if unchecked:
        outcome.warnings.append(f"Not known to the advisory service: {', '.join(unchecked)}.")
    accepted = {(waiver["package"], waiver["id"]) for waiver in waivers}
    for package in packages:
        for advisory in package.get("vulns", ()):
            names = {advisory["id"], *advisory.get("aliases", ())}
            waived = {(package["name"], name) for name in names} & accepted
            outcome.used |= waived
            if not waived:
                fixed = ", ".join(advisory.get("fix_versions", ())) or "no version yet"
                outcome.problems.append(f"{package['name']} {package['version']}: {advisory['id']}, fixed in {fixed}")
    return outcome


def judge_code(report: dict[str, Any], waivers: Iterable[dict[str, Any]]) -> Outcome:
    """Findings of bandit that are not waived for their file are problems, and so are waivers that nothing needs."""
    outcome = Outcome(checked=1)
    accepted = {(waiver["check"], file) for waiver in waivers for file in waiver["files"]}
    for finding in report["results"]:
        place = (finding["test_id"], Path(finding["filename"]).as_posix().removeprefix("./"))
        if place in accepted:
            outcome.used.add(place)
        else:
            outcome.problems.append(f"{place[1]}:{finding['line_number']}: {place[0]} {finding['issue_text']}")
    outcome.problems += [
        f"{file}: the waiver of {check} is not needed" for check, file in sorted(accepted - outcome.used)
    ]
    outcome.problems += [f"{error['filename']}: {error['reason']}" for error in report["errors"]]
    return outcome


def _run(*arguments: str) -> dict[str, Any] | None:
    """The JSON that a tool writes."""
    try:
        done = subprocess.run(  # noqa: S603 - our own tools
            [sys.executable, "-m", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=AUDIT_SECONDS
        )
        found: dict[str, Any] = json.loads(done.stdout)
        return found
    except (subprocess.TimeoutExpired, ValueError):
        return None


def main() -> int:
    """Run both and tell what was found.

    Returns:
        1 where something is neither right nor waived.
    """
    waivers = tomllib.loads(WAIVERS.read_text(encoding="utf-8"))
    audit = ("pip_audit", "--vulnerability-service", "pypi", "--no-deps", "--disable-pip", "--progress-spinner", "off")
    advisories = judge_advisories(_run(*audit, "-f", "json", "-r", "constraints.txt"), waivers[ADVISORIES])
    code_report = _run("bandit", "-q", "-r", "assistant", "-f", "json")
    if code_report is None:
        print("bandit did not finish", file=sys.stderr)
        return 1
    code = judge_code(code_report, waivers[CODE])
    for warning in advisories.warnings:
        print(f"WARNING: {warning}", file=sys.stderr)
    for problem in (*advisories.problems, *code.problems):
        print(problem, file=sys.stderr)
    waived = len(advisories.used) + len(code.used)
    if not advisories.problems and not code.problems:
        print(f"{advisories.checked} packages looked up, the code checked, {waived} findings waived")
    return 1 if advisories.problems or code.problems else 0


if __name__ == "__main__":
    sys.exit(main())
