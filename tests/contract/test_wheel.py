"""The wheel works from outside the checkout: it carries the corpus, the prompts and the web files."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def test_the_wheel_carries_what_it_needs(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path / "dist")],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    env = {**os.environ, "PYTHONPATH": str(site)}
    where = subprocess.run(
        [sys.executable, "-c", "import assistant; print(assistant.__file__)"],
        cwd=tmp_path,
        env=env,
        check=True,
        capture_output=True,
        text=True,
    )
    assert where.stdout.startswith(str(site))
    done = subprocess.run(
        [sys.executable, "-m", "assistant", "sync"],
        cwd=tmp_path,
        env=env,
        check=True,
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert "21 added" in done.stdout
    names = {path.relative_to(site).parts for path in site.rglob("*") if path.is_file()}
    shipped = {parts[2] for parts in names if parts[:2] == ("assistant", "shipped")}
    assert shipped == {"corpus", "docs", "prompts", "web"}
    assert any(parts[:4] == ("assistant", "index", "migrations", "versions") for parts in names)
    model = ("assistant", "answering", "reader", "model")
    assert {parts[4] for parts in names if parts[:4] == model} == {"reader.onnx", "reader.json", "tokenizer.json"}
