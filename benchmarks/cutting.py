"""Reports as the catalog takes them, without a parser: sentences and statements are those that the generator knows.

Passages are packed as ``assistant.curation.chunking`` packs them: whole sentences under one heading, runs of about
equal length that fit the encoder's window by its own tokenizer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assistant.index.embedding import EncoderInput
from assistant.index.writer import PassageDraft
from assistant.models import Block, LoadedDocument, Metadata, Statement
from benchmarks.texts import Report, Section, Sentence

CONTEXT = 48  # tokens that title and heading may take, and two special ones beside them
TokenCounter = Callable[[Sequence[str]], list[int]]


@dataclass(frozen=True, slots=True)
class Cut:
    """A report cut up: the version, its passages in order with what the encoder reads of each, and who says what."""

    id: str
    loaded: LoadedDocument
    drafts: tuple[PassageDraft, ...]
    inputs: tuple[EncoderInput, ...]
    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class _Placed:
    sentence: Sentence
    start: int
    end: int


def cut(report: Report, count_tokens: TokenCounter, window: int) -> Cut:
    """Cut a report for an encoder.

    Args:
        report: the document.
        count_tokens: as the encoder counts them.
        window: most tokens that it reads.
    """
    text, blocks, sections = _laid_out(report)
    tokens = iter(count_tokens([sentence.text for sentence in report.sentences]))
    drafts: list[PassageDraft] = []
    inputs: list[EncoderInput] = []
    for section, placed in sections:
        for run in _packed(placed, [next(tokens) for _ in placed], window - CONTEXT - 2):
            start, end = run[0].start, run[-1].end
            spans = tuple((one.start, one.end) for one in run)
            relative = tuple((a - start, b - start) for a, b in spans)
            read = EncoderInput(f"{report.title} – {section.heading}", text[start:end], relative)
            inputs.append(read)
            drafts.append(PassageDraft(start, end, text[start:end], (section.heading,), spans, None, read.digest))
    metadata = Metadata(report.title, report.source, "news", published_at=report.published_at, topics=(report.topic,))
    statements = tuple(_statement(one) for _, placed in sections for one in placed if one.sentence.said)
    return Cut(report.id, LoadedDocument(text, tuple(blocks), metadata), tuple(drafts), tuple(inputs), statements)


def _laid_out(report: Report) -> tuple[str, list[Block], list[tuple[Section, list[_Placed]]]]:
    """The text, its blocks, and where each section's sentences stand in it."""
    pieces: list[str] = []
    blocks: list[Block] = []
    sections: list[tuple[Section, list[_Placed]]] = []
    at = 0
    for section in report.sections:
        pieces.append(section.heading)
        blocks.append(Block(at, at + len(section.heading), "heading", 2))
        at += len(section.heading) + 2
        placed: list[_Placed] = []
        for paragraph in section.paragraphs:
            begin = at
            for sentence in paragraph:
                placed.append(_Placed(sentence, at, at + len(sentence.text)))
                at += len(sentence.text) + 1
            pieces.append(" ".join(sentence.text for sentence in paragraph))
            blocks.append(Block(begin, at - 1))
            at += 1
        sections.append((section, placed))
    return "\n\n".join(pieces), blocks, sections


def _packed(sentences: Sequence[_Placed], tokens: Sequence[int], room: int) -> list[list[_Placed]]:
    target = sum(tokens) / max(1, -(-sum(tokens) // room))
    runs: list[list[_Placed]] = []
    used = 0
    for sentence, size in zip(sentences, tokens, strict=True):
        if runs and used + size <= room and used + size / 2 <= target:
            runs[-1].append(sentence)
            used += size
        else:
            runs.append([sentence])
            used = size
    return runs


def _statement(placed: _Placed) -> Statement:
    said = placed.sentence.said
    assert said is not None
    speaker = placed.start + placed.sentence.text.index(said.speaker)
    return Statement(
        speaker=said.speaker,
        speaker_start=speaker,
        speaker_end=speaker + len(said.speaker),
        cue=said.cue,
        start=placed.start + said.start,
        end=placed.start + said.end,
        holder=said.holder,
        stance=said.stance,
        target=said.target,
        modality="stated",
        quoted=said.quoted,
        date=None,
        speaker_actor=said.holder,
    )
