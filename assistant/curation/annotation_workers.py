"""Annotating in processes of their own, so that a large import uses every core and questions are answered meanwhile.

Parsing holds the interpreter's lock, which the threads that encode and those that answer need as well. A worker
(``python -m assistant.curation.annotation_workers``) loads the language model and annotates what it is sent until the
other end of its channel is closed, which it is when the process that started it ends, however that happens. Workers
are started when an import turns out to be one of many documents, and end by themselves when nothing comes any more.
"""

from __future__ import annotations

import json
import logging
import os
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import astuple
from pathlib import Path
from typing import Any

from assistant.actors import ActorBook
from assistant.curation.annotating import Annotations, Annotator, LanguageAnnotator
from assistant.curation.frames import Stream, read_frame, write_frame
from assistant.curation.statements import StatementExtractor
from assistant.language import Language
from assistant.models import Block, LoadedDocument, Metadata, Statement
from assistant.own_process import NICENESS, command_of, environment
from assistant.stances import StanceBook

log = logging.getLogger(__name__)

START_AFTER = 8  # documents in a row; fewer are annotated sooner than a worker is there
IDLE_SECONDS = 60.0


class AnnotationWorkers:
    """Annotates in worker processes; safe to share between threads.

    Args:
        here: annotates while no worker is up, and what a worker cannot.
        files: the actors and the stances, as the worker has to read them.
        most: how many workers there may be; with 0 everything is annotated here.
        after: how many documents in a row are annotated here before the first is started.
    """

    def __init__(self, here: Annotator, files: tuple[Path, Path], most: int, *, after: int = START_AFTER) -> None:
        """Start nothing yet."""
        self._after = after
        self._here = here
        self._files = files
        self._most = most
        self._asked, self._last_asked = 0, 0.0
        self._workers: list[_Worker] = []
        self._idle: list[_Worker] = []
        self._moved = threading.Condition()
        self._closed = False

    def annotate(self, document: LoadedDocument) -> Annotations:
        """Sentences and statements of a document; waits for a worker where all are busy."""
        worker = self._take()
        if worker is None:
            return self._here.annotate(document)
        try:
            found = worker.annotate(document)
        except (OSError, EOFError, ValueError) as error:
            self._dismiss(worker)
            log.warning("A process that annotates documents ended (%s); it is done without.", error or "end of file")
            return self._here.annotate(document)
        with self._moved:
            self._idle.append(worker)
            self._moved.notify()
        return found if found is not None else self._here.annotate(document)

    def close(self) -> None:
        """End every worker; what is asked from now on is annotated here."""
        with self._moved:
            self._closed = True
            for worker in self._workers:
                worker.stop()
            self._workers.clear()
            self._idle.clear()
            self._moved.notify_all()

    def _take(self) -> _Worker | None:
        with self._moved:
            moment = time.monotonic()
            self._asked = self._asked + 1 if moment - self._last_asked < IDLE_SECONDS else 1
            self._last_asked = moment
            while not self._closed:
                self._look_round()
                if self._idle:
                    return self._idle.pop()
                if not any(worker.is_up for worker in self._workers):
                    return None
                self._moved.wait()
            return None

    def _look_round(self) -> None:
        """Forget workers that have ended, use those that are up by now, and start one more where all are busy."""
        for worker in [each for each in self._idle if not each.is_alive()]:
            self._idle.remove(worker)
            self._workers.remove(worker)
            worker.stop()
        for worker in [each for each in self._workers if not each.is_up]:
            if worker.comes_up():
                self._idle.append(worker)
            elif not worker.is_alive():
                self._workers.remove(worker)
                worker.stop()
                log.warning("A process that annotates documents could not start; none is started any more.")
                self._most = 0
        starting = any(not worker.is_up for worker in self._workers)
        if self._asked > self._after and not self._idle and not starting and len(self._workers) < self._most:
            try:
                self._workers.append(_Worker(self._files))
            except OSError as error:
                log.warning("No process could be started to annotate documents (%s).", error)
                self._most = len(self._workers)

    def _dismiss(self, worker: _Worker) -> None:
        with self._moved:
            if worker in self._workers:
                self._workers.remove(worker)
            worker.stop()
            self._moved.notify_all()


class _Worker:
    """One child process, from the parent's side."""

    def __init__(self, files: Sequence[Path]) -> None:
        self.is_up = False
        ours, theirs = socket.socketpair()
        try:
            self._process = subprocess.Popen(  # noqa: S603 -- our own module, no shell
                command_of(__name__, str(theirs.fileno()), *(str(file) for file in files)),
                pass_fds=(theirs.fileno(),),
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        except OSError:
            ours.close()
            raise
        finally:
            theirs.close()
        # One that ends by itself is collected at once, not when the next document comes.
        threading.Thread(target=self._process.wait, name="annotation-worker", daemon=True).start()
        self._channel = ours
        self._stream: Stream = ours.makefile("rwb")

    def comes_up(self) -> bool:
        """Whether it has said that it is ready."""
        if select.select([self._channel], [], [], 0)[0]:
            with suppress(OSError, EOFError):
                read_frame(self._stream)
                self.is_up = True
        return self.is_up

    def is_alive(self) -> bool:
        """Whether the child still runs."""
        return self._process.poll() is None

    def annotate(self, document: LoadedDocument) -> Annotations | None:
        """What the child finds; None where it could not annotate this one.

        Raises:
            OSError, EOFError, ValueError: the child is gone.
        """
        write_frame(self._stream, _encode_document(document))
        _, reply = read_frame(self._stream)
        return _decode_annotations(reply) if reply else None

    def stop(self) -> None:
        """End the child at once and leave no zombie."""
        self._process.kill()
        self._process.wait()
        with suppress(OSError):
            self._stream.close()
        self._channel.close()


def _encode_document(document: LoadedDocument) -> bytes:
    fields = {
        "text": document.text,
        "blocks": [astuple(block) for block in document.blocks],
        "published_at": document.metadata.published_at,
    }
    return json.dumps(fields).encode()


def _decode_document(body: bytes) -> LoadedDocument:
    fields: dict[str, Any] = json.loads(body)
    blocks = tuple(Block(*values) for values in fields["blocks"])
    return LoadedDocument(fields["text"], blocks, Metadata(title="", published_at=fields["published_at"]))


def _encode_annotations(found: Annotations) -> bytes:
    fields = {"sentences": found.sentences, "statements": [astuple(statement) for statement in found.statements]}
    return json.dumps(fields).encode()


def _decode_annotations(body: bytes) -> Annotations:
    fields: dict[str, Any] = json.loads(body)
    sentences = tuple(tuple((start, end) for start, end in spans) for spans in fields["sentences"])
    return Annotations(sentences, tuple(Statement(*values) for values in fields["statements"]))


# From here on: the child.


def _serve(stream: Stream, channel: socket.socket, annotator: Annotator) -> None:
    write_frame(stream, b"")
    while select.select([channel], [], [], IDLE_SECONDS)[0]:
        _, body = read_frame(stream)
        try:
            reply = _encode_annotations(annotator.annotate(_decode_document(body)))
        except Exception:  # the parent tries it itself, and tells of what is wrong
            reply = b""
        write_frame(stream, reply)


def main() -> None:
    """Annotate on the channel whose descriptor is the first argument, by the files that follow."""
    os.nice(NICENESS)
    descriptor, actors, stances = sys.argv[1:]
    language = Language()
    extractor = StatementExtractor(language, ActorBook.load(Path(actors)), StanceBook.load(Path(stances)))
    language.parse("Ready.")
    with socket.socket(fileno=int(descriptor)) as channel, channel.makefile("rwb") as stream, suppress(EOFError):
        _serve(stream, channel, LanguageAnnotator(language, extractor))


if __name__ == "__main__":
    main()
