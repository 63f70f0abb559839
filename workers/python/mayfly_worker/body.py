"""A request's body as a file."""

import io

from mayfly_worker.http1 import LONGEST_HEAD, Trailers, chunk_size

LARGEST_UNFRAMED = 100 * 1024 * 1024
IN_MEMORY = 1024 * 1024


class TooLarge(Exception):
    """A chunked body of more than `LARGEST_UNFRAMED` bytes."""


class Body(io.RawIOBase):
    """At most `length` bytes of a stream; reads nothing before it is asked to."""

    def __init__(self, stream, length):
        self._stream = stream
        self._left = length

    def readable(self):
        return True

    def readinto(self, target):
        if not self._left:
            return 0
        count = self._stream.readinto1(memoryview(target)[: self._left])
        if not count:
            raise ConnectionResetError("the request ended before its body did")
        self._left -= count
        return count

    def drain(self):
        """Takes from the connection what nobody read, so that it can carry the next request."""
        sink = bytearray(64 * 1024)
        while self._left:
            self._left -= self._stream.readinto1(memoryview(sink)[: self._left]) or self._left


def unchunked(stream):
    """A chunked body as (file, length): the interfaces that know no chunks want to know its length first."""
    spool, length = io.BytesIO(), 0
    while True:
        size = chunk_size(stream.readline(1024))
        if size == 0:
            break
        if length + size > LARGEST_UNFRAMED:
            raise TooLarge()
        if length <= IN_MEMORY < length + size:
            spool = _on_disk(spool)
        length += size
        while size:
            piece = stream.read1(min(size, 64 * 1024))
            if not piece:
                raise ConnectionResetError("the request ended before its body did")
            spool.write(piece)
            size -= len(piece)
        stream.readline(1024)
    trailers, line = Trailers(), None
    while line is None or not trailers.end(line):
        line = stream.readline(LONGEST_HEAD)
        if not line:
            raise ConnectionResetError("the request ended before its trailers did")
    spool.seek(0)
    return spool, length


def _on_disk(spool):
    import tempfile

    file = tempfile.TemporaryFile()
    file.write(spool.getbuffer())
    return file
