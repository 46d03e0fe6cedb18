"""The desk that a model's sentences pass before anybody sees them: checked, written once more, or withheld.

stream → sentence → check → (once more) → Passed
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from assistant.answering.chat_model import Message, ModelSession
from assistant.answering.grounding.alignment import EvidencePool
from assistant.answering.grounding.analysis import Analysis
from assistant.answering.grounding.checking import Check, SentenceChecker
from assistant.answering.grounding.quotations import check_quotations, repaired
from assistant.answering.hygiene import for_model, is_active
from assistant.answering.model_limits import ModelFailed
from assistant.answering.prompts import Prompt
from assistant.answering.splitting import DraftSentence, sentences
from assistant.language import Language

SHORTEST = 4  # words of a sentence that says something
REWRITES = 4  # sentences of one text that are tried once more
DECLINED = "not in the corpus"


@dataclass(frozen=True, slots=True)
class Passed:
    """A sentence as it may be shown, and what backs it."""

    text: str
    check: Check


class Desk:
    """Checks the sentences of one text.

    Args:
        session: the model, for the request.
        checker: decides on each sentence.
        language: the parser.
        repair: asks for a sentence once more.
        pool: what may be cited, numbered from 1 without gaps as the model was given it.
        weights: information of each stem; one that is missing is as rare as can be.
    """

    def __init__(
        self,
        session: ModelSession,
        checker: SentenceChecker,
        language: Language,
        repair: Prompt,
        pool: EvidencePool,
        weights: Mapping[str, float],
    ) -> None:
        self._session = session
        self._checker = checker
        self._language = language
        self._repair = repair
        self._pool = pool
        self._weights = weights
        self._unseen = max(weights.values(), default=1.0)
        self._numbers = {sentence.number for sentence in pool.sentences}
        self._rewrites = 0

    def written(self, prompt: str) -> Iterator[Passed | None]:
        """What the model writes on a prompt, sentence by sentence; None for one that is withheld.

        Raises:
            ModelFailed, Cancelled, InvalidConfiguration: as from the model.
        """
        for draft in sentences(self._session.stream([("user", prompt)])):
            if DECLINED not in draft.text.lower():
                yield self._checked(draft, prompt)

    def _checked(self, draft: DraftSentence, prompt: str) -> Passed | None:
        outcome = self._judged(draft)
        if isinstance(outcome, Passed):
            return outcome
        if self._rewrites >= REWRITES:
            return None
        self._rewrites += 1
        again = self._again(draft, outcome, prompt)
        second = self._judged(again) if again is not None else ""
        return second if isinstance(second, Passed) else None

    def _judged(self, draft: DraftSentence) -> Passed | str:
        """The sentence, or what is wrong with it."""
        if is_active(draft.text):
            return "It holds an address, a link or markup."
        invented = [number for number in draft.cited if number not in self._numbers]
        if invented:
            return f"There is no passage [{invented[0]}]."
        pool = self._pool
        if draft.cited:
            pool = pool.restricted(lambda s: s.number in draft.cited)
        text = repaired(draft.text, check_quotations(draft.text, pool.sentences))
        draft_analysis = self._sentence(text)
        if draft_analysis is None:
            return "It is not a sentence."
        check = self._check(draft_analysis, pool)
        if check.verdict != "supported" and draft.cited:
            check = self._check(draft_analysis, self._pool)  # another passage may say it: then that one is cited
        only_claim = [f.kind for f in check.findings] == ["attribution"]
        if only_claim and (speaker := check.findings[0].source):
            text = f"According to {speaker}, {_lowered(text, speaker)}"
            attributed = self._sentence(text)
            check = self._check(attributed, self._pool) if attributed is not None else check
        if check.verdict == "supported":
            return Passed(text, check)
        return check.reason

    def _sentence(self, text: str) -> Analysis | None:
        """The sentence, taken apart; None for a fragment, which says nothing that could be checked."""
        parsed = self._language.parse(text)
        if len(text.split()) < SHORTEST or not any(token.pos_ in {"VERB", "AUX"} for token in parsed):
            return None
        return self._checker.analyse(parsed[:])

    def _check(self, analysis: Analysis, pool: EvidencePool) -> Check:
        weights = {stem: self._weights.get(stem, self._unseen) for stem in analysis.stems}
        return self._checker.check(analysis, pool, weights)

    def _again(self, draft: DraftSentence, reason: str, prompt: str) -> DraftSentence | None:
        asked = self._repair.render(sentence=for_model(draft.text), reason=for_model(reason))
        messages: list[Message] = [("user", prompt), ("assistant", draft.text), ("user", asked)]
        try:
            found = list(sentences(self._session.stream(messages)))
        except ModelFailed:
            return None  # the sentence is dropped; whether the model still streams is seen with the next one
        if len(found) != 1 or DECLINED in found[0].text.lower():
            return None
        return found[0]


def _lowered(text: str, speaker: str) -> str:
    """``text`` as the rest of a sentence: its first word keeps its capital only where it is a name."""
    first = text.split(" ", 1)[0]
    keeps = len(first) > 1 and (first.isupper() or first in speaker)
    common = {"the", "a", "an", "this", "that", "these", "those", "it", "there", "in", "on", "at", "we", "all", "no"}
    return text if keeps or first.lower() not in common else text[0].lower() + text[1:]
