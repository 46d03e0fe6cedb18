"""A kept answer after documents have been withdrawn: everything of theirs goes, and the answer says so.

An answer is kept as the JSON that was served (``docs/conversations.md``), whose fields are fixed.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

WITHDRAWN = "A document that this answer was made from has been withdrawn; what it said is no longer shown."
ALL_WITHDRAWN = "What this answer was made from has been withdrawn."


def documents_of(answer: dict[str, Any]) -> set[str]:
    """The ids of every document of which an answer holds anything."""
    named = {item["document_id"] for item in (*answer["citations"], *answer["passages"])}
    return named | _named(answer["choices"])


def without(answer: dict[str, Any], withdrawn: Collection[str]) -> dict[str, Any]:
    """The answer without what it has from withdrawn documents; the numbers of the other citations stay.

    A quoted sentence stays where a document that is left has the same words. One that a model wrote stays only where
    all that it cites is left, since what it says was checked against all of it together. Choices go together: they
    were offered as all that the question may mean.

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
    choices = [] if _named(answer["choices"]) & set(withdrawn) else answer["choices"]
    left = {
        **answer,
        "sentences": list(kept.values()),
        "citations": [citation for number, citation in citations.items() if number in cited],
        "passages": [passage for passage in answer["passages"] if passage["document_id"] not in withdrawn],
        "conflicts": conflicts,
        "choices": choices,
        "newest_source": None,
        "withdrawn": answer["withdrawn"] + gone,
    }
    return _told(left) if gone or choices != answer["choices"] else left


def as_asked(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer without what its question was made into: that may hold a name from an earlier answer."""
    question = answer["question"]
    if question["searched"] == question["asked"]:
        return answer
    plain = {**answer, "question": {**question, "searched": question["asked"], "actor": None, "stance": None}}
    notice = WITHDRAWN if WITHDRAWN in (answer["notice"] or "") else None
    return {**_told({**plain, "choices": []}), "notice": notice} if answer["choices"] else {**plain, "notice": notice}


def _told(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer with a text, status and notice that fit what is left of it."""
    sentences, notice = answer["sentences"], answer["notice"] or ""
    status = answer["status"]
    if not sentences:
        status = "not_in_corpus"
    elif status == "conflicting" and not answer["conflicts"]:
        status = "answered"
    text = " ".join(s["text"] + "".join(f"[{number}]" for number in s["citations"]) for s in sentences)
    if WITHDRAWN not in notice:
        notice = f"{notice} {WITHDRAWN}".strip()
    return {**answer, "status": status, "answer": text or ALL_WITHDRAWN, "notice": notice}


def _stands(sentence: dict[str, Any], citations: dict[int, dict[str, Any]]) -> bool:
    left = [citations[number] for number in sentence["citations"] if number in citations]
    if len(left) == len(sentence["citations"]):
        return True
    return bool(sentence["quote"]) and any(_flat(sentence["text"]) == _flat(citation["quote"]) for citation in left)


def _named(choices: list[dict[str, Any]]) -> set[str]:
    return {document_id for choice in choices for document_id in choice["document_ids"]}


def _flat(text: str) -> str:
    return " ".join(text.split())
