"""Reading files in a process of their own, so that a hostile file costs a worker and never the assistant.

A worker is a bare interpreter (``python -m assistant.curation.sandbox``) that imports the loaders and nothing else.
Before it reads anything it gives up memory beyond its limit, writing files, starting programs and the network.
The parent sends it a file and waits no longer than the limit; the reply is bounded JSON that is checked before it
is believed. A worker that fails, hangs or has read enough files is replaced.
"""

from __future__ import annotations

import json
import os
import queue
import socket
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path
from types import TracebackType

from assistant.curation import confinement
from assistant.curation.frames import FRAME, Stream, read_frame, write_frame
from assistant.curation.loaders import wire
from assistant.curation.loaders.limits import MEBIBYTE, Limits
from assistant.curation.loaders.source import Source
from assistant.errors import InvalidDocument, TooLarge, Unavailable
from assistant.models import LoadedDocument

_START_SECONDS = 30.0  # for the interpreter to come up, on a busy machine
_REPLY_BYTES_A_CHARACTER = 8
_CHUNK = 256 * 1024
_CPU_TIME_OVER = -24  # as subprocess gives SIGXCPU
_OUT_OF_MEMORY = 77  # exit status of a child that could not even report it


class _Failed(Exception):
    """The worker is of no further use: it died, hung, or sent something it should not have."""


class _TimedOut(_Failed):
    """The worker was still busy when its time was over."""


class _OverLimit(_Failed):
    """The worker ran out of memory, or its reply is larger than any document may be."""


class Sandbox:
    """Loads files in worker processes; safe to share between threads.

    Args:
        limits: what one file may cost.
        workers: how many files may be read at the same time; each worker starts when it is first needed.
        files_per_worker: after how many files a worker is replaced, whatever it has kept of them.
    """

    def __init__(self, limits: Limits | None = None, *, workers: int = 1, files_per_worker: int = 500) -> None:
        """Start nothing yet."""
        self.limits = limits or Limits()
        self._files_per_worker = files_per_worker
        self._slots: queue.LifoQueue[_Worker | None] = queue.LifoQueue()
        for _ in range(workers):
            self._slots.put(None)
        self._workers = workers
        self._closed = False

    def load(
        self, data: bytes, *, name: str | None = None, media_type: str | None = None
    ) -> tuple[LoadedDocument, ...]:
        """The documents a file holds; see ``assistant.curation.loaders.load``.

        Raises:
            InvalidDocument: the file cannot be read, or reading it brought the worker down.
            TooLarge: over a limit of bytes, pages, characters, documents, time or memory.
            Unavailable: no worker could be started, or the sandbox is closed.
        """
        source = Source(data, name, media_type, self.limits)
        if len(data) > self.limits.bytes:
            raise TooLarge(
                f"{source.label} has {len(data):,} bytes; at most {self.limits.bytes:,} are read.",
                "Split the document.",
            )
        worker = self._slots.get()
        try:
            worker = self._usable(worker)
            try:
                return worker.load(source)
            except _Failed as error:
                if isinstance(error, _TimedOut | _OverLimit) or worker.files == 1:
                    raise
                worker = self._usable(worker)  # an old worker may fall over what earlier files left; a new one judges
                return worker.load(source)
        except _TimedOut as error:
            raise TooLarge(
                f"Reading {source.label} took longer than {self.limits.seconds:g} seconds.",
                "Split the document, or save it again more simply.",
            ) from error
        except _OverLimit as error:
            raise TooLarge(f"Reading {source.label} takes more memory than allowed.", "Split the document.") from error
        except _Failed as error:
            raise InvalidDocument(
                f"{source.label} brought its parser down ({error}).", "Save the document again and add the new file."
            ) from error
        finally:
            if worker is not None and (self._closed or not worker.sound or worker.files >= self._files_per_worker):
                worker.stop()
                worker = None
            self._slots.put(worker)

    def _usable(self, worker: _Worker | None) -> _Worker:
        """The worker of a slot, or a new one where it has none that still runs."""
        if self._closed:
            raise Unavailable("The sandbox that reads documents is closed.", "Start the assistant again.")
        if worker is not None and worker.sound and worker.is_alive():
            return worker
        if worker is not None:
            worker.stop()
        return _Worker(self.limits)

    def close(self) -> None:
        """Stop every worker, waiting for the files that are being read; the sandbox is of no use afterwards."""
        self._closed = True
        stopped = [self._slots.get() for _ in range(self._workers)]
        for worker in stopped:
            if worker is not None:
                worker.stop()
            self._slots.put(None)

    def __enter__(self) -> Sandbox:
        """The sandbox itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()


class _Worker:
    """One child process, from the parent's side."""

    def __init__(self, limits: Limits) -> None:
        self.files = 0
        self.sound = True  # whether it may be given another file
        self._limits = limits
        self._channel, theirs = socket.socketpair()
        root = Path(__file__).resolve().parents[2]
        command = [sys.executable, "-s", "-P", "-m", "assistant.curation.sandbox", str(theirs.fileno())]
        environment = {"PYTHONPATH": str(root), "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}
        try:
            self._process = subprocess.Popen(  # noqa: S603 -- our own module, no shell, a cleared environment
                command,
                pass_fds=(theirs.fileno(),),
                env=environment,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        except OSError as error:
            self._channel.close()
            raise Unavailable(f"No process could be started to read documents ({error}).", "Try again.") from error
        finally:
            theirs.close()
        try:
            self._send(json.dumps(asdict(limits)).encode(), b"", time.monotonic() + _START_SECONDS)
            self._receive(time.monotonic() + _START_SECONDS, 1)
        except _Failed as error:
            self.stop()
            raise Unavailable(f"The process that reads documents did not start ({error}).", "Try again.") from error

    def is_alive(self) -> bool:
        """Whether the child still runs."""
        return self._process.poll() is None

    def load(self, source: Source) -> tuple[LoadedDocument, ...]:
        """What the child makes of a file.

        Raises:
            _Failed: the child is of no further use.
        """
        self.files += 1
        self.sound = False
        deadline = time.monotonic() + self._limits.seconds
        head = json.dumps({"name": source.name, "media_type": source.media_type}).encode()
        self._send(head, source.data, deadline)
        reply = self._receive(deadline, _REPLY_BYTES_A_CHARACTER * self._limits.characters + MEBIBYTE)
        try:
            documents = wire.decode(reply, self._limits)
        except wire.BadReply as error:
            raise _Failed(f"its reply is {error}") from error
        except InvalidDocument:
            self.sound = True  # it found that out by itself; one that ran into a limit is not trusted again
            raise
        self.sound = True
        return documents

    def stop(self) -> None:
        """End the child at once and leave no zombie."""
        self._channel.close()
        self._process.kill()
        self._process.wait()

    def _send(self, head: bytes, body: bytes, deadline: float) -> None:
        try:
            self._channel.settimeout(max(0.01, deadline - time.monotonic()))
            self._channel.sendall(FRAME.pack(len(head), len(body)) + head)
            self._channel.settimeout(max(0.01, deadline - time.monotonic()))
            self._channel.sendall(body)
        except TimeoutError as error:
            raise _TimedOut("time over") from error
        except OSError as error:
            raise self._died() from error

    def _receive(self, deadline: float, most: int) -> bytearray:
        head, body = FRAME.unpack(self._read(FRAME.size, deadline))
        if head or body > most:
            raise _OverLimit(f"a reply of {body:,} bytes")
        return self._read(body, deadline)

    def _read(self, count: int, deadline: float) -> bytearray:
        received = bytearray()
        while len(received) < count:
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                raise _TimedOut("time over")
            self._channel.settimeout(remaining)
            try:
                chunk = self._channel.recv(min(_CHUNK, count - len(received)))
            except TimeoutError as error:
                raise _TimedOut("time over") from error
            except OSError as error:
                raise self._died() from error
            if not chunk:
                raise self._died()
            received += chunk
        return received

    def _died(self) -> _Failed:
        try:
            status = self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return _Failed("it closed its channel")
        if status == _CPU_TIME_OVER:
            return _TimedOut("CPU time over")
        if status == _OUT_OF_MEMORY:
            return _OverLimit("out of memory")
        return _Failed(f"exit status {status}")


# From here on: the child.


def _serve(channel: Stream) -> None:
    """Read files until the parent closes the channel."""
    head, _ = read_frame(channel)
    limits = Limits(**json.loads(head))
    from assistant.curation import loaders
    from assistant.errors import AssistantError

    confinement.confine(limits.memory)
    write_frame(channel, b"1")
    while True:
        head, data = read_frame(channel)
        labels = json.loads(head)
        confinement.allow_seconds(limits.seconds)
        try:
            documents = loaders.load(data, name=labels["name"], media_type=labels["media_type"], limits=limits)
            reply = wire.encode_documents(documents)
            del documents
        except AssistantError as error:
            reply = wire.encode_error(error)
        write_frame(channel, reply)
        del data, reply


def main() -> None:
    """Serve files on the channel whose descriptor is the first argument."""
    with socket.socket(fileno=int(sys.argv[1])) as connection, connection.makefile("rwb") as channel:
        try:
            _serve(channel)
        except MemoryError:
            os._exit(_OUT_OF_MEMORY)
        except EOFError:
            return  # the parent has closed the channel, or is gone


if __name__ == "__main__":
    main()
