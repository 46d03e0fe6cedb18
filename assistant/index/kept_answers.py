"""A kept answer after documents have been withdrawn: everything of theirs goes, and the answer says so.

An answer is kept as the JSON that was served (``docs/conversations.md``), whose fields are fixed.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

WITHDRAWN = "A document that this answer was made from has been withdrawn; what it said is no longer shown."
ALL_WITHDRAWN = "What this answer cited has been withdrawn."


def documents_of(answer: dict[str, Any]) -> set[str]:
    """The ids of every document whose words an answer holds."""
    return {item["document_id"] for item in (*answer["citations"], *answer["passages"])}


def without(answer: dict[str, Any], withdrawn: Collection[str]) -> dict[str, Any]:
    """The answer without what it has from withdrawn documents; the numbers of the other citations stay.

    A quoted sentence stays where a document that is left has the same words. One that a model wrote stays only where
    all that it cites is left, since what it says was checked against all of it together.

    Args:
        answer: as it was served.
        withdrawn: ids of documents.
    """
    if not documents_of(answer) & set(withdrawn):
        return answer
    citations = {c["number"]: c for c in answer["citations"] if c["document_id"] not in withdrawn}
    kept = {
        place: {**sentence, "citations": [number for number in sentence["citations"] if number in citations]}
        for place, sentence in enumerate(answer["sentences"])
        if _stands(sentence, citations)
    }
    cited = {number for sentence in kept.values() for number in sentence["citations"]}
    places = {place: number for number, place in enumerate(kept)}
    conflicts = [[places[a], places[b]] for a, b in answer["conflicts"] if a in places and b in places]
    gone = len(answer["sentences"]) - len(kept)
    sentences = list(kept.values())
    told = answer["notice"] or ""
    return {
        **answer,
        "status": _status(answer["status"], bool(answer["sentences"]), bool(sentences), bool(conflicts)),
        "answer": _text(sentences) if sentences else (ALL_WITHDRAWN if answer["sentences"] else answer["answer"]),
        "sentences": sentences,
        "citations": [citation for number, citation in citations.items() if number in cited],
        "passages": [passage for passage in answer["passages"] if passage["document_id"] not in withdrawn],
        "conflicts": conflicts,
        "newest_source": None,
        "withdrawn": answer.get("withdrawn", 0) + gone,
        "notice": f"{told} {WITHDRAWN}".strip() if gone and WITHDRAWN not in told else answer["notice"],
    }


def as_asked(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer without what its question was made into: that may hold a name from an earlier answer."""
    question = answer["question"]
    if question["searched"] == question["asked"]:
        return answer
    return {**answer, "question": {**question, "searched": question["asked"], "actor": None, "stance": None}}


def _stands(sentence: dict[str, Any], citations: dict[int, dict[str, Any]]) -> bool:
    left = [citations[number] for number in sentence["citations"] if number in citations]
    if len(left) == len(sentence["citations"]):
        return True
    return bool(sentence["quote"]) and any(_flat(sentence["text"]) == _flat(citation["quote"]) for citation in left)


def _status(status: str, had_sentences: bool, has_sentences: bool, has_conflicts: bool) -> str:
    if had_sentences and not has_sentences:
        return "not_in_corpus"
    return "answered" if status == "conflicting" and not has_conflicts else status


def _text(sentences: list[dict[str, Any]]) -> str:
    return " ".join(s["text"] + "".join(f"[{number}]" for number in s["citations"]) for s in sentences)


def _flat(text: str) -> str:
    return " ".join(text.split())
