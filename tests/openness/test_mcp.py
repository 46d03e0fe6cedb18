"""The official MCP client against a running server, and against the command on stdio."""

from __future__ import annotations

import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import anyio
import httpx
import pytest
from mcp import Client, StdioServerParameters

from assistant.services import open_services
from assistant.settings import Settings

Found = TypeVar("Found")
LEGACY, MODERN = "legacy", "auto"


def with_client(server: Any, work: Callable[[Client], Awaitable[Found]], mode: str = MODERN) -> Found:
    async def run() -> Found:
        with anyio.fail_after(120):
            async with Client(server, mode=mode) as client:
                return await work(client)

    return anyio.run(run)


def call(server: Any, tool: str, mode: str = MODERN, **arguments: Any) -> dict[str, Any]:
    """The tool's result, which is there twice: as text and as structured content."""
    result = with_client(server, lambda client: client.call_tool(tool, arguments), mode)
    assert not result.is_error, result.content
    (only,) = result.content
    assert only.type == "text"
    assert json.loads(only.text) == result.structured_content
    found: dict[str, Any] = result.structured_content
    return found


@pytest.fixture(scope="module")
def mcp(address: str) -> str:
    return f"{address}/mcp"


@pytest.mark.parametrize("mode", [LEGACY, MODERN])
def test_the_tools_are_described(mcp: str, mode: str) -> None:
    listed = with_client(mcp, lambda client: client.list_tools(), mode)
    tools = {tool.name: tool for tool in listed.tools}
    assert set(tools) == {"search", "fetch", "ask", "positions"}
    assert all(tool.description and tool.annotations.read_only_hint for tool in tools.values())
    assert tools["search"].input_schema["required"] == ["query"]
    assert tools["fetch"].input_schema["required"] == ["id"]
    assert set(tools["positions"].input_schema["properties"]) == {"actor", "stance", "about"}


@pytest.mark.parametrize("mode", [LEGACY, MODERN])
def test_search_then_fetch(mcp: str, address: str, mode: str) -> None:
    results = call(mcp, "search", mode, query="Budapest Memorandum")["results"]
    assert results
    assert all(result.keys() == {"id", "title", "url"} and all(result.values()) for result in results)
    assert len({result["id"] for result in results}) == len(results)
    first = call(mcp, "fetch", mode, id=results[0]["id"])
    assert first.keys() == {"id", "title", "text", "url", "metadata"}
    content = httpx.get(f"{address}/api/v1/documents/{first['id']}/content").json()
    assert first["text"] == content["content"]
    assert first["metadata"]["published_at"] == content["published_at"]


def test_every_document_has_an_address(mcp: str, address: str) -> None:
    ours = "position-russia"
    fetched = call(mcp, "fetch", id=ours)
    assert fetched["url"] == f"{address}/documents/{ours}"
    assert httpx.get(fetched["url"]).status_code == 200


def test_a_cited_answer_and_a_refusal(mcp: str, address: str) -> None:
    answered = call(mcp, "ask", question="What does Russia reject?")
    assert answered["status"] == "answered"
    assert (
        answered["answer"]
        == httpx.post(f"{address}/api/v1/ask", json={"question": "What does Russia reject?"}).json()["answer"]
    )
    for citation in answered["citations"]:
        assert f"[{citation['number']}]" in answered["answer"]
        assert citation["url"] and citation["title"] and citation["quote"]
    refused = call(mcp, "ask", question="What is the boiling point of nitrogen?")
    assert refused["status"] == "not_in_corpus" and refused["citations"] == []


def test_positions(mcp: str) -> None:
    held = call(mcp, "positions", actor="Moscow", stance="rejects")["positions"]
    assert held
    assert {position["holder"] for position in held} == {"Russia"}
    assert {position["stance"] for position in held} == {"rejects"}
    assert all(position["url"] and position["quote"] for position in held)


@pytest.mark.parametrize(
    ("tool", "arguments", "told"),
    [
        ("fetch", {"id": "nowhere"}, "no document 'nowhere'"),
        ("ask", {"question": "  "}, "The question is empty"),
        ("positions", {"stance": "dances"}, "dances"),
    ],
)
def test_errors_are_told_to_the_model(mcp: str, tool: str, arguments: dict[str, Any], told: str) -> None:
    result = with_client(mcp, lambda client: client.call_tool(tool, arguments))
    assert result.is_error
    assert told in result.content[0].text


def test_the_command_serves_on_stdio(tmp_path: Path) -> None:
    text = "The Budapest Memorandum was signed in 1994. Ukraine gave up its nuclear weapons."
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "memorandum.md").write_text(f"# Budapest Memorandum\n\n{text}\n", encoding="utf-8")
    with open_services(Settings(data_dir=tmp_path / "data")) as services:
        services.sync.run(folder, by="tests")
    command = StdioServerParameters(
        command=sys.executable, args=["-m", "assistant", "--data-dir", str(tmp_path / "data"), "mcp"]
    )

    async def use(client: Client) -> tuple[Any, Any]:
        return (
            await client.call_tool("search", {"query": "When was the Budapest Memorandum signed?"}),
            await client.call_tool("ask", {"question": "When was the Budapest Memorandum signed?"}),
        )

    searched, asked = with_client(command, use)
    (result,) = searched.structured_content["results"]
    assert result["title"] == "Budapest Memorandum"
    assert result["url"].startswith("http://127.0.0.1:8000/documents/")
    assert "1994" in asked.structured_content["answer"]
    assert asked.structured_content["citations"][0]["url"]
