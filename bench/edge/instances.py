"""Where instances listen: a function is called, and of the sockets below this server's folder the one is its instance's that answers as it does."""

import glob
import socket
import time

PLACES = ["/run/mayfly-*", "/run/user/*/mayfly*", "/tmp/mayfly-*"]
WAIT_SECONDS = 30


def socket_of(server, port, answer):
    """The Unix socket of the one instance of the project at that port, which the first call starts. answer: what only this function says to /who."""
    said = ask(socket.create_connection(("127.0.0.1", port), WAIT_SECONDS), f"127.0.0.1:{port}", answer)
    if answer not in said:
        raise RuntimeError(f"a first call was answered {said[:300]!r}")
    for path in sockets(server):
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(2)
        try:
            client.connect(path)
            if answer in ask(client, "instance", answer):
                return path
        except OSError:
            client.close()  # of another function, or of an instance that is gone
    raise RuntimeError("the instance's socket was not found")


def sockets(server):
    """Below the folder of its launcher; where it has none, all of the machine's."""
    folders = [folder for pid in server.descendants() if (folder := option_of(pid, "--dir"))]
    return [path for folder in folders or PLACES for path in glob.glob(f"{folder}/**/http.sock", recursive=True)]


def option_of(pid, name):
    """The value behind an option in the arguments of a process."""
    try:
        words = open(f"/proc/{pid}/cmdline").read().split("\0")
    except (FileNotFoundError, ProcessLookupError):
        return None
    return words[words.index(name) + 1] if name in words[:-1] else None


def ask(connection, host, wanted):
    """What comes until the wanted text is there, the other side closes, or time is up."""
    with connection:
        connection.sendall(f"GET /who HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        answer, end = b"", time.monotonic() + WAIT_SECONDS
        while wanted.encode() not in answer and time.monotonic() < end and (data := connection.recv(65536)):
            answer += data
        return answer.decode(errors="replace")
