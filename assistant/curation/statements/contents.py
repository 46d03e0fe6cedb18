"""What a verb of saying says: its complements, and the clause that it comments on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from assistant.curation.statements.block import ParsedBlock
from assistant.curation.statements.clauses import (
    agent,
    is_negated,
    is_only_when,
    is_passive,
    own_subject,
    passive_subject,
    prepositions_of,
    span_of,
)
from assistant.curation.statements.lexicon import Frame
from assistant.curation.statements.quotations import clause_edges, quotations_beside
from assistant.curation.statements.sources import can_speak

if TYPE_CHECKING:
    from spacy.tokens import Token

_SCENES = frozenset("while although though after before when as because since until whereas unless despite".split())
_OBJECTS = frozenset({"dobj", "oprd", "attr"})
_FINITE = frozenset({"VBD", "VBZ", "VBP", "MD"})


def content_of(block: ParsedBlock, verb: Token, frame: Frame, source: Token | None) -> tuple[int, int] | None:
    """The characters of what a verb says, its quotations included; None where it says nothing."""
    parts = [p for p in _complements(block, verb, frame, source) if not _leads_in(block, verb, p)]
    spans = [_part_span(block, verb, part) for part in parts]
    if frame.has("q"):
        clause = any(part.dep_ in {"ccomp", "parataxis", "advcl"} for part in parts)
        quotes = quotations_beside(block, verb, source, spans if clause else [])
        spans = quotes if quotes and not clause else spans + quotes
    if not spans:
        return None
    start, end = min(span[0] for span in spans), max(span[1] for span in spans)
    if source is not None and source.i > verb.i and start <= source.idx < end and is_passive(verb):
        end = block.doc[max(source.left_edge.i - 1, verb.i)].idx  # 'was called "a red line" by the minister'
    start, end = block.trimmed(*block.with_whole_quotes(start, end))
    return (start, end) if end - start > 1 else None


def _part_span(block: ParsedBlock, verb: Token, part: Token) -> tuple[int, int]:
    """Characters of a complement; of one whose relative word stands before the cue only what follows the cue."""
    first, last = span_of([part])
    if first < verb.i < last and block.doc[first].tag_ in {"WDT", "WP", "WRB"}:
        first = verb.i + 1
    return block.chars(first, last)


def _leads_in(block: ParsedBlock, verb: Token, part: Token) -> bool:
    """Whether a clause before the cue only sets the scene: "While he conceded that much, she noted …"."""
    first = block.doc[part.left_edge.i]
    return part.i < verb.i and first.lower_ in _SCENES and not block.in_quote(first)


def _complements(block: ParsedBlock, verb: Token, frame: Frame, source: Token | None) -> Iterator[Token]:
    """The dependents of the verb that hold what is said."""
    objects = frame.has("n") or (frame.has("o") and _is_predicated(block, verb, frame))
    for child in verb.children:
        if source is not None and child.i == source.i:
            continue
        if child.dep_ in _OBJECTS:
            if objects and child.i > verb.i and not (frame.has("a") and _is_addressee(child, verb)):
                yield child
        elif _holds_content(verb, child, frame, objects):
            yield child
        elif frame.has("c") and (clause := _clause_behind(child)) is not None:
            yield clause
    yield from (p for p in prepositions_of(verb) if p.head.i != verb.i and p.lower_ in frame.prepositions)
    if objects and _takes_head(verb):
        yield verb.head


def _takes_head(verb: Token) -> bool:
    """Whether what is said is the noun before: "the plan rejected by Moscow", "the plan that Moscow rejected"."""
    if verb.dep_ == "acl":
        return verb.tag_ == "VBN" and agent(verb) is not None
    return verb.dep_ == "relcl" and _object_relative(verb)


def _holds_content(verb: Token, child: Token, frame: Frame, objects: bool) -> bool:
    label = child.dep_
    if label == "prep" and is_only_when(child):
        return False  # "called on Thursday for an end"
    if label in {"nsubjpass", "csubjpass"}:
        return is_passive(verb) and not frame.has("a")
    if label == "ccomp":
        return frame.has("c") or frame.has("x") or objects
    if label == "parataxis":
        return frame.has("c")
    if label == "advcl":
        return frame.has("c") and child.i > verb.i and _is_bare_clause(verb, child)
    if label == "xcomp":
        return _takes_infinitive(child, frame, objects)
    return label in {"prep", "dative"} and child.lower_ in frame.prepositions


def _clause_behind(child: Token) -> Token | None:
    """The that-clause tied to a place or time beside the cue: "said in a statement that", "found last week that"."""
    noun = child if child.dep_ == "npadvmod" else next((c for c in child.children if c.dep_ == "pobj"), None)
    if noun is None or child.dep_ not in {"prep", "npadvmod", "dative"}:
        return None
    for inner in noun.children:
        if inner.dep_ in {"acl", "relcl", "ccomp"} and own_subject(inner) is not None:
            first = inner.doc[inner.left_edge.i]
            if first.lower_ == "that" and first.dep_ == "mark":
                return inner
    return None


def _is_bare_clause(verb: Token, clause: Token) -> bool:
    """Whether the parse took what is said for an adverbial clause: it has a subject, and nothing says when or why."""
    if own_subject(clause) is None and passive_subject(clause) is None:
        return False
    first = clause.doc[clause.left_edge.i]
    if any(child.dep_ == "mark" for child in clause.children):
        return first.lower_ == "whether" or (first.lower_ == "if" and verb.lemma_ == "ask")
    asked = first.tag_ in {"WRB", "WP", "WDT"} and (first.lower_ not in {"when", "where"} or is_negated(verb))
    if first.tag_ == "WRB" and not asked:
        return False
    return (asked and first.i == verb.i + 1) or (not asked and clause.tag_ not in {"VBG", "VBN", "TO"})


def _is_predicated(block: ParsedBlock, verb: Token, frame: Frame) -> bool:
    """Whether something is said of the object: "called it a mistake", "see it as a trap", 'called it "absurd"'."""
    for child in verb.children:
        if child.dep_ in {"oprd", "ccomp", "xcomp"} or (child.dep_ == "prep" and child.lower_ in frame.prepositions):
            return True
        covered = range(child.left_edge.i, child.right_edge.i + 1)
        if child.dep_ == "dobj" and any(block.quote_of[i] >= 0 for i in covered):
            return True
    return False


def _takes_infinitive(child: Token, frame: Frame, objects: bool) -> bool:
    if child.tag_ == "VBG":
        return frame.has("g") or frame.has("x")
    if child.pos_ in {"VERB", "AUX"}:
        return frame.has("x") or frame.has("c")
    return objects or frame.has("c")


def _is_addressee(child: Token, verb: Token) -> bool:
    """Whether an object is who is spoken to, because something said follows it."""
    return any(other.dep_ in {"ccomp", "xcomp", "prep"} and other.i > child.i for other in verb.children) or (
        can_speak(child) and verb.lemma_ in {"tell", "ask", "urge", "remind", "warn", "inform", "assure", "notify"}
    )


def _object_relative(verb: Token) -> bool:
    """Whether a relative clause leaves its object to the noun before it: "the plan that Moscow rejected"."""
    if any(child.dep_ in {"dobj", "ccomp", "xcomp"} for child in verb.children):
        return any(child.dep_ == "dobj" and child.tag_ in {"WDT", "WP"} for child in verb.children)
    subject = own_subject(verb)
    return subject is not None and subject.tag_ not in {"WDT", "WP"}


def comment_clause(block: ParsedBlock, verb: Token, source: Token | None) -> tuple[int, int] | None:
    """What stands round a reporting clause that the parse did not tie to it: "The talks, he said, had failed"."""
    if source is None or verb.tag_ not in {"VBD", "VBZ", "VBP", "VBN"}:
        return None
    if any(child.dep_ == "dobj" and child is not source and verb.lemma_ != "tell" for child in verb.children):
        return None
    first, last = clause_edges(verb, source)
    sentence = verb.sent
    left, right = sentence.start, sentence.end - 1
    around = (*block.doc[left:first], *block.doc[last + 1 : right + 1])
    if own_subject(verb) is None or not any(token.tag_ in _FINITE for token in around):
        return None
    before = block.text[: block.token_starts[first]].rstrip()
    spans: list[tuple[int, int]] = []
    if first > left and before[-1:] in ",—–-":
        spans.append(block.chars(left, first - 1))
    after = block.doc[last + 1].text if last + 1 <= right else ""
    opens = first == left and block.doc[first].lower_ == "as"  # "As the ministry noted, …"
    if (after == ":" or (after == "," and (spans or opens))) and last + 2 <= right:
        spans.append(block.chars(last + 2, right))
    if not spans:
        return None
    start, end = min(span[0] for span in spans), max(span[1] for span in spans)
    start, end = block.trimmed(*block.with_whole_quotes(start, end))
    return (start, end) if end - start > 1 else None
