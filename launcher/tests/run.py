"""Runs the tests of this folder and says how each went, for EverywhereTest:  run.py root|user|subuid|sanitized|uml LAUNCHER [MODULE…]

    root       as root, as which it must be started
    user       as a user of no name and no other rights, whom root becomes for it; or as the ordinary user who started it
    subuid     as a user to whom /etc/subuid grants a range; root makes one up, in a mount namespace that ends with the run
    sanitized  as whoever started it, with a launcher under AddressSanitizer and UBSan in place of the one that is named
    uml        on another kernel, with cgroup v2 alone, see tests/uml

Each test is one line on standard output: `ok ID SECONDS` or `FAILED ID DETAIL`, the detail in base64. MAYFLY_SOAK=1 makes some of
them longer, and more of them run in each place.
"""

import base64
import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
ORDINARY, RANGE = 43210, 7000000  # leftovers.py knows them
SOAK = os.environ.get("MAYFLY_SOAK") == "1"
#: The same code everywhere, at length: unless MAYFLY_SOAK=1, as root alone, or as whom the tests were started.
OF_COPIES = ("test_copies_broken", "test_copies_random", "test_copies_work", "test_dependencies_unfit")
COMMON = ("test_zygote", "test_seats", "test_dependencies", "test_copies_worker", "test_inside", "test_pooled", "test_life", "test_limits", "test_names",
          "test_output", "test_requests", "test_server", "test_leftovers")
#: What differs there from what a user with subordinate users has; and what reads others' bytes.
FEW = {"user": ("test_zygote", "test_inside", "test_pooled", "test_life", "test_limits", "test_names", "test_output", "test_requests"),
       "sanitized": ("test_zygote", "test_seats", "test_inside", "test_pooled", "test_life", "test_names", "test_output", "test_requests", "test_server")}
ON_UML = ("test_zygote", "test_seats", "test_copies_worker", "test_limits", "test_pooled", "test_life", "test_leftovers", "test_output",
          "test_server", "test_inside", "test_names", *(["test_copies_broken", "test_copies_patience"] if SOAK else []))


class Report(unittest.TestResult):
    def __init__(self, mode):
        super().__init__()
        self.mode = mode
        self.out = os.fdopen(os.dup(1), "w")

    def startTest(self, test):
        super().startTest(test)
        self.begun = time.monotonic()

    def addSuccess(self, test):
        print("ok %s %.2f" % (test.id(), time.monotonic() - self.begun), file=self.out, flush=True)

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self.say("FAILED", test.id(), self.failures[-1][1])

    def addError(self, test, error):
        super().addError(test, error)
        self.say("FAILED", test.id(), self.errors[-1][1])

    def addSkip(self, test, reason):
        self.say("FAILED", test.id(), "skipped: " + reason)  # what cannot run here says so itself

    def addSubTest(self, test, subtest, error):
        if error is not None:
            self.addError(subtest, error)

    def say(self, word, name, detail):
        print(word, name.replace(" ", "_"), base64.b64encode(detail.encode()).decode(), file=self.out, flush=True)


def run_here(mode, modules):
    sys.path.insert(0, HERE)
    sys.dont_write_bytecode = True
    import warnings

    warnings.simplefilter("ignore", ResourceWarning)  # failed tests hold sockets
    whole = SOAK or (mode == "user" and "MAYFLY_TEST_AS" not in os.environ)
    names = modules or (None if mode == "root" else (*COMMON, *OF_COPIES) if whole else FEW.get(mode, COMMON))
    loader = unittest.defaultTestLoader
    suite = loader.loadTestsFromNames(names) if names else loader.discover(HERE)
    result = Report(mode)
    suite.run(result)
    return 0 if result.wasSuccessful() else 1


def as_another(mode, launcher, modules):
    """From root: with copies of all that the other user needs, below a folder that is not root's."""
    import pythons

    work = tempfile.mkdtemp(prefix="mlu-", dir="/tmp")
    missing = [name for name in ("/etc/subuid", "/etc/subgid") if mode == "subuid" and not os.path.exists(name)]
    try:
        for name in missing:
            open(name, "x").close()  # for a mount to be put on
        tests = shutil.copytree(HERE, os.path.join(work, "tests"), ignore=shutil.ignore_patterns("__pycache__"))
        copy = shutil.copy(launcher, os.path.join(work, "mayfly-launcher"))
        shutil.copy(os.path.join(os.path.dirname(launcher), "mayfly_fork.so"), work)
        python = pythons.system()
        shutil.copytree(pythons.WORKER, os.path.join(work, "mayfly_worker"), ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copytree(python.packages(), os.path.join(work, os.path.basename(python.packages())))
        subprocess.run(["chmod", "-R", "a+rX", work], check=True)
        command = ["setpriv", "--reuid=%d" % ORDINARY, "--regid=%d" % ORDINARY, "--clear-groups", "--inh-caps=-all", "--bounding-set=+all",
                   sys.executable if sys.executable.startswith("/usr/") else "/usr/bin/python3", os.path.join(tests, "run.py"), mode, copy, *modules]
        if mode == "subuid":
            command = ["unshare", "--mount", "--propagation=private", "sh", "-euc", grant_range(work) + 'exec "$@"', "sh", *command]
        environment = {**os.environ, "HOME": "/tmp", "MAYFLY_TEST_AS": mode, "MAYFLY_FORK_MODULE": os.path.join(work, "mayfly_fork.so"),
                       "MAYFLY_TEST_WORKER": os.path.join(work, "mayfly_worker"), "MAYFLY_TEST_PACKAGES": work}
        return subprocess.run(command, env=environment).returncode
    finally:
        shutil.rmtree(work)
        for name in missing:
            os.remove(name)


def grant_range(work):
    """A script that puts files in front of the machine's own, seen by this run alone."""
    script = ""
    for name, line in (("passwd", "mayflytest:x:%d:%d::/tmp:/bin/sh" % (ORDINARY, ORDINARY)), ("subuid", "mayflytest:%d:65536" % RANGE), ("subgid", "mayflytest:%d:65536" % RANGE)):
        own = os.path.join(work, name)
        there = "/etc/" + name
        with open(own, "w") as file:
            file.write(open(there).read() if os.path.exists(there) else "")
            file.write(line + "\n")
        script += "mount --bind %s %s; " % (own, there)
    return script


def main(arguments):
    if len(arguments) < 2 or arguments[0] not in ("root", "user", "subuid", "sanitized", "uml"):
        sys.exit(__doc__)
    mode, launcher, *modules = arguments
    launcher = os.path.abspath(launcher)
    os.environ["MAYFLY_LAUNCHER"] = launcher
    os.environ.setdefault("MAYFLY_FORK_MODULE", os.path.join(os.path.dirname(launcher), "mayfly_fork.so"))
    if mode == "uml":
        return subprocess.run([os.path.join(HERE, "uml"), launcher, *(modules or ON_UML)]).returncode
    if mode == "sanitized":
        import builds

        os.environ.update(MAYFLY_LAUNCHER=builds.sanitized(), MAYFLY_TEST_SANITIZED="1", ASAN_OPTIONS="detect_leaks=0:exitcode=99", UBSAN_OPTIONS="print_stacktrace=1")
        return run_here(mode, modules)
    if (mode == "user" and os.geteuid() != 0) or os.environ.get("MAYFLY_TEST_AS") == mode:
        return run_here(mode, modules)
    if os.geteuid() != 0:
        sys.exit("%s: started as user %d (expected: 0)" % (mode, os.geteuid()))
    return run_here(mode, modules) if mode == "root" else as_another(mode, launcher, modules)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
