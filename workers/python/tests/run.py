"""Runs every test of this folder with the Python that runs it, for PythonTest:  run.py DEPS

DEPS is where the frameworks of requirements.txt are, or are put first. Each test is one line on standard output: `ok ID` or `FAILED ID DETAIL`,
the detail in base64.
"""

import base64
import os
import subprocess
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))


class Report(unittest.TestResult):
    def __init__(self):
        super().__init__()
        self.out = os.fdopen(os.dup(1), "w")

    def addSuccess(self, test):
        self.say("ok", test.id())

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self.say("FAILED", test.id(), base64.b64encode(self.failures[-1][1].encode()).decode())

    def addError(self, test, error):
        super().addError(test, error)
        self.say("FAILED", test.id(), base64.b64encode(self.errors[-1][1].encode()).decode())

    def addSubTest(self, test, subtest, error):
        if error is not None:
            self.addError(subtest, error)

    def say(self, *words):
        print(*(word.replace(" ", "_") for word in words), file=self.out, flush=True)


def install(deps):
    with open(os.path.join(HERE, "requirements.txt")) as file:
        wanted = file.read() + sys.version
    mark = os.path.join(deps, "installed.txt")
    if os.path.exists(mark):
        with open(mark) as file:
            if file.read() == wanted:
                return
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile", "--upgrade"]
    subprocess.run([*pip, "--target", deps, "-r", os.path.join(HERE, "requirements.txt")], check=True)
    with open(mark, "w") as file:
        file.write(wanted)


if __name__ == "__main__":
    install(sys.argv[1])
    os.environ["MAYFLY_TEST_DEPS"] = sys.argv[1]
    sys.path.insert(0, HERE)
    sys.dont_write_bytecode = True
    result = Report()
    unittest.defaultTestLoader.discover(HERE).run(result)
    sys.exit(0 if result.wasSuccessful() else 1)
