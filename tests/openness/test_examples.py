"""The examples of docs/integrations.md, run as they stand against a server that needs a key."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest
from mcp import Client, StdioServerParameters

from assistant.access_model import Role
from assistant.catalogs import CATALOG
from assistant.index.backup import backup
from assistant.services import Services, open_services
from assistant.settings import Settings
from tests.serving import serving

DOCS = (Path(__file__).parent.parent.parent / "docs" / "integrations.md").read_text(encoding="utf-8")
ADDRESS = "http://127.0.0.1:8000"
SAID = "Russia rejects the presence of foreign troops in Ukraine."


def examples(heading: str, language: str) -> list[str]:
    """What is to be pasted below a heading, in their order."""
    section = re.search(rf"^## {re.escape(heading)}$(.*?)(?=^## |\Z)", DOCS, re.MULTILINE | re.DOTALL)
    assert section is not None, heading
    found = re.findall(rf"^```{language}\n(.*?)^```", section[1], re.MULTILINE | re.DOTALL)
    assert found, (heading, language)
    return found


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """A corpus of one document, with the real encoder."""
    folder = tmp_path_factory.mktemp("examples")
    (folder / "corpus").mkdir()
    text = f"# Terms\n\n{SAID} It rules out an early truce.\n"
    (folder / "corpus" / "terms.md").write_text(text, encoding="utf-8")
    with open_services(Settings(data_dir=folder / "data")) as services:
        services.sync.run(folder / "corpus", by="tests")
        yield services


@pytest.fixture(scope="module")
def address(small: Services) -> Iterator[str]:
    with serving(small) as found:
        yield found


@pytest.fixture(scope="module")
def key(small: Services) -> str:
    return small.keys.add("analysts", Role.READER, None, by="tests")[1]


@pytest.mark.parametrize(("heading", "place"), [("Python", 0), ("OpenAI SDK", 0), ("MCP", 0), ("LangChain", 0)])
def test_python(
    heading: str,
    place: int,
    address: str,
    key: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    code = examples(heading, "python")[place]
    assert ADDRESS in code
    monkeypatch.setenv("ASSISTANT_KEY", key)
    exec(code.replace(ADDRESS, address), {"__name__": "__main__"})  # noqa: S102  # our own documentation
    printed = capsys.readouterr().out
    assert f"{SAID}[1]" in printed
    if heading == "Python":  # also what was streamed, with its citation
        assert f"{SAID} [1]" in printed and "1 Terms" in printed
    if heading == "OpenAI SDK":
        assert printed.count(f"{SAID}[1]") == 2 and f"Terms {address}/documents/terms" in printed


def shell(code: str, address: str, key: str, **more: str) -> str:
    """What a shell prints for it."""
    environment = {**os.environ, "ASSISTANT_KEY": key, **more}
    code = code.replace(ADDRESS, address).replace(".venv/bin/assistant", f"{sys.executable} -m assistant")
    done = subprocess.run(["bash", "-ec", code], env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl(address: str, key: str) -> None:
    whole, streamed = (shell(code, address, key) for code in examples("curl", "sh"))
    answer = json.loads(whole)
    assert answer["sentences"][0]["text"] == SAID and answer["citations"][0]["document_id"] == "terms.md"
    assert "event: citation" in streamed and "event: sentence" in streamed and SAID in streamed


def test_command_line(address: str, key: str) -> None:
    (code,) = examples("Command line", "sh")
    assert f"{SAID} [1]" in shell(code, address, key)


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_javascript(address: str, key: str, tmp_path: Path) -> None:
    (code,) = examples("JavaScript", "js")
    (tmp_path / "ask.mjs").write_text(code.replace(ADDRESS, address), encoding="utf-8")
    assert f"{SAID}[1]" in shell("node ask.mjs".replace("ask.mjs", str(tmp_path / "ask.mjs")), address, key)


def test_a_limited_key(tmp_path: Path) -> None:
    (code,) = examples("Keys", "sh")
    made = shell(code, ADDRESS, "none", ASSISTANT_DATA_DIR=str(tmp_path / "data"), ASSISTANT_KEY="none")
    assert made.startswith("brief_")


@pytest.fixture
def copied(small: Services, tmp_path: Path) -> Path:
    """The same corpus in a data directory that no server uses."""
    (tmp_path / "data").mkdir()
    backup(small.settings.data_dir / CATALOG, tmp_path / "data" / CATALOG)
    return tmp_path / "data"


def test_langchain_retriever(copied: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = examples("LangChain", "python")[1]
    exec(code.replace('"data"', repr(str(copied))), {"__name__": "__main__"})  # noqa: S102
    assert "Terms http://127.0.0.1:8000/documents/terms" in capsys.readouterr().out


def test_mcp_configurations(address: str, key: str, copied: Path) -> None:
    """What is to be pasted for clients with a configuration in JSON names what the official client can use."""
    http, stdio = (json.loads(code)["mcpServers"]["briefing"] for code in examples("MCP", "json"))
    assert http["url"] == f"{ADDRESS}/mcp" and http["headers"] == {"Authorization": "Bearer brief_…"}
    arguments = [str(copied) if argument == "data" else argument for argument in stdio["args"]]
    server = StdioServerParameters(command=sys.executable, args=["-m", "assistant", *arguments])

    async def ask() -> str:
        with anyio.fail_after(120):
            async with Client(server) as client:
                result = await client.call_tool("ask", {"question": "What does Russia reject?"})
                return str(result.structured_content["answer"])

    assert anyio.run(ask) == f"{SAID}[1]"
