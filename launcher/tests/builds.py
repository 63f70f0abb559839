"""Builds of the launcher for tests, made once and kept beside the real one until a source is newer."""

import os
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCES = os.path.dirname(HERE)
TARGET = os.path.join(SOURCES, "target", "tests")
SANITIZERS = ["-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer"]


def c_files(*leave_out):
    found = []
    for path, folders, files in os.walk(SOURCES):
        folders[:] = [name for name in folders if name not in ("target", "test", "tests", "fork")]
        found += [os.path.join(path, name) for name in files if name.endswith(".c") and name not in leave_out]
    return sorted(found)


def headers():
    return [os.path.join(path, name) for path, _, files in os.walk(SOURCES) for name in files if name.endswith((".h", "build"))]


def compiled(name, sources, options):
    """The path of a program that is newer than all it is made of."""
    os.makedirs(TARGET, exist_ok=True)
    output = os.path.join(TARGET, name)
    newest = max(os.path.getmtime(path) for path in [*sources, *headers(), os.path.abspath(__file__)])
    if not os.path.exists(output) or os.path.getmtime(output) < newest:
        made = "%s.%d" % (output, os.getpid())
        subprocess.run(["cc", "-std=gnu11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Wno-format-truncation", *options, "-I", SOURCES, "-o", made, *sources], check=True)
        os.rename(made, output)
    return output


def sabotaged():
    """With a switch for each barrier, which the real one has not: MAYFLY_SABOTAGE=NAME leaves it out."""
    return compiled("launcher-sabotaged", c_files(), ["-O1", "-static", "-DMAYFLY_SABOTAGE"])


def parsers():
    """tests/parsers.c with all of the launcher but its main."""
    return compiled("parsers", [os.path.join(HERE, "parsers.c"), *c_files("main.c")], SANITIZERS)


def orders():
    """tests/fork_orders.c with what it needs of the module that copies."""
    module = [os.path.join(SOURCES, name) for name in ("fork/serve.c", "fork/seats.c", "fork/successor.c", "fork/fit.c", "fork/join.c", "confine.c", "seccomp.c", "files.c")]
    return compiled("fork-orders", [os.path.join(HERE, "fork_orders.c"), *module], SANITIZERS)


def sanitized():
    """Under AddressSanitizer and UndefinedBehaviorSanitizer; what they find ends the process with status 99."""
    return compiled("launcher-sanitized", c_files(), SANITIZERS)
