from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.curation.chunking import CONTEXT_TOKENS, SPECIAL_TOKENS, Chunk, Chunker
from assistant.curation.loaders import blocks_of_text, load
from assistant.curation.sentences import mend, sentence_spans
from assistant.index.onnx_encoder import OnnxEncoder
from assistant.language import Language
from assistant.models import LoadedDocument, Metadata

WINDOW = 256


@pytest.fixture(scope="module")
def chunker(tmp_path_factory: pytest.TempPathFactory) -> Chunker:
    encoder = OnnxEncoder(tmp_path_factory.mktemp("cache"))
    return Chunker(encoder.count_tokens, encoder.max_tokens)


LANGUAGE = Language()


def split(chunker: Chunker, loaded: LoadedDocument) -> list[Chunk]:
    return chunker.split(loaded, sentence_spans(LANGUAGE, loaded.text, loaded.blocks))


def document(text: str, title: str = "") -> LoadedDocument:
    return LoadedDocument(text, tuple(blocks_of_text(text)), Metadata(title=title))


@settings(max_examples=60, deadline=None)
@given(text=st.text(max_size=1_500), title=st.text(max_size=200))
def test_passages_are_exact_slices_of_any_text(chunker: Chunker, text: str, title: str) -> None:
    for chunk in split(chunker, document(text, title)):
        assert 0 <= chunk.start < chunk.end <= len(text)
        assert chunk.encoder_input.text == text[chunk.start : chunk.end]
        assert chunk.sentences[0][0] == chunk.start
        assert chunk.sentences[-1][1] == chunk.end
        assert all(a[1] <= b[0] for a, b in pairwise(chunk.sentences))
        for (start, end), (a, b) in zip(chunk.sentences, chunk.encoder_input.sentences, strict=True):
            assert chunk.encoder_input.text[a:b] == text[start:end]


def test_no_passage_is_longer_than_the_encoder_reads(chunker: Chunker) -> None:
    sentence = "The delegation met the ministers in the capital and discussed the draft at length. "
    giant = "word, " * 2_000 + "end."
    text = sentence * 60 + "\n\n" + giant
    chunks = split(chunker, document(text, "A title " * 40))
    sizes = chunker.count_tokens([chunk.encoder_input.full for chunk in chunks])
    assert max(sizes) + SPECIAL_TOKENS <= WINDOW
    assert len(chunks) > 8
    contexts = chunker.count_tokens([chunk.encoder_input.context for chunk in chunks])
    assert max(contexts) <= CONTEXT_TOKENS


def test_every_word_of_a_document_is_in_some_passage(chunker: Chunker) -> None:
    text = "First point here.\n\nSecond point there. Third one follows!\n\n" + "Long clause, " * 400 + "done."
    covered = {i for chunk in split(chunker, document(text)) for i in range(chunk.start, chunk.end)}
    missing = [i for i, character in enumerate(text) if character.isalnum() and i not in covered]
    assert missing == []


def test_headings_are_context_and_passages_never_cross_them(chunker: Chunker) -> None:
    source = "# Talks\n\n## First day\n\nThe talks opened on Monday.\n\n## Second day\n\nThe talks closed on Tuesday.\n"
    (loaded,) = load(source.encode(), name="talks.md")
    chunks = split(chunker, loaded)
    assert [chunk.headings[-1] for chunk in chunks] == ["First day", "Second day"]
    assert [loaded.text[c.start : c.end] for c in chunks] == [
        "The talks opened on Monday.",
        "The talks closed on Tuesday.",
    ]
    assert "Second day" in chunks[1].encoder_input.full
    assert "First day" not in chunks[1].encoder_input.full


def test_passages_of_one_section_are_even(chunker: Chunker) -> None:
    text = "The committee discussed the second draft of the agreement for several hours that day. " * 20
    sizes = [chunk.end - chunk.start for chunk in split(chunker, document(text))]
    assert len(sizes) > 1
    assert min(sizes) > 0.6 * max(sizes)


@pytest.mark.parametrize(
    "text",
    [
        "“We will not sign. Not this year,” said Maria Keller, the chief negotiator.",
        '"We will not sign. Not this year," said Maria Keller, the chief negotiator.',
        "The plan is “a clear red line,” said Jonas Weber, who leads the institute.",
    ],
)
def test_a_quotation_stays_with_the_words_that_say_whose_it_is(chunker: Chunker, text: str) -> None:
    (chunk,) = split(chunker, document(text))
    assert [text[start:end] for start, end in chunk.sentences] == [text]


def test_fragments_join_the_sentence_they_belong_to() -> None:
    text = "He met Mr. Smith. then left. ” Next one."
    spans = [(0, 10), (11, 17), (18, 28), (29, 30), (31, 40)]
    joined = [text[start:end] for start, end in mend(text, spans)]
    assert joined == ["He met Mr. Smith. then left. ”", "Next one."]
