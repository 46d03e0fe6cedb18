"""Who can be a source: whether a noun stands for somebody who can speak, and which words name them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assistant.actors import OFFICES
from assistant.curation.statements.block import ParsedBlock

if TYPE_CHECKING:
    from spacy.tokens import Token

_ENTITIES = frozenset({"PERSON", "ORG", "GPE", "NORP"})
_PRONOUNS = frozenset(
    """i it he she they we you who one someone somebody everyone everybody nobody anyone many some others most
    few several all both another those these anybody each""".split()
)
_PEOPLE = frozenset(
    """junta faction militia rebel insurgent activist adviser advisor advocate agency aide ally alliance
    analyst anchor army bank applicant attorney audience author base billionaire board body bureau
    businessman camp campaign candidate capital caller celebrity ceo chair charity church citizen civilian
    club country court coach co-author columnist comedian comic commentator committee community company
    conference conservative congress congressman congresswoman consultant corporation correspondent council
    county coroner critic crowd daughter dad data dean delegate democrat department detective director
    doctor donor economist editor editorial elder employee employer enemy evangelical executive expert
    family fan farmer father federation fellow firm founder friend governor group guest hacker historian
    host hospital house husband immigrant individual industry insider institute institution interviewer
    investigator investor jew journalist judge jury jurist kid lawmaker lawsuit lawyer leadership league
    left liberal lobby lobbyist magazine majority maker man manager mayor media member men minority
    moderator mom mother movement musician muslim nation network neighbor neighbour newspaper nominee
    observer office opponent opposition organisation organization outlet owner panel parent parish
    participant partner party passenger pastor patient people percent person player poet police politician
    pollster pope population press priest producer professor progressive prosecutor protester psychologist
    publisher pundit punter receptionist reader regulator relative reporter republican researcher resident
    rival school scholar scientist sheriff shareholder sibling singer sister site society soldier son source
    speaker spouse squad staffer star station store strategist student supporter surrogate survivor teacher
    team thinktank think-tank tribunal trump tv university user viewer veteran victim village visitor
    volunteer voter watchdog website wife winner witness woman women worker world writer youth""".split()
)
# Texts that say things; they count for verbs of saying, as "the report says".
TEXTS = frozenset(
    """ad affidavit analysis article biography bill book brief column communique communiqué complaint
    declaration document editorial email essay fact-checker filing guideline indictment interview law
    lawsuit letter manifesto memo memoir memorandum message note op-ed opinion page paper petition platform
    poll post profile report resolution review ruling rule script sign slogan song speech statement statute
    story study survey text transcript treaty tweet verdict video website witness""".split()
)
_QUANTITIES = frozenset(
    """percent half third quarter majority minority number proportion rest share dozen hundred thousand million
    handful slice group lot bunch pair couple""".split()
)
_ENDINGS = ("er", "or", "ist", "ian", "man", "men", "woman", "women", "ant", "eer", "person", "people", "ee")
_NOT_PEOPLE = frozenset(
    """paper number letter computer matter weather order power water winter summer center centre chapter cover
    factor color colour floor door border disorder error horror labor behavior favor honor mirror harbor
    tower corner offer answer career quarter gender dinner layer plant restaurant grant want moment gear
    beer pier other rather either neither never ever after under over former latter master committee degree
    coffee fee guarantee musician amendment encounter disaster character register transfer trailer dollar
    container shelter counter banner list exist resist twist fist mist insist consist persist human sticker
    poster barrier buffer charter fever folder lever liver meter monitor motor router river sector server
    shower silver sweater timber thunder transistor vector chamber september october november december
    member remainder reminder refer prefer proper super larger greater bigger smaller higher lower later
    earlier major minor prior senior junior""".split()
) - frozenset({"member", "committee", "senior", "musician", "major"})


def can_speak(token: Token) -> bool:
    """Whether a noun or pronoun stands for a person, a body of people, or a place that speaks for one."""
    if token.ent_type_ in _ENTITIES or token.pos_ == "PROPN":
        return True
    lower, lemma = token.lower_, token.lemma_.lower()
    if lower in _PRONOUNS:
        return True
    if lemma in _PEOPLE or lemma in OFFICES or lower in OFFICES or lemma in TEXTS or lemma in _QUANTITIES:
        return True
    if token.pos_ == "NUM" and token.ent_type_ in {"CARDINAL", "PERCENT"}:
        return True  # "about 9 in 10 said"
    if token.pos_ != "NOUN" or lemma in _NOT_PEOPLE or lemma.endswith("ment"):
        return False
    return lemma.endswith(_ENDINGS) and len(lemma) > 4


def name_behind(noun: Token, last: int) -> Token | None:
    """The last word of a name set in commas behind an office: "the commission's chairwoman, A. Name, …".

    Args:
        noun: the office.
        last: the last token of its words.
    """
    doc = noun.doc
    if noun.pos_ != "NOUN" or not can_speak(noun) or last + 2 >= len(doc) or doc[last + 1].text != ",":
        return None
    end = last + 2
    while end < len(doc) and doc[end].pos_ == "PROPN" and doc[end].text[:1].isupper():
        end += 1
    if end - last < 4 or end >= len(doc) or doc[end].text not in {",", "."}:
        return None  # fewer than two words: as likely a place as a person
    return doc[end - 1]


def source_span(block: ParsedBlock, head: Token) -> tuple[int, int]:
    """Characters of a source with what describes it, without relative clauses and what follows them."""
    left, right = head.left_edge.i, head.right_edge.i
    for child in head.children:
        if child.i > head.i and child.dep_ in {"relcl", "advcl", "ccomp", "parataxis"}:
            right = min(right, child.left_edge.i - 1)
    right = max(right, head.i)
    left = _after_marks(block, left, head)
    while right > head.i and block.doc[right].is_punct:
        right -= 1
    return block.chars(left, right)


def name_span(block: ParsedBlock, head: Token) -> tuple[int, int]:
    """Characters of the name itself: the noun with what stands before it, without appositions."""
    left = _after_marks(block, head.left_edge.i, head)
    right = head.i
    doc = block.doc
    for child in head.children:
        if child.i > head.i and child.dep_ in {"flat", "compound", "nmod"}:
            right = max(right, child.right_edge.i)
    while right + 1 < len(doc) and doc[right + 1].ent_iob_ == "I" and doc[right].ent_type_:
        right += 1
    return block.chars(left, right)


def _after_marks(block: ParsedBlock, left: int, head: Token) -> int:
    """The first token of a name that is no dash or bracket."""
    while left < head.i and block.doc[left].is_punct:
        left += 1
    return left
