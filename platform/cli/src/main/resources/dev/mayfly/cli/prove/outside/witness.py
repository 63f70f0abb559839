"""A process of this machine that functions must not reach: python3 witness.py MARK [ADDRESS].

Says on its first line where it listens, then a line for each signal that it gets.
"""

import json
import os
import signal
import socket
import sys
import threading

mark = sys.argv[1]
addresses = ["127.0.0.1"] + sys.argv[2:]


def say(**what):
    os.write(1, (json.dumps(what) + "\n").encode())


def serve(listener):
    while True:
        connection = listener.accept()[0]
        with connection:
            connection.sendall(mark.encode())


listeners = [socket.create_server((address, 0)) for address in addresses]
unnamed = socket.socket(socket.AF_UNIX)
unnamed.bind("\0" + mark)
unnamed.listen()
for number in signal.SIGUSR1, signal.SIGUSR2:
    signal.signal(number, lambda number, _: say(signal=number))
for listener in listeners + [unnamed]:
    threading.Thread(target=serve, args=(listener,), daemon=True).start()
say(ports=[listener.getsockname()[1] for listener in listeners])
while sys.stdin.readline():
    pass
