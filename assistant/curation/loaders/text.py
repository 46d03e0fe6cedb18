"""Plain text: decoding, cleaning, and the blocks of a text that has no markup.

Text is kept exactly as given, because the offsets of other tools refer to it. The one exception is characters
that nobody can see and that can carry hidden instructions or reorder what is shown (``clean_text``).
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from assistant.curation.loaders.source import Source
from assistant.errors import InvalidDocument
from assistant.models import Block, LoadedDocument, Metadata

# C0 controls but tab, line feed and carriage return; DEL; zero-width and invisible operators; bidirectional
# marks, embeddings, overrides and isolates; the byte order mark; Unicode tag characters.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e007f]"
)
# Joiners spell words in Arabic and Indic scripts and compose emoji; anywhere else they only hide something.
_JOINED = "\u0590-\u08ff\u0900-\u0dff\u0f00-\u109f\u1780-\u18af\u2190-\u2bff\ufe0f\U0001f000-\U0001faff"
_STRAY_JOINER = re.compile(f"(?<![{_JOINED}])[\u200c\u200d]+|[\u200c\u200d]+(?![{_JOINED}\u200c\u200d])")
_SURROGATE = re.compile("[\ud800-\udfff]")

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DETECTION_SAMPLE = 100_000  # bytes shown to the charset detector

_LINE = re.compile("[^\r\n\u2028\u2029]+")
_BREAK = re.compile("\r\n|[\r\n\u2028\u2029]")
_BULLET = re.compile("[-*\u2022\u2023\u2013][ \t]+(?=\\S)")
_SENTENCE_END = re.compile("[.!?:;\u2026\u3002\uff01\uff1f\uff1a]['\"\u201d\u2019\u00bb)\\]]*$")
_WRAPPED_MIN, _WRAPPED_MAX = 40, 120  # characters in a line that an editor or a mailer has wrapped


def clean_text(text: str) -> str:
    """The text without characters that hide or reorder; everything else verbatim, no folding, no newline change.

    Lone surrogates, which no encoding can store, become U+FFFD so that offsets stay as they are.
    """
    visible = _STRAY_JOINER.sub("", _HIDDEN.sub("", text))
    return _SURROGATE.sub("\ufffd", visible)


def cleaning_notes(before: str, after: str) -> tuple[str, ...]:
    """What the curator should know about characters that ``clean_text`` removed."""
    removed = len(before) - len(after)
    if not removed:
        return ()
    return (f"{removed} invisible or control character{'s' if removed > 1 else ''} removed",)


def decode(source: Source, declared: str | None = None) -> tuple[str, tuple[str, ...]]:
    """The file's characters, and notes where its encoding was not what it should be.

    A byte order mark decides, then UTF-8, then the charset the file or its sender declares, then a detector.

    Raises:
        InvalidDocument: when no encoding makes text of the bytes.
    """
    data = source.data
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return _with_replacements(data[len(mark) :], encoding)
    if data[:4096].count(0) * 10 > len(data[:4096]):
        guess = _utf16_without_mark(data)
        if guess is None:
            raise InvalidDocument(f"{source.label} is binary data, not text.", "Add the document itself.")
        text, notes = _with_replacements(data, guess)
        return text, (f"encoding not stated; read as {guess}", *notes)
    try:
        return data.decode("utf-8"), ()
    except UnicodeDecodeError as error:
        return _legacy(source, declared or source.declared_charset, error)


def _with_replacements(data: bytes, encoding: str) -> tuple[str, tuple[str, ...]]:
    text = data.decode(encoding, errors="replace")
    own = "\ufffd".encode(encoding, errors="ignore")  # replacement characters that the file has itself
    broken = text.count("\ufffd") - (data.count(own) if own else 0)
    return text, ((f"{broken} byte sequences are not valid {encoding}; each is shown as \ufffd",) if broken > 0 else ())


def _utf16_without_mark(data: bytes) -> str | None:
    """Text of mostly Latin letters in UTF-16 has nearly all of its zero bytes on one side of each pair."""
    sample = data[: min(len(data), 4096) // 2 * 2]
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if max(even, odd) * 4 < len(sample) or min(even, odd) * 20 > max(even, odd):
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _legacy(source: Source, declared: str | None, error: UnicodeDecodeError) -> tuple[str, tuple[str, ...]]:
    data = source.data
    if declared and declared.lower().replace("_", "-") not in ("utf-8", "utf8"):
        try:
            return data.decode(declared), ()
        except (LookupError, UnicodeDecodeError):
            pass  # a wrong label is common; the detector decides
    mostly_utf8 = data.decode("utf-8", errors="replace")
    broken = mostly_utf8.count("\ufffd")
    multibyte = sum(1 for c in mostly_utf8 if c > "\x7f" and c != "\ufffd")
    if broken * 20 < multibyte or (multibyte and broken * 10_000 < len(mostly_utf8)):
        return mostly_utf8, (f"{broken} byte sequences are not valid UTF-8; each is shown as \ufffd",)
    from charset_normalizer import from_bytes  # slow to import, needed for legacy files only

    start = max(0, error.start - _DETECTION_SAMPLE // 2)
    best = from_bytes(data[start : start + _DETECTION_SAMPLE]).best()
    if best is None:
        raise InvalidDocument(
            f"{source.label} is not text in any encoding the assistant knows.", "Save it as UTF-8 and add it again."
        )
    text, notes = _with_replacements(data, best.encoding)
    return text, (f"not UTF-8; read as {best.encoding}: check its accents and quotation marks", *notes)


def blocks_of_text(text: str) -> tuple[Block, ...]:
    """The paragraphs of a text without markup, as spans into it, in order and never overlapping.

    A blank line always separates. A single line break separates too, unless an editor evidently made it to wrap a
    long line: the text's lines are short, this one is full and does not end a sentence, or the next one goes on in
    lower case. Lines that start with a bullet are list items; their span leaves the bullet out.
    """
    width = _wrap_width(text)
    blocks: list[Block] = []
    current: Block | None = None
    position = 0
    for line in _lines(text):
        gap = text[position : line.start]
        position = line.end
        if current is None:
            current = line
        elif _continues(text, current, line, gap, width):
            current = Block(current.start, line.end, current.kind)
        else:
            blocks.append(current)
            current = line
    if current is not None:
        blocks.append(current)
    return tuple(blocks)


def _lines(text: str) -> Iterator[Block]:
    """Lines that have something on them, without the white space around it."""
    for match in _LINE.finditer(text):
        line = match[0]
        content = line.strip()
        if not content:
            continue
        start = match.start() + len(line) - len(line.lstrip())
        end = start + len(content)
        bullet = _BULLET.match(content)
        yield Block(start + bullet.end(), end, "list_item") if bullet else Block(start, end)


def _wrap_width(text: str) -> int | None:
    """The column at which the text is wrapped; None where its lines are too long to have been wrapped."""
    lengths = sorted(len(m[0].rstrip()) for m in _LINE.finditer(text) if not m[0].isspace())
    if not lengths:
        return None
    width = lengths[len(lengths) * 95 // 100]
    return width if width <= _WRAPPED_MAX else None


def _continues(text: str, current: Block, line: Block, gap: str, width: int | None) -> bool:
    if line.kind == "list_item" or len(_BREAK.findall(gap)) != 1:
        return False
    before = max(text.rfind("\n", 0, current.end), text.rfind("\r", 0, current.end)) + 1
    last = text[before : current.end]
    if len(last) < _WRAPPED_MIN or _SENTENCE_END.search(last[-8:]):
        return False
    if text[line.start].islower():
        return True
    first_word = text[line.start : line.end].split(None, 1)[0]
    return width is not None and len(last) + 1 + len(first_word) > width


def load(source: Source) -> tuple[LoadedDocument, ...]:
    """One document, its text exactly as the file has it."""
    raw, notes = decode(source)
    text = clean_text(raw)
    blocks = blocks_of_text(text)
    title = source.title or (text[blocks[0].start : blocks[0].end][:120] if blocks else "")
    return (
        LoadedDocument(text, blocks, Metadata(title=title), None, "text/plain", (*notes, *cleaning_notes(raw, text))),
    )
