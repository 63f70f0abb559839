"""What an instance finds when it is born: everything that one before it, or one beside it, could have changed. The same in each, or it is a leak."""

import hashlib
import json
import os
import resource
import signal
import socket
import sys
import threading
from http.server import BaseHTTPRequestHandler

AT_BIRTH = sorted(int(fd) for fd in os.listdir("/proc/self/fd") if os.path.exists("/proc/self/fd/" + fd))


def read(path):
    with open(path, "rb") as file:
        return file.read()


def files(top):
    """Each with its mode and a digest of what is in it."""
    found = []
    for folder, names, leaves in os.walk(top):
        names[:] = sorted(name for name in names if not (top == "/opt/runtime" and name == "site-packages"))
        for leaf in sorted(leaves):
            path = os.path.join(folder, leaf)
            state = os.lstat(path)
            found.append("%s %o %s" % (path, state.st_mode, hashlib.sha256(read(path)).hexdigest() if state.st_size < 200000 else state.st_size))
    return found


def changed():
    """Which of the programs that are mapped have something in the padding of their header."""
    found = []
    with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
        for line in maps:
            words = line.split()
            if words[1] == "r--p" and words[2] == "00000000" and words[-1].startswith("/"):
                memory.seek(int(words[0].split("-")[0], 16))
                header = memory.read(16)
                if header.startswith(b"\x7fELF") and any(header[8:15]):
                    found.append(words[-1])
    return found


def look():
    marked = [name for name, module in sorted(sys.modules.items()) if getattr(module, "POISONED", False)]
    return {
        "files": [file for top in ("/opt/mayfly", "/opt/deps", "/tmp", "/dev/shm", "/etc") for file in files(top)],
        "changed": changed(),
        "marked": marked + [name for name in sys.modules if "poison" in name] + [str(hasattr(json.JSONDecoder, "POISONED"))],
        "path": sys.path,
        "hooks": len(sys.path_hooks),
        "dependency": getattr(sys.modules.get("slow"), "VALUE", "none"),
        "environment": sorted(os.environ),
        "processes": sum(name.isdigit() for name in os.listdir("/proc")),
        # those of the worker itself come and go
        "threads": [sum(thread.name == "poison" for thread in threading.enumerate()), len(os.listdir("/proc/self/task")) > 6],
        "descriptors": AT_BIRTH,
        "mounts": sorted(" ".join(line.split()[3:6]) for line in read("/proc/self/mountinfo").decode().splitlines()),
        "unix": sum("poison" in line for line in read("/proc/net/unix").decode().splitlines()),
        "tcp": sorted({line.split()[1] for line in read("/proc/net/tcp").decode().splitlines() if line.split()[3] == "0A"}),  # listening
        "memory": read("/proc/sysvipc/shm").decode().splitlines()[1:],
        "folder": os.getcwd(),
        "mask": os.umask(0o022),
        "nice": os.nice(0),
        "files at most": resource.getrlimit(resource.RLIMIT_NOFILE),
        "timer": signal.getitimer(signal.ITIMER_VIRTUAL),
        "signals": [line for line in read("/proc/self/status").decode().splitlines() if line.startswith(("SigIgn", "SigCgt", "SigBlk"))],
        "timeout": str(socket.getdefaulttimeout()),
    }


class handler(BaseHTTPRequestHandler):
    def do_GET(self):
        data = json.dumps(look(), sort_keys=True).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
