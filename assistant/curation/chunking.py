"""Passages: runs of whole sentences under one heading that fit the encoder's window.

The title and the headings above a passage are given to the encoder as context and are not part of the passage, so
``text[start:end]`` is always the passage itself. LangChain's splitter cuts the rare sentence that is longer than the
window.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assistant.curation.sentences import Span
from assistant.index.embedding import EncoderInput
from assistant.models import Block, LoadedDocument

CHUNKER = "sentences-1"  # part of the vectors' fingerprint: change it when passages would come out differently
CONTEXT_TOKENS = 48  # most of the window that title and headings may take
SPECIAL_TOKENS = 2

TokenCounter = Callable[[Sequence[str]], list[int]]


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage before it is stored, with what the encoder is to read."""

    start: int
    end: int
    headings: tuple[str, ...]
    sentences: tuple[Span, ...]  # in the version's text
    page: int | None
    encoder_input: EncoderInput


@dataclass(frozen=True, slots=True)
class _Sentence:
    start: int
    end: int
    tokens: int
    page: int | None


@dataclass(frozen=True, slots=True)
class Chunker:
    """Splits documents for one encoder.

    Args:
        count_tokens: tokens of each text, as the encoder counts them.
        max_tokens: the encoder's window.
    """

    count_tokens: TokenCounter
    max_tokens: int

    def split(self, document: LoadedDocument, sentences: Sequence[Sequence[Span]]) -> list[Chunk]:
        """The passages of a document, in reading order; none overlap and every sentence is in one.

        Args:
            document: the document.
            sentences: for each of its blocks the sentences in it.
        """
        chunks: list[Chunk] = []
        for headings, below in self._sections(document, sentences):
            context = self._context(document.metadata.title, headings)
            room = self.max_tokens - SPECIAL_TOKENS - (self.count_tokens([context])[0] if context else 0)
            fitted = [part for sentence in below for part in self._fit(document.text, sentence, room)]
            chunks.extend(_chunk(document.text, context, headings, run) for run in _pack(fitted, room))
        return chunks

    def _sections(
        self, document: LoadedDocument, found: Sequence[Sequence[Span]]
    ) -> list[tuple[tuple[str, ...], list[_Sentence]]]:
        """Sentences grouped under the headings above them. A heading with nothing below it is text itself."""
        blocks = [(block, spans) for block, spans in zip(document.blocks, found, strict=True) if spans]
        texts = [document.text[start:end] for _, spans in blocks for start, end in spans]
        counts = iter(self.count_tokens(texts) if texts else [])
        sized = [
            (block, [_Sentence(start, end, next(counts), block.page) for start, end in spans])
            for block, spans in blocks
        ]
        sections: list[tuple[tuple[str, ...], list[_Sentence]]] = []
        path: list[tuple[int, str]] = []
        for index, (block, sentences) in enumerate(sized):
            if block.kind == "heading" and _has_body(sized, index):
                path = [(level, name) for level, name in path if level < block.level]
                path.append((block.level, document.text[block.start : block.end]))
                sections.append((tuple(name for _, name in path), []))
                continue
            if not sections:
                sections.append(((), []))
            sections[-1][1].extend(sentences)
        return [(headings, sentences) for headings, sentences in sections if sentences]

    def _context(self, title: str, headings: Sequence[str]) -> str:
        """Title and headings within their share of the window; the innermost heading matters most."""
        names = [name for name in dict.fromkeys([title, *headings]) if name]
        while names and self.count_tokens([" – ".join(names)])[0] > CONTEXT_TOKENS:
            names.pop(0)
        return " – ".join(names)

    def _fit(self, text: str, sentence: _Sentence, room: int) -> list[_Sentence]:
        """The sentence, or pieces of it that fit the window."""
        if sentence.tokens <= room:
            return [sentence]
        # Imported here: it costs a start more than the rare sentence that needs it.
        from langchain_text_splitters import RecursiveCharacterTextSplitter

        splitter = RecursiveCharacterTextSplitter(
            separators=["; ", ", ", " ", ""],
            chunk_size=max(room, 1),
            chunk_overlap=0,
            length_function=lambda piece: self.count_tokens([piece])[0],
            keep_separator="end",
            strip_whitespace=True,
        )
        pieces = splitter.split_text(text[sentence.start : sentence.end])
        found: list[_Sentence] = []
        position = sentence.start
        for piece, tokens in zip(pieces, self.count_tokens(pieces), strict=True):
            start = text.index(piece, position)
            position = start + len(piece)
            found.append(_Sentence(start, position, tokens, sentence.page))
        return found


def _has_body(blocks: Sequence[tuple[Block, list[_Sentence]]], index: int) -> bool:
    """Whether text stands below the heading at ``index``, before the document or the heading's level ends."""
    level = blocks[index][0].level
    for block, _ in blocks[index + 1 :]:
        if block.kind != "heading":
            return True
        if block.level <= level:
            return False
    return False


def _pack(sentences: Sequence[_Sentence], room: int) -> list[list[_Sentence]]:
    """Runs of sentences of about equal length, none above ``room`` tokens.

    Even runs rather than full ones: a last passage of one short sentence would match almost any question.
    """
    total = sum(sentence.tokens for sentence in sentences)
    target = total / max(1, -(-total // room))
    runs: list[list[_Sentence]] = []
    used = 0
    for sentence in sentences:
        if runs and used + sentence.tokens <= room and used + sentence.tokens / 2 <= target:
            runs[-1].append(sentence)
            used += sentence.tokens
        else:
            runs.append([sentence])
            used = sentence.tokens
    return runs


def _chunk(text: str, context: str, headings: tuple[str, ...], run: Sequence[_Sentence]) -> Chunk:
    start, end = run[0].start, run[-1].end
    spans = tuple((sentence.start, sentence.end) for sentence in run)
    relative = tuple((a - start, b - start) for a, b in spans)
    return Chunk(start, end, headings, spans, run[0].page, EncoderInput(context, text[start:end], relative))
