"""A brief as Markdown with footnotes (CommonMark, and footnotes as GitHub, Pandoc and most others read them)."""

from __future__ import annotations

import re

from assistant.answering.brief_model import Brief, BriefItem
from assistant.answering.exports.wording import address, groups, note, stamp

# A backslash before any of these makes it plain (CommonMark 0.31, 2.4).
_MARKUP = re.compile(r"([\\`*_{}\[\]<>|~#$&!^])")
_LIST_START = re.compile(r"^(\d*)([-+=:.)])")  # what would begin a list, a rule or a definition
_AUTOLINK = re.compile(r"(?i)(?<=\w)(:)(?=//)|(?<=\bwww)(\.)|(?<=\w)(@)(?=\w)|(?<=\bmailto)(:)|(?<=\bxmpp)(:)")


def render(brief: Brief) -> bytes:
    """The brief as UTF-8 Markdown."""
    parts = [f"# {plain(brief.title)}", f"*{plain(stamp(brief))}*"]
    for section in brief.sections:
        parts.append(f"## {plain(section.heading)}")
        for name, items in groups(section.items):
            if name is not None:
                parts.append(f"### {plain(name)}")
            parts.append("\n".join(_line(item) for item in items))
    notes = []
    for citation in brief.citations:
        url = address(citation)
        link = f" <{url}>" if url else ""
        notes.append(f"[^{citation.number}]: {plain(note(citation))}{link}")
    if notes:
        parts.append("\n".join(notes))
    return ("\n\n".join(parts) + "\n").encode("utf-8", "replace")


def plain(text: str) -> str:
    """Text on one line that Markdown shows as it is: no markup, no HTML, no link."""
    one_line = " ".join(text.split())
    escaped = _MARKUP.sub(r"\\\1", one_line)
    escaped = _LIST_START.sub(r"\1\\\2", escaped)
    return _AUTOLINK.sub(lambda match: "\\" + match.group(), escaped)


def _line(item: BriefItem) -> str:
    return f"- {plain(item.text)}" + "".join(f"[^{number}]" for number in item.citations)
