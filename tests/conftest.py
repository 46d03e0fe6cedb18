"""What all tests share: a fast encoder for storage tests, the real one for everything else, and the two set-ups."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import SecretStr

from assistant.index.embedding import EncoderInput
from assistant.language import Language
from assistant.services import Services, open_services
from assistant.settings import Settings
from tests.server_setup.servers import ChromaProcess, PostgresServer

FloatArray = NDArray[np.float32]


class HashEncoder:
    """Deterministic vectors from words, for tests of storage: the same words are near, and nothing has to load."""

    fingerprint = "hash-64"
    dimension = 64
    max_tokens = 64

    def __init__(self) -> None:
        self.encoded = 0

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) for text in texts]

    def encode_question(self, question: str) -> FloatArray:
        return self._vector(question)

    def encode_passages(self, inputs: Sequence[EncoderInput]) -> list[tuple[FloatArray, FloatArray]]:
        self.encoded += len(inputs)
        return [
            (
                self._vector(item.full),
                np.stack([self._vector(item.text[start:end]) for start, end in item.sentences])
                if item.sentences
                else np.empty((0, self.dimension), np.float32),
            )
            for item in inputs
        ]

    def _vector(self, text: str) -> FloatArray:
        vector = np.full(self.dimension, 1e-3, dtype=np.float32)
        for word in text.lower().split():
            digest = hashlib.sha256(word.strip(".,;:!?").encode("utf-8", "surrogatepass")).digest()
            vector[digest[0] % self.dimension] += 1 if digest[1] % 2 else -1
        return vector / np.linalg.norm(vector)


@pytest.fixture(scope="session", autouse=True)
def _one_language_model() -> Iterator[None]:
    """Let everything that a test process opens parse with one pipeline, under one lock: loading it takes a second."""
    shared = Language()
    init = Language.__init__

    def share(language: Language, *arguments: int, **named: int) -> None:
        if arguments or named:
            init(language, *arguments, **named)
        else:
            language.__dict__ = shared.__dict__

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Language, "__init__", share)
        yield


@pytest.fixture(autouse=True)
def _beside_others(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Where several processes run tests: one that is marked ``alone`` waits for the others', and they for it."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        yield
        return
    alone = request.node.get_closest_marker("alone") is not None
    shared = tmp_path_factory.getbasetemp().parent  # of all processes of a run
    with (shared / "gate").open("w") as gate, (shared / "turn").open("w") as turn:
        fcntl.flock(gate, fcntl.LOCK_EX)  # first come, first served: a test alone is not waiting for ever
        fcntl.flock(turn, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        fcntl.flock(gate, fcntl.LOCK_UN)
        yield


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("ASSISTANT_"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    server = PostgresServer()
    yield server
    server.remove()


@pytest.fixture(scope="session")
def chroma() -> Iterator[ChromaProcess]:
    server = ChromaProcess()
    yield server
    server.remove()


@pytest.fixture(scope="module", params=["embedded", pytest.param("servers", marks=pytest.mark.servers)])
def new_place(request: pytest.FixtureRequest) -> Iterator[Callable[[Path], Settings]]:
    """Makes the settings of a new, empty corpus for a folder; what takes this runs on both set-ups."""
    if request.param == "embedded":
        yield lambda folder: Settings(data_dir=folder)
        return
    postgres: PostgresServer = request.getfixturevalue("postgres")
    chroma: ChromaProcess = request.getfixturevalue("chroma")
    chroma.revive()
    made: list[str] = []

    def on_servers(folder: Path) -> Settings:
        made.append(postgres.database())
        return Settings(data_dir=folder, database_url=SecretStr(made[-1]), chroma_url=chroma.url)

    yield on_servers
    for address in made:
        postgres.drop(address)


@pytest.fixture
def on_both(new_place: Callable[[Path], Settings], tmp_path: Path) -> Settings:
    """An empty corpus, on each set-up."""
    return new_place(tmp_path / "data")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data")


@pytest.fixture
def services(settings: Settings) -> Iterator[Services]:
    """An empty corpus with the fast encoder."""
    with open_services(settings, HashEncoder()) as opened:
        yield opened


@pytest.fixture(scope="session")
def briefing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """The corpus that ships with the project, with the real encoder. Tests only read it."""
    folder = tmp_path_factory.mktemp("briefing")
    with open_services(Settings(data_dir=folder / "data")) as opened:
        report = opened.sync.run(Path(__file__).parent.parent / "corpus", by="tests")
        assert not report.failed
        assert opened.index.wait_ready(60)
        yield opened


@pytest.fixture(scope="session")
def full(request: pytest.FixtureRequest) -> bool:
    """Whether to run at full length."""
    return bool(request.config.getoption("markexpr"))


@pytest.fixture
def brief(request: pytest.FixtureRequest, full: bool) -> bool:
    """Whether to be as short as can be: on servers, in a run of everything."""
    return not full and request.node.get_closest_marker("servers") is not None


@pytest.fixture
def tell_all(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Write a line of figures to the terminal, whether or not output is captured."""
    plugins = request.config.pluginmanager
    reporter, capture = plugins.get_plugin("terminalreporter"), plugins.get_plugin("capturemanager")

    def write(line: str) -> None:
        if reporter is not None and capture is not None:
            with capture.global_and_fixture_disabled():
                reporter.ensure_newline()
                reporter.write_line(f"{request.node.name}: {line}")

    return write


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Make a folder of files: ``write(name=text)``."""

    def make(files: dict[str, str]) -> Path:
        folder = tmp_path / "folder"
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return folder

    return make
