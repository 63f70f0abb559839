"""Standard output and error as log frames, each line under the invocation that wrote it."""

import _thread
import io
import os
import sys
from contextvars import ContextVar

from mayfly_worker import frames

#: The invocation that runs in this context; 0 is none.
invocation = ContextVar("mayfly_invocation", default=0)


class Lines(io.RawIOBase):
    """The binary end of a text stream. Holds an unfinished line for each thread and invocation until it is finished, or the request is."""

    def __init__(self, output, stream, fd):
        self._output = output
        self._stream = stream
        self._fd = fd
        self._held = {}

    def writable(self):
        return True

    def fileno(self):
        return self._fd

    def write(self, data):
        data = bytes(data)
        if self._output.forked:
            return os.write(self._fd, data)
        who = self._output.current()
        key = (who, _thread.get_ident())
        cut = data.rfind(b"\n")
        if cut < 0:
            held = self._held.setdefault(key, bytearray())
            held += data
            if len(held) > frames.LONGEST_TEXT:
                *pieces, rest = frames.pieces(bytes(held))
                self._held[key] = bytearray(rest)
                self._emit(who, pieces)
        else:
            self._emit(who, (bytes(self._held.pop(key, b"")) + data[:cut]).split(b"\n"))
            if cut + 1 < len(data):
                self._held[key] = bytearray(data[cut + 1 :])
        return len(data)

    def _emit(self, who, lines):
        batch, size = [], 0
        for line in lines:
            batch.append(frames.log(who, self._stream, 0, line))
            size += len(line)
            if size > frames.LONGEST_TEXT:
                self._output.channel.send(b"".join(batch))
                batch, size = [], 0
        if batch:
            self._output.channel.send(b"".join(batch))

    def finish(self, who=None):
        """Emits the unfinished lines of one invocation, or of all."""
        for key in list(self._held):
            if who is None or key[0] == who:
                held = self._held.pop(key, None)
                if held:
                    self._emit(key[0], [bytes(held)])


class Output:
    """Both streams of the process. `current` says under which invocation a line belongs."""

    def __init__(self, channel):
        self.channel = channel
        self.current = invocation.get
        self.forked = False
        self._lines = [Lines(self, frames.STDOUT, 1), Lines(self, frames.STDERR, 2)]

    def install(self):
        sys.stdout, sys.stderr = [
            io.TextIOWrapper(lines, "utf-8", "backslashreplace", newline="\n", write_through=True) for lines in self._lines
        ]
        sys.__stdout__, sys.__stderr__ = sys.stdout, sys.stderr
        sys.stdout.mode = sys.stderr.mode = "w"

    def notice_forks(self):
        """From now on who is forked is no worker, and its words are what any process writes."""
        os.register_at_fork(after_in_child=self._after_fork)

    def log(self, level, text):
        """One record at one of the levels of `logging`."""
        if self.forked:
            os.write(2, text.encode("utf-8", "backslashreplace") + b"\n")
        else:
            self.channel.send(frames.log(self.current(), frames.LOGGING, level, text.encode("utf-8", "backslashreplace")))

    def finish(self, who=None):
        if not self.forked:
            for lines in self._lines:
                lines.finish(who)

    def _after_fork(self):
        self.forked = True
        self.channel.close()
