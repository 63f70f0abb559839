"""The control channel, descriptor 4: whole frames, from any thread."""

import _thread
import os
from collections import deque

LONGEST_FRAME = 1024 * 1024


class Channel:
    def __init__(self, fd):
        self._fd = fd
        self._lock = _thread.RLock()
        self._pending = deque()
        self._sending = False

    def send(self, frames):
        """Returns once written. A signal handler may send while its own thread is here: its frame waits for the one under way."""
        with self._lock:
            self._pending.append(memoryview(frames))
            if self._sending:
                return
            try:
                while self._pending:  # again, for what came between the last one and the end of sending
                    self._send_pending()
            except OSError:
                os._exit(1)  # the platform is gone, and with it the only reason to run

    def _send_pending(self):
        self._sending = True
        try:
            while self._pending:
                rest = self._pending[0][os.write(self._fd, self._pending[0]) :]
                if rest:
                    self._pending[0] = rest
                else:
                    self._pending.popleft()
        finally:
            self._sending = False

    def read(self):
        """The next frame as (kind, payload), or None at the end."""
        head = self._exactly(4)
        length = int.from_bytes(head, "big") if head else 0
        if not 0 < length <= LONGEST_FRAME:
            return None
        body = self._exactly(length)
        return (body[0], body[1:]) if body else None

    def _exactly(self, count):
        data = b""
        while len(data) < count:
            try:
                more = os.read(self._fd, count - len(data))
            except OSError:
                return None
            if not more:
                return None
            data += more
        return data

    def close(self):
        """In a forked child, which must not write into its parent's frames."""
        self._lock = _thread.RLock()
        os.close(self._fd)
