"""The reader that ships, loaded and asked: which sentence answers, which words, and whether anything does."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.answering.reader.encoding import PASSAGE_TOKENS
from assistant.answering.reader.onnx import OnnxReader, open_reader
from assistant.answering.reader.reading import ReaderInput, Reading
from assistant.asking import AskRequest
from assistant.curation.loaders import blocks_of_text
from assistant.errors import ModelUnavailable
from assistant.models import AnswerStatus, LoadedDocument, Metadata
from assistant.server.schemas import SentenceOut
from assistant.services import Services, open_services
from assistant.settings import Settings
from tests.conftest import HashEncoder

SENTENCES = (
    "Port Kelm lies on the eastern shore of Lake Ansa and has two breweries.",
    "Its lighthouse was finished in 1874 after six years of work.",
    "The architect Ida Morrow designed it for the harbour board.",
    "In 1931 a storm destroyed the old pier, and 40 boats were lost.",
    "Fishing for perch brings in most of the town's income.",
)
TEXT = " ".join(SENTENCES)
QUESTIONS = {
    "When was the lighthouse finished?": (1, "1874"),
    "Who designed the lighthouse of Port Kelm?": (2, "Ida Morrow"),
    "How many boats were lost in the storm?": (3, "40"),
    "What destroyed the old pier?": (3, "storm"),
    "Which lake does Port Kelm lie on?": (0, "Ansa"),
}


def as_input(text: str, sentences: tuple[str, ...], context: str = "") -> ReaderInput:
    starts = [text.index(sentence) for sentence in sentences]
    return ReaderInput(context, text, tuple((a, a + len(s)) for a, s in zip(starts, sentences, strict=True)))


@pytest.fixture(scope="module")
def reader() -> Iterator[OnnxReader]:
    opened = open_reader("packaged")
    assert opened is not None
    yield opened
    opened.close()


@pytest.mark.parametrize(("question", "expected"), QUESTIONS.items())
def test_the_answering_sentence_is_picked_among_its_neighbours(
    reader: OnnxReader, question: str, expected: tuple[int, str]
) -> None:
    sentence, words = expected
    [reading] = reader.read(question, [as_input(TEXT, SENTENCES, "Port Kelm")])
    shares = [read.share for read in reading.sentences]
    assert shares.index(max(shares)) == sentence
    assert sum(shares) <= 1.001
    span = reading.sentences[sentence].answer
    assert span is not None
    assert words in TEXT[slice(*span)]


def test_offsets_are_code_points_of_the_passage(reader: OnnxReader) -> None:
    sentences = ("Ａ 🚢 naïve “Größe” — preface.", "The ferry Ægir 🚢 was built in Århus in 1968.")
    text = "\n".join(sentences)
    [reading] = reader.read("When was the ferry built?", [as_input(text, sentences, "Ferries")])
    span = reading.sentences[1].answer
    assert span is not None
    assert text[slice(*span)] == "1968"


def test_what_is_not_said_is_less_answerable(reader: OnnxReader) -> None:
    def answerable(question: str) -> float:
        return reader.read(question, [as_input(TEXT, SENTENCES, "Port Kelm")])[0].probability

    lowest = min(answerable(question) for question in QUESTIONS)
    assert answerable("Who painted the ceiling of the opera house?") < lowest
    assert answerable("What is the boiling point of mercury?") < lowest


def test_a_passage_reads_the_same_alone_and_among_others(reader: OnnxReader) -> None:
    question = "Who designed the lighthouse of Port Kelm?"
    passage = as_input(TEXT, SENTENCES)
    other = as_input("Perch is a fish. " * 90, ("Perch is a fish.",))
    alone: list[Reading] = reader.read(question, [passage])
    assert reader.read(question, [other, passage, other, passage])[1::2] == alone * 2


def test_text_beyond_the_window_holds_no_answer(reader: OnnxReader) -> None:
    last = "The bell was cast in 1702."
    text = "word " * (PASSAGE_TOKENS + 10) + last
    [reading] = reader.read("When was the bell cast?", [as_input(text, (last,))])
    assert reading.sentences[0].answer is None
    assert reading.sentences[0].share == 0


def packaged() -> Path:
    import assistant.answering.reader.onnx as module

    return Path(module.__file__).parent / "model"


def test_a_damaged_model_is_refused_by_name_of_the_setting(tmp_path: Path) -> None:
    folder = tmp_path / "reader"
    shutil.copytree(packaged(), folder)
    model = bytearray((folder / "reader.onnx").read_bytes())
    model[len(model) // 2] ^= 1
    (folder / "reader.onnx").write_bytes(model)
    with pytest.raises(ModelUnavailable, match="damaged") as caught:
        open_reader(str(folder))
    assert "ASSISTANT_READER" in (caught.value.hint or "")


def test_a_missing_model_is_refused_at_start(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data", reader=str(tmp_path / "nowhere"))
    with pytest.raises(ModelUnavailable, match="nowhere"), open_services(settings, HashEncoder()):
        pass


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "reader"
    folder.mkdir()
    shutil.copy(packaged() / "tokenizer.json", folder)
    (folder / "reader.onnx").write_bytes(b"not a model")
    digest = hashlib.sha256(b"not a model").hexdigest()
    (folder / "reader.json").write_text(json.dumps({"sha256": digest}))
    with pytest.raises(ModelUnavailable, match="cannot be loaded"):
        OnnxReader(folder).load()


def put(services: Services, text: str) -> None:
    loaded = LoadedDocument(text, tuple(blocks_of_text(text)), Metadata(title="Port Kelm"))
    services.pipeline.ingest("kelm", loaded, origin="test", by="tests")


def test_the_words_that_answer_are_marked_in_the_sentence_shown(tmp_path: Path) -> None:
    with open_services(Settings(data_dir=tmp_path / "data", refusal_threshold=0), HashEncoder()) as services:
        put(services, TEXT.replace("finished in 1874", "finished\nin 1874"))
        answer = services.asker.ask(AskRequest("When was the lighthouse finished?"))
    first = answer.sentences[0]
    assert answer.status is AnswerStatus.ANSWERED
    assert first.text == SENTENCES[1]
    assert first.answer is not None
    assert first.text[slice(*first.answer)] == "1874"
    shown = SentenceOut.of(first).answer
    assert shown is not None
    assert (shown.text, first.text[shown.start : shown.end]) == ("1874", "1874")


def test_the_reader_can_be_switched_off(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data", refusal_threshold=0, reader="off")
    with open_services(settings, HashEncoder()) as services:
        put(services, TEXT)
        answer = services.asker.ask(AskRequest("When was the lighthouse finished?"))
    assert answer.sentences
    assert all(sentence.answer is None for sentence in answer.sentences)
