import json
import os
import socket
import tempfile
import threading
from http.server import BaseHTTPRequestHandler

SECRET = os.environ["SECRET"]
PATH = os.path.join(tempfile.gettempdir(), "secret.txt")
with open(PATH, "w") as file:
    file.write(SECRET)
LISTENER = socket.create_server(("0.0.0.0", 0))


def tell():
    while True:
        connection = LISTENER.accept()[0]
        with connection:
            connection.sendall(SECRET.encode())


threading.Thread(target=tell, daemon=True).start()


def addresses():
    """Its own, as the kernel lists them (proc_net(5): fib_trie)."""
    found, last = [], ""
    with open("/proc/net/fib_trie") as trie:
        for line in trie:
            words = line.split()
            if words[:1] == ["|--"]:
                last = words[1]
            elif "LOCAL" in words and last not in found:
                found.append(last)
    return found


def answers(address):
    with socket.create_connection((address, LISTENER.getsockname()[1]), 3) as connection:
        return connection.recv(4096).decode() == SECRET


class handler(BaseHTTPRequestHandler):
    """Another tenant: has a file, a variable and a port that are nobody else's."""

    def do_POST(self):
        data = json.dumps({"path": PATH, "port": LISTENER.getsockname()[1], "addresses": [each for each in addresses() if answers(each)]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
