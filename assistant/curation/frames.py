"""How this process and one that it has started talk: frames on a socket.

A frame is the length of its head (4 bytes), the length of its body (8 bytes), the head (JSON) and the body.
"""

from __future__ import annotations

import io
import struct

FRAME = struct.Struct(">IQ")
Stream = io.BufferedRWPair


def read_frame(stream: Stream) -> tuple[bytes, bytes]:
    """The next head and body.

    Raises:
        EOFError: the other side is gone.
    """
    prefix = stream.read(FRAME.size)
    if len(prefix) < FRAME.size:
        raise EOFError
    head, body = FRAME.unpack(prefix)
    return stream.read(head), stream.read(body)


def write_frame(stream: Stream, body: bytes, head: bytes = b"") -> None:
    """Send a head and a body."""
    stream.write(FRAME.pack(len(head), len(body)))
    stream.write(head)
    stream.write(body)
    stream.flush()
