"""Finding attributions: a cue, the source that it names and the span of what the source says.

A cue is a verb ("said", "rejected"), a noun ("Kyiv's claim that"), an adjective ("was confident that") or a
preposition ("according to"). What a cue can take stands in ``lexicon``; the parse says where it is. Cues inside a
quotation or inside what somebody else says are left to whoever reads that content.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from spacy.tokens import Token

from assistant.curation.statements.block import ParsedBlock
from assistant.curation.statements.clauses import (
    actor_of,
    agent,
    depth,
    is_negated,
    is_passive,
    lemma_of,
    own_subject,
    passive_subject,
    span_of,
)
from assistant.curation.statements.lexicon import (
    ADJECTIVES,
    ATTITUDES,
    CARRIED,
    LIGHT_VERBS,
    NOUNS,
    SOURCE_PREPOSITIONS,
    VERBS,
    Frame,
)
from assistant.curation.statements.quotes import Quote
from assistant.curation.statements.sources import TEXTS, can_speak

_MADE_CLEAR = Frame(frozenset("cn"))  # "made clear that"
_SCENES = frozenset("while although though after before when as because since until whereas unless despite".split())
_LINKS = frozenset("that of for about on against to over regarding with toward towards in at behind".split())
_CARRIED = frozenset(NOUNS) | TEXTS | CARRIED
_CONTRASTS = frozenset({"though", "although", "while", "whereas", "but"})
_CLAUSE_STARTERS = frozenset({"mark", "nsubj", "nsubjpass", "aux", "auxpass", "neg", "advmod", "cc"})
_FINITE = frozenset({"VBD", "VBZ", "VBP", "MD"})
_NAME_PARTS = frozenset({"PROPN", "NOUN", "ADJ", "DET", "PUNCT", "ADP", "CCONJ", "PART", "NUM"})
_PUBLICATIONS = frozenset({"poll", "report", "study", "survey", "source", "sources", "police", "editorial"})
_SIGNED = re.compile(r"\s*[-–—―]{1,2}\s*[A-Z][^?!:“”\"]{2,60}\Z")
_QUOTED_AS = frozenset({"quote", "cite", "hear", "record", "expect"})
MAX_GAP_TOKENS = 25  # between a cue and the quotation that it introduces: "told reporters in Berlin on Monday"


@dataclass(frozen=True, slots=True)
class Attribution:
    """One cue with its source and content; characters within the block."""

    cue_token: int
    cue: tuple[int, int]
    source: int | None  # head token of who says it
    content: tuple[int, int]
    rule: str  # which construction was recognised
    negated: bool = False
    asked: bool = False
    relative: int | None = None  # the "who" or "which" that stands for the source before the cue


def find_attributions(block: ParsedBlock) -> list[Attribution]:
    """All attributions of a block whose cue is not itself part of what somebody says, in the order of the text."""
    found: list[Attribution] = []
    for candidate in sorted(_candidates(block), key=lambda attribution: _rank(block, attribution)):
        if any(a.cue_token == candidate.cue_token for a in found):
            continue
        owner = next((a for a in found if a.content[0] <= candidate.cue[0] < a.content[1]), None)
        if owner is None:
            if candidate.source is not None:  # else it could only share the source of what stands before it
                found.append(candidate)
        elif _breaks_off(block, owner, candidate):
            joint = block.token_starts[_joint(block, candidate)]
            found[found.index(owner)] = moved(owner, block.trimmed(owner.content[0], joint))
            shared = candidate.source is None or own_subject(block.doc[candidate.cue_token]) is None
            found.append(replace(candidate, source=owner.source if shared else candidate.source))
    return sorted(found, key=lambda attribution: attribution.cue)


def _breaks_off(block: ParsedBlock, owner: Attribution, candidate: Attribution) -> bool:
    """Whether a cue that the parse put into somebody's content really stands beside it.

    So do participles after a comma ("said that …, adding that …"), reporting verbs joined to a clause that reports
    nothing ("says the plan failed and says he told them so") and contrasts ("said that …, though she noted …").
    """
    verb = block.doc[candidate.cue_token]
    if candidate.rule != "verb" or owner.rule != "verb" or owner.cue[1] > candidate.cue[0] - 10:
        return False
    frame = frame_of(verb)
    if frame is None or not (frame.has("q") or frame.has("c") or verb.dep_ == "conj"):
        return False
    joint = block.doc[_joint(block, candidate)]
    if joint.i == 0 or joint.idx <= owner.content[0] or block.in_quote(joint):
        return False
    if verb.tag_ == "VBG" and verb.dep_ == "advcl":
        return block.doc[joint.i - 1].text == "," and frame.has("q")
    if verb.dep_ == "conj" and own_subject(verb) is None:
        outer = block.doc[owner.cue_token]
        return verb.tag_ == outer.tag_ and verb.head.lemma_.lower() not in VERBS and verb.head.dep_ != "relcl"
    return joint.lower_ in _CONTRASTS and block.doc[joint.i - 1].text == ","


def _joint(block: ParsedBlock, candidate: Attribution) -> int:
    """The token at which the clause of a cue begins: its mark, conjunction or subject."""
    verb = block.doc[candidate.cue_token]
    first = min([verb.i, *(c.left_edge.i for c in verb.children if c.i < verb.i and c.dep_ in _CLAUSE_STARTERS)])
    if verb.dep_ == "conj":
        while first - 1 > 0 and (block.doc[first - 1].dep_ == "cc" or block.doc[first - 1].dep_ == "advmod"):
            first -= 1
    return first


def _rank(block: ParsedBlock, attribution: Attribution) -> tuple[int, int]:
    """Outermost cues first, so that they own what lies inside; a comment clause owns the sentence round it."""
    if attribution.rule in {"comment", "label", "signature"}:
        return -1, attribution.cue[0]
    return depth(block.doc[attribution.cue_token]), attribution.cue[0]


def _candidates(block: ParsedBlock) -> Iterator[Attribution]:
    yield from _signatures(block)
    for token in block.doc:
        if block.in_quote(token):
            continue
        lower = token.lower_
        if lower in SOURCE_PREPOSITIONS:
            attribution = _preposition(block, token)
        elif token.pos_ in {"VERB", "AUX"}:
            attribution = _verb(block, token)
        elif token.pos_ == "NOUN":
            attribution = _noun(block, token) or _mistagged_verb(block, token)
        elif token.pos_ == "ADJ" and lower in ADJECTIVES:
            attribution = _adjective(block, token)
        else:
            continue
        if attribution is not None:
            yield attribution


# ------------------------------------------------------------------------------------------------ verbs


def _verb(block: ParsedBlock, verb: Token) -> Attribution | None:
    lemma = verb.lemma_.lower()
    if lemma in LIGHT_VERBS and (light := _light_verb(block, verb)) is not None:
        return light
    frame = frame_of(verb)
    if frame is None:
        return None
    source = _source(block, verb)
    rule = "verb"
    content = _content(block, verb, frame, source)
    if content is None and frame.has("q") and frame.has("c"):
        content, rule = _comment_clause(block, verb, source), "comment"
    if content is None:
        return None
    relative = _relative_pronoun(verb)
    who = relative is not None and block.doc[relative].lower_ == "who"
    if source is not None and frame.has("w") and not (who or can_speak(source) or _has_clause(verb)):
        source = None
    if source is None:
        if verb.dep_ != "conj" or own_subject(verb) is not None:
            return None
        return Attribution(verb.i, _cue_span(block, verb), None, content, rule, is_negated(verb))
    if source.lower_ == "you" or (source.lower_ == "i" and frame.has("w")):
        return None  # the reader is spoken to, or the author thinks
    if content[0] <= source.idx < content[1] and not (content[0] < verb.idx < content[1]):
        return None
    return Attribution(
        verb.i,
        _cue_span(block, verb),
        source.i,
        content,
        rule,
        is_negated(verb),
        lemma in {"ask", "wonder"},
        relative,
    )


def frame_of(verb: Token) -> Frame | None:
    """How a verb takes what is said: as a phrasal verb ("call for", "point out") or by itself."""
    lemma = verb.lemma_.lower()
    frame = VERBS.get(lemma_of(verb))
    if lemma == "make" and any(child.lower_ in {"clear", "plain", "known"} for child in verb.children):
        return _MADE_CLEAR
    for child in verb.children:
        if child.dep_ in {"prep", "advmod"} and child.i > verb.i:
            phrasal = VERBS.get(f"{lemma} {child.lower_}")
            if phrasal is not None:
                return phrasal
    return frame or VERBS.get(lemma)


def _relative_pronoun(verb: Token) -> int | None:
    """The "who" or "which" that a verb of saying has for its subject, its own or that of the verb it is joined to."""
    for holder in (verb, verb.head):
        subject = own_subject(holder)
        if subject is not None:
            return subject.i if subject.tag_ in {"WP", "WDT"} and subject.i < verb.i else None
        if verb.dep_ not in {"conj", "xcomp"}:
            return None
    return None


def _has_clause(verb: Token) -> bool:
    """Whether a that-clause follows: whoever is its subject then speaks or thinks."""
    return any(
        child.dep_ == "ccomp" and any(c.dep_ == "mark" and c.lower_ == "that" for c in child.children)
        for child in verb.children
    )


def _source(block: ParsedBlock, verb: Token) -> Token | None:
    """Who says it: never a word inside a quotation, for which the parser sometimes takes a subject."""
    if verb.tag_ == "VBN" and verb.lemma_ in _QUOTED_AS and (quoted := passive_subject(verb)) is not None:
        return quoted  # "was quoted as saying"
    if verb.tag_ == "VBN" and verb.dep_ == "acl" and verb.head.dep_ == "ROOT" and block.doc[verb.i - 1].text == ",":
        if agent(verb) is None and can_speak(verb.head):
            return verb.head  # "A. Name, the director of B, compared …": no other verb is the sentence's
    source = actor_of(verb)
    if source is not None and verb.dep_ == "acl" and verb.tag_ == "VBG" and (sender := _sender(source)) is not None:
        return sender  # "released a statement saying"
    if verb.tag_ == "VBG" and verb.dep_ == "acl" and block.doc[verb.i - 1].text == ",":
        source = _subject_of_sentence(block, verb) or source  # "went after Z in Salem, calling him": not Salem
    if source is not None and not block.in_quote(source):
        return source
    if source is not None:
        outside = [c for c in verb.children if c.dep_ in {"nsubj", "nsubjpass"} and not block.in_quote(c)]
        if outside:
            return outside[-1]
    elif is_passive(verb) or own_subject(verb) is not None:
        return None
    return _noun_before(block, verb) or _inverted_subject(block, verb) or _subject_of_sentence(block, verb)


def _sender(noun: Token) -> Token | None:
    """Who sent the text that says something: the subject of "released a statement saying"."""
    verb = noun.head
    if noun.dep_ != "dobj" or noun.lemma_.lower() not in TEXTS or verb.lemma_.lower() not in LIGHT_VERBS:
        return None
    return actor_of(verb)


def _noun_before(block: ParsedBlock, verb: Token) -> Token | None:
    """The noun right before a finite verb where the parse tied it to something earlier."""
    if verb.tag_ not in {"VBD", "VBZ", "VBP"} and not (verb.tag_ == "VBN" and verb.dep_ in {"appos", "ROOT"}):
        return None
    doc, first = verb.doc, verb.sent.start
    place = verb.i - 1
    comma = False
    while place >= first and (doc[place].dep_ in {"aux", "advmod", "neg"} or doc[place].text == ","):
        comma = comma or doc[place].text == ","
        place -= 1
    if place < first or block.quote_of[place] >= 0:
        return None
    noun = doc[place]
    if comma:  # "A. Name, appearing at the forum, cited …": the name, not the forum
        top = noun
        while top.head.i != top.i and top.head.i < verb.i:
            top = top.head
        if noun.dep_ == "appos" and can_speak(noun.head) and noun.head.i > first:
            top = noun.head
        noun = top if top.pos_ in {"NOUN", "PROPN", "PRON"} and can_speak(top) else noun
    return noun if noun.pos_ in {"NOUN", "PROPN", "PRON"} and can_speak(noun) else None


def _inverted_subject(block: ParsedBlock, verb: Token) -> Token | None:
    """The subject after the verb where the parse took it for an object: "…," said the minister."""
    before = verb.doc[verb.i - 1] if verb.i > verb.sent.start else None
    if verb.lemma_ == "tell" or (before is not None and not before.is_punct):
        return None
    for child in verb.children:
        if child.dep_ in {"dobj", "attr", "npadvmod", "oprd"} and child.i > verb.i and can_speak(child):
            return None if block.in_quote(child) else child
    return None


def _subject_of_sentence(block: ParsedBlock, verb: Token) -> Token | None:
    """The subject of the clause before a participle that the parse tied to a quotation: "X nodded, saying: …"."""
    if verb.tag_ != "VBG" or verb.i == 0 or verb.doc[verb.i - 1].text != ",":
        return None
    above = verb.head
    while above.head.i != above.i and own_subject(above) is None:
        above = above.head
    subject = own_subject(above)
    if subject is not None and subject.i < verb.i and not block.in_quote(subject) and can_speak(subject):
        return subject
    for place in range(verb.i - 1, max(verb.sent.start, verb.i - 60) - 1, -1):
        token = verb.doc[place]
        if token.dep_ == "nsubj" and block.quote_of[place] < 0 and can_speak(token):
            return token
    return None


def _cue_span(block: ParsedBlock, verb: Token) -> tuple[int, int]:
    """The verb with its auxiliaries, negation and particle."""
    members = [verb.i]
    for child in verb.children:
        if child.dep_ in {"aux", "auxpass", "neg", "prt"} and abs(child.i - verb.i) <= 4:
            members.append(child.i)
    return block.chars(min(members), max(members))


def _content(block: ParsedBlock, verb: Token, frame: Frame, source: Token | None) -> tuple[int, int] | None:
    parts = [p for p in _complements(block, verb, frame, source) if not _leads_in(block, verb, p)]
    spans = [_part_span(block, verb, part) for part in parts]
    if frame.has("q"):
        clause = any(part.dep_ in {"ccomp", "parataxis", "advcl"} for part in parts)
        quotes = _quotations(block, verb, source, spans if clause else [])
        spans = quotes if quotes and not clause else spans + quotes
    if not spans:
        return None
    start, end = min(span[0] for span in spans), max(span[1] for span in spans)
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
        label = child.dep_
        if label in {"dobj", "oprd", "attr"}:
            if objects and child.i > verb.i and not (frame.has("a") and _is_addressee(child, verb)):
                yield child
        elif label in {"nsubjpass", "csubjpass"}:
            if is_passive(verb) and not frame.has("a"):
                yield child
        elif _holds_content(verb, child, frame, objects):
            yield child
        elif frame.has("c") and (clause := _clause_behind(child)) is not None:
            yield clause
    if verb.dep_ == "acl" and verb.tag_ == "VBN" and objects and agent(verb) is not None:
        yield verb.head  # "the plan rejected by Moscow"
    if verb.dep_ == "relcl" and objects and _object_relative(verb):
        yield verb.head


def _holds_content(verb: Token, child: Token, frame: Frame, objects: bool) -> bool:
    label = child.dep_
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
        if child.dep_ == "dobj" and any(block.quote_of[i] >= 0 for i in range(child.left_edge.i, child.right_edge.i + 1)):
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


# ------------------------------------------------------------------------------------------------ quotations


def _clause_edges(verb: Token, source: Token | None) -> tuple[int, int]:
    """First and last token of a reporting clause: verb, auxiliaries and a source next to it."""
    members = [verb.i] + [child.i for child in verb.children if child.dep_ in {"aux", "neg", "advmod", "prt"}]
    members = [i for i in members if abs(i - verb.i) <= 3]
    members += [child.i for child in verb.children if child.dep_ == "mark" and child.lower_ == "as"]
    if verb.lemma_ == "tell":  # "told reporters"
        members += [child.right_edge.i for child in verb.children if child.dep_ in {"dobj", "dative"}]
    if source is not None and abs(source.i - verb.i) <= 40:
        members += [source.left_edge.i, source.right_edge.i]
        if source.left_edge.i < verb.i < source.right_edge.i:  # a relative clause: the source ends before it
            members = [verb.i, source.left_edge.i, source.i]
    return min(members), max(members)


def _quotations(
    block: ParsedBlock, verb: Token, source: Token | None, parts: list[tuple[int, int]]
) -> list[tuple[int, int]]:
    """The quotations directly before and after a reporting clause.

    A quotation before it belongs to it only where no complement does, or where the complement lies in it.
    """
    first, last = _clause_edges(verb, source)
    spans: list[tuple[int, int]] = []
    before = _quote_before(block, first)
    if before is not None and (not parts or any(start < before[1] and before[0] < end for start, end in parts)):
        spans.append(before)
    after = _quote_after(block, verb, max(verb.i, min(last, verb.i + MAX_GAP_TOKENS)))
    if after is not None:
        spans.append(after)
    return spans


def _quote_before(block: ParsedBlock, first: int) -> tuple[int, int] | None:
    place = first - 1
    skipped = 0
    while place >= 0 and skipped < 3 and block.quote_of[place] < 0 and not block.doc[place].is_alpha:
        place -= 1
        skipped += 1
    if place < 0 or block.quote_of[place] < 0:
        return None
    quote = block.quotes[block.quote_of[place]]
    inner = quote.inner(block.text).rstrip(" \n\"'’”")
    between = block.text[quote.end : block.token_starts[first]]
    if not (inner[-1:] in ",?!—-…" or between.lstrip()[:1] == "," or (inner[-1:] == "." and not between.strip())):
        return None
    return quote.start, quote.end


def _quote_after(block: ParsedBlock, verb: Token, last: int) -> tuple[int, int] | None:
    doc = block.doc
    for place in range(last, min(last + MAX_GAP_TOKENS, len(doc))):
        number = block.quote_of[place]
        if number >= 0:
            quote = block.quotes[number]
            lead = block.text[: quote.start].rstrip()
            introduced = lead[-1:] in ",:" or place <= last + 1 or doc[place - 1].lower_ in {"that", "was", "is", "of"}
            return (quote.start, quote.end) if introduced else None
        token = doc[place]
        if token.text in {".", "!", "?", ";"}:
            return None
        if place > last and token.pos_ == "VERB" and token.i != verb.i and token.lemma_ in VERBS and token.tag_ != "VBN":
            return None
    return None


def _comment_clause(block: ParsedBlock, verb: Token, source: Token | None) -> tuple[int, int] | None:
    """What stands round a reporting clause that the parse did not tie to it: "The talks, he said, had failed"."""
    if source is None or verb.tag_ not in {"VBD", "VBZ", "VBP", "VBN"}:
        return None
    if any(child.dep_ == "dobj" and child is not source and verb.lemma_ != "tell" for child in verb.children):
        return None
    first, last = _clause_edges(verb, source)
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


def announcement(block: ParsedBlock) -> Attribution | None:
    """The reporting clause that ends a block with a colon, its content still to come."""
    for token in reversed(block.doc[-40:]):
        if token.pos_ in {"VERB", "AUX"} and not block.in_quote(token):
            frame = frame_of(token)
            source = _source(block, token) if frame is not None and frame.has("q") else None
            if source is not None:
                end = len(block.text)
                return Attribution(token.i, _cue_span(block, token), source.i, (end, end), "announced")
    return None


def _signatures(block: ParsedBlock) -> Iterator[Attribution]:
    """Names that stand alone beside what they say: "Minister: no deal yet", a quotation with "— A. Name" after it."""
    doc = block.doc
    for place in range(1, min(8, len(doc) - 2)):
        if doc[place].text == ":" and place + 1 < len(doc):
            head = doc[place - 1]
            plain = all(token.pos_ in _NAME_PARTS for token in doc[:place])
            named = head.ent_type_ in {"PERSON", "ORG", "GPE", "NORP"} or head.lower_ in _PUBLICATIONS
            named = named or (place <= 2 and all(token.pos_ == "PROPN" for token in doc[:place]))
            if plain and block.quote_of[place] < 0 and (named or (head.pos_ == "NOUN" and can_speak(head))):
                content = block.trimmed(block.token_starts[place + 1], len(block.text))
                if content[1] - content[0] > 1:
                    yield Attribution(place, block.chars(place, place), head.i, content, "label")
            break
    for quote in block.quotes:
        if not quote.is_speech(block.text):
            continue
        head = _signer_after(block, quote) or _signer_before(block, quote)
        if head is not None:
            mark = _mark_beside(block, quote, head)
            yield Attribution(mark, block.chars(mark, mark), head.i, (quote.start, quote.end), "signature")


def _signer_after(block: ParsedBlock, quote: Quote) -> Token | None:
    """The name behind a dash: '"No deal." - A. Name'."""
    tail = block.text[quote.end :]
    if not _SIGNED.match(tail):
        return None
    dash = block.token_at(quote.end + len(tail) - len(tail.lstrip()))
    names = [token for token in block.doc[dash + 1 : dash + 8] if token.pos_ == "PROPN"] if dash >= 0 else []
    if not names:
        return None
    head = names[0]
    while head.dep_ == "compound" and head.head.i > head.i:
        head = head.head
    return head


def _signer_before(block: ParsedBlock, quote: Quote) -> Token | None:
    """The name before a colon, where no verb introduces the quotation: 'More from A. Name: "…"'."""
    lead = block.text[: quote.start].rstrip()
    if not lead.endswith(":"):
        return None
    colon = block.token_at(len(lead) - 1)
    head = block.doc[colon - 1] if colon > 0 else None
    return head if head is not None and head.ent_type_ in {"PERSON", "ORG"} else None


def _mark_beside(block: ParsedBlock, quote: Quote, head: Token) -> int:
    """The colon or dash between a quotation and its name."""
    if head.idx < quote.start:
        return max(block.token_at(len(block.text[: quote.start].rstrip()) - 1), 0)
    tail = block.text[quote.end :]
    return max(block.token_at(quote.end + len(tail) - len(tail.lstrip())), 0)


# ------------------------------------------------------------------------------------------------ nouns and adjectives


def _noun_content(block: ParsedBlock, noun: Token, *, carried: bool = False) -> tuple[int, int] | None:
    prepositions = NOUNS.get(noun.lemma_.lower())
    if prepositions is None and carried:
        prepositions = _LINKS
    if prepositions is None:
        return None
    parts = [
        child
        for child in noun.children
        if child.i > noun.i
        and (
            (child.dep_ in {"acl", "ccomp", "xcomp"} and child.tag_ != "VBN")
            or (child.dep_ == "prep" and child.lower_ in prepositions and (noun.lemma_.lower() in ATTITUDES or carried))
        )
    ]
    if not parts:
        return None
    start, end = block.chars(*span_of(parts))
    return block.trimmed(*block.with_whole_quotes(start, end))


def _noun(block: ParsedBlock, noun: Token) -> Attribution | None:
    """A noun of saying with its owner: "Kyiv's insistence that", "the refusal by Moscow to", "support from allies for"."""
    content = _noun_content(block, noun)
    if content is None:
        return None
    owner = next((child for child in noun.children if child.dep_ == "poss"), None)
    if owner is None:
        for child in noun.children:
            if child.dep_ in {"prep", "agent"} and child.lower_ in {"by", "from"}:
                owner = next((inner for inner in child.children if inner.dep_ == "pobj"), None)
                if owner is not None:
                    break
    if owner is None or not can_speak(owner) or content[0] <= owner.idx < content[1]:
        return None
    return Attribution(noun.i, block.chars(noun.i, noun.i), owner.i, content, "noun", is_negated(noun))


def _mistagged_verb(block: ParsedBlock, token: Token) -> Attribution | None:
    """A verb in the present that the tagger took for a noun: "Ivanov predicts that the talks will fail"."""
    if token.tag_ != "NNS" or token.dep_ != "ROOT":
        return None
    frame = VERBS.get(token.lower_.removesuffix("s")) or VERBS.get(token.lower_.removesuffix("es"))
    if frame is None or not frame.has("c"):
        return None
    before = block.doc[token.i - 1] if token.i > token.sent.start else None
    clause = next((c for c in token.children if c.dep_ in {"ccomp", "acl", "relcl"} and c.i > token.i), None)
    if before is None or clause is None or before.pos_ not in {"PROPN", "NOUN"} or not can_speak(before):
        return None
    content = block.trimmed(*block.with_whole_quotes(*block.chars(*span_of([clause]))))
    return Attribution(token.i, block.chars(token.i, token.i), before.i, content, "verb")


def _light_verb(block: ParsedBlock, verb: Token) -> Attribution | None:
    """A verb that only carries a noun of saying: "issued a warning that", "raised questions about"."""
    noun = next(
        (c for c in verb.children if c.dep_ == "dobj" and c.lemma_.lower() in _CARRIED), None
    )
    if noun is None or any(child.dep_ == "poss" for child in noun.children):
        return None
    content = _noun_content(block, noun, carried=True)
    if content is None:
        links = _LINKS if noun.lemma_.lower() in CARRIED else _LINKS - {"in", "on", "at", "behind"}
        siblings = [c for c in verb.children if c.i > noun.i and c.dep_ == "prep" and c.lower_ in links]
        if siblings:
            content = block.trimmed(*block.with_whole_quotes(*block.chars(*span_of(siblings))))
    source = _source(block, verb)
    if content is None or source is None or not can_speak(source):
        return None
    cue = block.chars(min(verb.i, noun.i), max(verb.i, noun.i))
    return Attribution(verb.i, cue, source.i, content, "light verb", is_negated(verb) or is_negated(noun))


def _adjective(block: ParsedBlock, adjective: Token) -> Attribution | None:
    """ "The minister was confident that the talks would resume"."""
    verb = adjective.head
    if adjective.dep_ not in {"acomp", "xcomp", "oprd"} or verb.pos_ not in {"AUX", "VERB"}:
        return None
    source = actor_of(verb)
    if source is None or not can_speak(source):
        return None
    parts = [
        child
        for child in adjective.children
        if child.dep_ in {"ccomp", "xcomp"} or (child.dep_ == "prep" and child.i > adjective.i)
    ]
    if not parts:
        return None
    content = block.trimmed(*block.with_whole_quotes(*block.chars(*span_of(parts))))
    return Attribution(
        adjective.i, block.chars(adjective.i, adjective.i), source.i, content, "adjective", is_negated(verb)
    )


# ------------------------------------------------------------------------------------------------ according to


def _preposition(block: ParsedBlock, token: Token) -> Attribution | None:
    doc = block.doc
    last = token.i
    if token.lower_ == "according":
        if token.i + 1 >= len(doc) or doc[token.i + 1].lower_ != "to":
            return None
        last = token.i + 1
    holder = doc[last]
    source = next((child for child in holder.children if child.dep_ in {"pobj", "pcomp"}), None)
    if source is None:
        source = next((child for child in token.children if child.dep_ == "pobj"), None)
    if source is None or (token.lower_ == "per" and not can_speak(source)):
        return None
    sentence = token.sent
    end_of_source = max(source.right_edge.i, last)
    spans: list[tuple[int, int]] = []
    if token.i > sentence.start + 1:
        spans.append(block.chars(sentence.start, token.i - 1))
        if end_of_source + 2 < sentence.end and doc[min(end_of_source + 1, len(doc) - 1)].text == ",":
            spans.append(block.chars(end_of_source + 1, sentence.end - 1))
    elif end_of_source + 1 < sentence.end:
        spans.append(block.chars(end_of_source + 1, sentence.end - 1))
    if not spans:
        return None
    start, end = min(span[0] for span in spans), max(span[1] for span in spans)
    content = block.trimmed(*block.with_whole_quotes(start, end))
    if content[1] - content[0] < 2:
        return None
    return Attribution(token.i, block.chars(token.i, last), source.i, content, "according to")


def moved(attribution: Attribution, content: tuple[int, int]) -> Attribution:
    """The same attribution with another content span."""
    return replace(attribution, content=content)
