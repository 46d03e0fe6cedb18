"""The Python examples of docs/integrations.md, run as they stand against a server that needs a key."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.access_model import Role
from assistant.index.backup import backup
from assistant.services import CATALOG, Services, open_services
from assistant.settings import Settings
from tests.serving import serving

DOCS = (Path(__file__).parent.parent.parent / "docs" / "integrations.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^## (.+?)$|^```python\n(.*?)^```", DOCS, re.MULTILINE | re.DOTALL)
ADDRESS = "http://127.0.0.1:8000"


def example(heading: str) -> str:
    """The Python below a heading."""
    place = next(i for i, (found, _) in enumerate(EXAMPLES) if found == heading)
    return EXAMPLES[place + 1][1]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """A corpus of one document, with the real encoder."""
    folder = tmp_path_factory.mktemp("examples")
    (folder / "corpus").mkdir()
    text = "# Terms\n\nRussia rejects the presence of foreign troops in Ukraine. It rules out an early truce.\n"
    (folder / "corpus" / "terms.md").write_text(text, encoding="utf-8")
    with open_services(Settings(data_dir=folder / "data")) as services:
        services.sync.run(folder / "corpus", by="tests")
        yield services


@pytest.mark.parametrize("heading", ["Python", "OpenAI SDK", "MCP"])
def test_over_http(
    small: Services, heading: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _, secret = small.keys.add(heading, Role.READER, None, by="tests")
    code = example(heading)
    assert ADDRESS in code
    with serving(small) as address:
        monkeypatch.setenv("ASSISTANT_KEY", secret)
        exec(code.replace(ADDRESS, address), {"__name__": "__main__"})  # noqa: S102  # our own documentation
    assert "foreign troops" in capsys.readouterr().out


def test_langchain(small: Services, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "data").mkdir()
    backup(small.settings.data_dir / CATALOG, tmp_path / "data" / CATALOG)
    code = example("LangChain")
    exec(code.replace('"data"', repr(str(tmp_path / "data"))), {"__name__": "__main__"})  # noqa: S102
    assert "Terms http://127.0.0.1:8000/documents/terms" in capsys.readouterr().out
