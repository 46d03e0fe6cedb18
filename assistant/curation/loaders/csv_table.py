"""CSV and TSV: a document for every row where a column holds text, else the whole table as one document."""

from __future__ import annotations

import csv
import io
from typing import Any

from assistant.curation.loaders.builder import TextBuilder, folded
from assistant.curation.loaders.jsonl import read_record
from assistant.curation.loaders.source import Source
from assistant.curation.loaders.text import clean_text, cleaning_notes, decode
from assistant.errors import InvalidDocument, TooLarge
from assistant.models import LoadedDocument, Metadata

MEDIA_TYPE = "text/csv"
_TEXT_COLUMNS = ("text", "content", "body")
_DELIMITERS = ",;\t|"
_SAMPLE = 16_384
_SHOWN_ERRORS = 5


def load(source: Source) -> tuple[LoadedDocument, ...]:
    """The rows as documents, their columns named as in JSON lines, or the table as text.

    Raises:
        InvalidDocument: not a table, or a row whose id cannot be one.
        TooLarge: more rows, or a field with more characters, than allowed.
    """
    text, notes = decode(source)
    csv.field_size_limit(min(source.limits.characters + 1, 2**31 - 1))
    reader = csv.reader(io.StringIO(text, newline=""), _dialect(text, source), strict=True)
    rows = _Rows(reader, source)
    header = rows.next() or []
    names = [clean_text(name).strip().lower().replace(" ", "_") for name in header]
    column = next((name for name in _TEXT_COLUMNS if name in names), None)
    if column is None:
        return (_table(header, rows, source, (*notes, *cleaning_notes(text, clean_text(text)))),)
    return _documents(names, column, rows, source, notes)


class _Rows:
    """The rows of a table, counted, with the parser's complaints as typed errors."""

    def __init__(self, reader: Any, source: Source) -> None:
        self._reader = reader
        self._source = source
        self.count = 0

    def next(self) -> list[str] | None:
        try:
            row = next(self._reader, None)
        except csv.Error as error:
            if "field limit" in str(error):
                raise TooLarge(
                    f"{self._source.label}, line {self._reader.line_num}: a field has more than "
                    f"{self._source.limits.characters:,} characters.",
                    "Split it into several documents.",
                ) from error
            raise InvalidDocument(
                f"{self._source.label}, line {self._reader.line_num}: not a table ({error}).",
                "Put fields that contain quotation marks or line breaks in quotation marks.",
            ) from error
        self.count += 1
        if self.count > self._source.limits.documents + 1:
            raise TooLarge(f"{self._source.label} has more than {self._source.limits.documents:,} rows.", "Split it.")
        return row


def _dialect(text: str, source: Source) -> type[csv.Dialect]:
    if source.extension == "tsv" or source.declared_media_type == "text/tab-separated-values":
        return csv.excel_tab
    try:
        sniffed = csv.Sniffer().sniff(text[:_SAMPLE].split("\n", 1)[0], _DELIMITERS)
    except csv.Error:
        return csv.excel

    class Sniffed(csv.excel):
        delimiter = sniffed.delimiter

    return Sniffed


def _documents(
    names: list[str], column: str, rows: _Rows, source: Source, notes: tuple[str, ...]
) -> tuple[LoadedDocument, ...]:
    documents: list[LoadedDocument] = []
    errors: list[str] = []
    empty = 0
    while (row := rows.next()) is not None:
        record = dict(zip(names, row, strict=False))
        if not record.get(column, "").strip():
            empty += any(value.strip() for value in row)
            continue
        try:
            documents.append(read_record({**record, "text": record[column]}, f"{source.label}, row {rows.count}"))
        except InvalidDocument as error:
            errors.append(error.detail)
            if len(errors) == _SHOWN_ERRORS:
                break
    if errors:
        raise InvalidDocument(" ".join(errors), "Correct these rows and add the file again.")
    if empty:
        notes = (*notes, f"{empty} rows without text were left out")
    if documents and notes:
        first = documents[0]
        documents[0] = LoadedDocument(
            first.text, first.blocks, first.metadata, first.id, first.media_type, (*notes, *first.notes)
        )
    return tuple(documents)


def _table(header: list[str], rows: _Rows, source: Source, notes: tuple[str, ...]) -> LoadedDocument:
    builder = TextBuilder(source.limits, source.label)
    row: list[str] | None = header
    while row is not None:
        cells = [folded(cell).replace("\n", " ") for cell in row]
        if any(cells):
            builder.add(" | ".join(cells), "table_row")
        row = rows.next()
    text, blocks = builder.finish()
    return LoadedDocument(text, blocks, Metadata(title=source.title), None, MEDIA_TYPE, notes)
