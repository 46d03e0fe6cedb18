"""An answer as Markdown with footnotes, for pasting into what somebody writes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assistant.answering.brief_lines import flat, shown_date
from assistant.answering.exports.markdown import plain
from assistant.answering.exports.wording import web_address


def render(question: str, answer: Mapping[str, Any]) -> str:
    """The question as a heading, the answer as a paragraph and its citations as footnotes.

    Args:
        question: as it was asked.
        answer: as it is served to programs.
    """
    parts = [f"## {plain(question)}", said(answer)]
    if answer["notice"]:
        parts.append(f"*{plain(answer['notice'])}*")
    parts.append("\n".join(f"[^{c['number']}]: {footnote(c)}" for c in answer["citations"]))
    return "\n\n".join(part for part in parts if part) + "\n"


def said(answer: Mapping[str, Any]) -> str:
    """The sentences with their markers, or the words of a refusal."""
    told = [plain(s["text"]) + "".join(f"[^{n}]" for n in s["citations"]) for s in answer["sentences"]]
    return " ".join(told) if told else plain(answer["answer"])


def footnote(citation: Mapping[str, Any]) -> str:
    """The quotation, where it stands, and the source's own address."""
    published = shown_date(citation["published_at"]) if citation["published_at"] else "undated"
    source = ", ".join(flat(part) for part in (citation["source"], published) if part)
    place = f"{citation['document_id']}, version {citation['version']}"
    title = flat(citation["title"]) or citation["document_id"]
    url = web_address(citation["url"])
    link = f" <{url}>" if url else ""
    return plain(f"“{flat(citation['quote'])}” {title} ({source}). {place}.") + link
