"""What the command line names, as submissions: files, folders, addresses and lines of a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from assistant.curation.loaders import Limits
from assistant.curation.sync import document_files, read_file
from assistant.errors import InvalidInput, NotFound
from assistant.models import Submission


def submissions_for(what: Sequence[str], limits: Limits, document_id: str | None = None) -> Iterator[Submission]:
    """Submissions for paths and addresses; a folder stands for the documents in it.

    Raises:
        NotFound: a path that does not exist.
        InvalidInput: an id for more than one thing.
    """
    if document_id is not None and (len(what) > 1 or Path(what[0]).is_dir()):
        raise InvalidInput("One id cannot name several documents.", "Leave --id out, or add one file.")
    for name in what:
        if "://" not in name and not Path(name).exists():
            raise NotFound(f"There is no file or folder {name}.", "Give an existing path or an http(s) address.")
    return _submissions(what, limits, document_id)


def lines_of(file: Path) -> Iterator[Submission]:
    """A submission for each line of a file of JSON lines, read one at a time.

    Raises:
        NotFound: there is no such file.
    """
    if not file.is_file():
        raise NotFound(f"There is no file {file}.", "Give a file of JSON lines.")
    return _lines(file)


def _submissions(what: Sequence[str], limits: Limits, document_id: str | None) -> Iterator[Submission]:
    for name in what:
        if "://" in name:
            yield Submission("url", name, document_id=document_id)
            continue
        path = Path(name)
        for file in document_files(path) if path.is_dir() else [path]:
            yield Submission("file", file.name, read_file(file, limits), document_id=document_id)


def _lines(file: Path) -> Iterator[Submission]:
    with file.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                yield Submission("record", f"{file.name}, line {number}", line)
