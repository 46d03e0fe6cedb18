"""The pipeline that parses: one for everybody, and bounded in what it remembers."""

from __future__ import annotations

import gc
import weakref
from itertools import count

from assistant.language import Language


def test_a_pipeline_that_knows_too_many_words_gives_way_to_a_fresh_one() -> None:
    language = Language(most_words=1_500)
    first = language.parse("Kyiv rejected the offer on Monday.")
    former = weakref.ref(language.pipeline)
    numbers = count()
    for _ in range(16):
        language.parse(" ".join(f"Mr{next(numbers)}ov spoke." for _ in range(100)))
        assert len(language.pipeline.vocab) < 1_500 + 200
    again = language.parse("Kyiv rejected the offer on Monday.")

    assert former() is not language.pipeline
    assert [(t.text, t.lemma_, t.dep_) for t in first] == [(t.text, t.lemma_, t.dep_) for t in again]
    gc.collect()
    assert former() is None  # nothing but what is still being read keeps the words


def test_many_texts_are_parsed_by_one_pipeline_in_order() -> None:
    language = Language(most_words=0)  # a fresh one each time
    texts = ["Moscow warned Kyiv.", "Nobody answered."]
    assert [doc.text for doc in language.parse_many(texts)] == texts
