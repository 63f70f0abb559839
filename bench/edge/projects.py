"""What is deployed: an application that answers six bytes and more, one that streams, a program that echoes, and files."""

import random
import secrets
import shutil
import string

NAMES = ("hello", "streams", "echo")
LIFESPAN = '''async def lifespan(receive, send):
    while True:
        kind = (await receive())["type"]
        await send({"type": kind + ".complete"})
        if kind == "lifespan.shutdown":
            return


async def answer(send, body):
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


'''
HELLO = LIFESPAN + '''async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        return await lifespan(receive, send)
    await answer(send, b"@WHO@" if scope["path"] == "/who" else b"hello\\n")
'''
STREAMS = LIFESPAN + '''PIECE = bytes(65536)


async def app(scope, receive, send):
    """GET /down/N sends N pieces; POST reads all that comes."""
    if scope["type"] == "lifespan":
        return await lifespan(receive, send)
    if scope["path"] == "/who":
        return await answer(send, b"@WHO@")
    if scope["method"] == "POST":
        count, more = 0, True
        while more:
            message = await receive()
            count += len(message.get("body", b""))
            more = message.get("more_body", False)
        return await answer(send, b"%d\\n" % count)
    pieces = int(scope["path"].rpartition("/")[2])
    headers = [(b"content-type", b"application/octet-stream"), (b"content-length", b"%d" % (pieces * len(PIECE)))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    for left in range(pieces, 0, -1):
        await send({"type": "http.response.body", "body": PIECE, "more_body": left > 1})
'''
PIECE_BYTES = 65536
FILES = {"10 KiB": ("10k.txt", 10 << 10), "1 MiB": ("1m.txt", 1 << 20)}
SETTINGS = "functions:\n  app:\n    maxInstances: 1\n    idleTimeout: 1h\n"


def write(folder, echo, only):
    """Projects below that folder: by name the folder and what the function answers to /who. Files are in `public` of the first. echo: the compiled program."""
    written = {}
    for name in only:
        project, answer = folder / name, f"{name} {secrets.token_hex(8)}"
        project.mkdir()
        if name == "echo":
            shutil.copy(echo, project / "echo")
            (project / "mayfly.yaml").write_text(f"{SETTINGS}    command: [./echo, {answer}]\n")
        else:
            (project / "main.py").write_text({"hello": HELLO, "streams": STREAMS}[name].replace("@WHO@", answer))
            (project / "mayfly.yaml").write_text(SETTINGS)
        written[name] = project, answer
    if "hello" in written:
        public = written["hello"][0] / "public"
        public.mkdir()
        for name, size in FILES.values():
            (public / name).write_text(prose(size))
    return written


def prose(size):
    """Words by Zipf's law, the same each time: they compress about as well as English does."""
    rng = random.Random(1)
    vocabulary = ["".join(rng.choices(string.ascii_lowercase, k=rng.randint(2, 10))) for _ in range(3000)]
    words = rng.choices(vocabulary, [1 / (rank + 1) for rank in range(len(vocabulary))], k=size // 3)
    return "\n".join(" ".join(words[at : at + 12]) for at in range(0, len(words), 12))[:size]
