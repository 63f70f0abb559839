"""The frames of the control channel, as bytes."""

import time

SPECIALISE, DRAIN = 0x01, 0x02
HELLO, READY, FAILED, STARTED, ENDED, LOG = 0x10, 0x11, 0x12, 0x13, 0x14, 0x15
STDOUT, STDERR, LOGGING = 1, 2, 3
LONGEST_TEXT = 64 * 1024


def frame(kind, payload=b""):
    return (len(payload) + 1).to_bytes(4, "big") + bytes((kind,)) + payload


def number(value):
    return value.to_bytes(8, "big")


def failed(code, message, detail=""):
    import json  # which a process that says hello need not have yet

    return frame(FAILED, json.dumps({"code": code, "message": message[:2000], "detail": detail}).encode())


def log(invocation, stream, level, text):
    """One text as one frame, or as several where it is longer than a frame may be; bytes that are no UTF-8 are replaced."""
    head = number(invocation) + bytes((stream, level)) + number(time.time_ns() // 1_000_000)
    try:
        text.decode()
    except UnicodeDecodeError:
        text = text.decode("utf-8", "replace").encode()
    if len(text) <= LONGEST_TEXT:
        return frame(LOG, head + text)
    return b"".join(frame(LOG, head + piece) for piece in pieces(text))


def pieces(text):
    start = 0
    while start < len(text):
        end = min(start + LONGEST_TEXT, len(text))
        while end < len(text) and text[end] & 0xC0 == 0x80:
            end -= 1  # not inside a character
        yield text[start:end]
        start = end
