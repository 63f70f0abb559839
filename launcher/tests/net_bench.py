#!/usr/bin/env python3
"""Measures launcher/net beside the ways it is instead of: python3 launcher/tests/net_bench.py (needs user namespaces, no root)."""

import os
import socket
import subprocess
import sys
import tempfile

from net_world import WORLD, Net, World
from test_net import build, namespaces_of

PORT = 7777


def main():
    if not os.environ.get("NET_WORLD"):
        os.environ.update(NET_WORLD="1", NET_ROOT=str(int(os.geteuid() == 0)))
        own = namespaces_of("root" if os.geteuid() == 0 else "user")
        os.execvp(own[0], [*own, sys.executable, *sys.argv])
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        bench, program = build(folder, "net_bench", "static"), build(folder, "net_try", "static")
        for gap in ("0", "30"):
            for kind in ("bare", "lo", "slot", "veth"):
                subprocess.run([bench, "slots", "100" if gap == "0" else "40", gap, kind], check=True)
        world = World.get()
        gateway = f"{folder}/inside.sock"
        with world.socket(socket.SOCK_STREAM, port=PORT) as listener, socket.socket(socket.AF_UNIX) as inside:
            inside.bind(gateway)
            inside.listen(128)
            servers = []
            for one in (listener, inside):
                one.settimeout(None)
                servers.append(subprocess.Popen([bench, "serve", str(one.fileno())], pass_fds=[one.fileno()]))
            net = Net(program, gateway, "7070", 8)
            slot = net.take("all")
            within = ["nsenter", f"--net={slot.path}", "--"]
            takes = sorted(taken.micros for taken in [taken_and_closed(net) for _ in range(60)])
            print(f"take, pool ready: p50 {takes[30]} us, p99 {takes[-1]} us")
            for what, command, address, port in (("direct over veth", [], WORLD, PORT), ("through egress", within, WORLD, PORT),
                                                 ("Unix socket", [], gateway, 0), ("platform port", within, "127.0.0.1", 7070)):
                print(what, flush=True)
                subprocess.run([*command, bench, "calls", address, str(port), "1000"], check=True)
                subprocess.run([*command, bench, "stream", address, str(port), "2000"], check=True)
            net.close()
            for server in servers:
                server.kill()
                server.wait()


def taken_and_closed(net):
    # The pool has its time to fill again, as between real starts.
    subprocess.run(["sleep", "0.03"], check=True)
    slot = net.take("all")
    slot.close()
    return slot


if __name__ == "__main__":
    main()
