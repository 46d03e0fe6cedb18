"""How much of a question a sentence has."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from assistant.answering.evidence import QuestionTerms

WEIGHTS = st.dictionaries(st.text(min_size=1, max_size=5), st.floats(0.01, 20), min_size=2, max_size=12)


@given(WEIGHTS, st.data())
def test_a_share_does_not_depend_on_the_order_of_a_set(weights: dict[str, float], data: st.DataObject) -> None:
    """Sets of words are in another order in each process; rounding as it comes would decide about what is close."""
    found = data.draw(st.frozensets(st.sampled_from(sorted(weights))))
    exact = [float(sum(Fraction(weights[word]) for word in words)) for words in (found, weights)]
    assert QuestionTerms(weights).share_of(frozenset(weights), found) == exact[0] / exact[1]
