"""The Pythons of this machine, each as a sandbox finds it, the packages of packages.txt for it, and the worker's files."""

import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TARGET = os.path.join(os.path.dirname(HERE), "target")
SYSTEM = "/usr/bin/python3"
WORKER = os.environ.get("MAYFLY_TEST_WORKER", os.path.join(os.path.dirname(os.path.dirname(HERE)), "workers", "python", "mayfly_worker"))
PREFIX = "/opt/runtime"  # where one that is not below /usr is mounted
ASK = "import sys; print('%d.%d' % sys.version_info[:2], sys.base_prefix)"


class Python:
    def __init__(self, executable, version, prefix):
        self.version = version
        self.executable = os.path.realpath(executable)
        self.inside, self.mounts, self.env = self.executable, [], ["PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/tmp", "LANG=C.UTF-8", "TZ=UTC", "TMPDIR=/tmp"]
        if not self.executable.startswith("/usr/"):
            prefix = os.path.realpath(prefix)
            self.inside = os.path.join(PREFIX, os.path.relpath(self.executable, prefix))
            self.mounts = ["ro %s %s" % (PREFIX, prefix)]
            self.env += ["LD_LIBRARY_PATH=%s/lib" % PREFIX]

    def packages(self):
        """The folder they are in. It is made once for each version; who runs the tests as another user has made it before."""
        folder = os.path.join(os.environ.get("MAYFLY_TEST_PACKAGES", TARGET), "packages-" + self.version)
        with open(os.path.join(HERE, "packages.txt")) as file:
            wanted = file.read()
        mark = os.path.join(folder, "installed.txt")
        if os.path.exists(mark):
            with open(mark) as file:
                if file.read() == wanted:
                    return folder
        shutil.rmtree(folder, ignore_errors=True)
        pip = [self.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile", "--root-user-action=ignore"]
        subprocess.run([*pip, "--target", folder, "-r", os.path.join(HERE, "packages.txt")], check=True, stdout=sys.stderr)
        subprocess.run(["chmod", "-R", "a+rX", folder], check=True)
        with open(mark, "w") as file:
            file.write(wanted)
        return folder


def found():
    """The system's own, and as root those that pyenv has made, of the versions that the worker supports; each version once. Without MAYFLY_SOAK=1
    only its own and the newest."""
    versions = os.path.join(os.path.expanduser("~"), ".pyenv", "versions")
    others = sorted(os.listdir(versions)) if os.access(versions, os.R_OK) else []
    pythons = {}
    for executable in [SYSTEM, *(os.path.join(versions, name, "bin", "python3") for name in others)]:
        if not os.access(executable, os.X_OK):
            continue
        version, prefix = subprocess.run([executable, "-I", "-S", "-c", ASK], check=True, capture_output=True, text=True).stdout.split()
        if (3, 9) <= tuple(map(int, version.split("."))) <= (3, 14):
            pythons.setdefault(version, Python(executable, version, prefix))
    ordered = sorted(pythons.values(), key=lambda python: int(python.version.split(".")[1]))
    few = [python for python in ordered if python.executable.startswith("/usr/") or python is ordered[-1]]
    return ordered if os.environ.get("MAYFLY_SOAK") == "1" else few


def system():
    return next(python for python in found() if python.executable.startswith("/usr/"))


def worker_files(into):
    """What is mounted at /opt/mayfly: the worker and the module that copies."""
    shutil.copytree(WORKER, os.path.join(into, "mayfly_worker"), ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(os.environ.get("MAYFLY_FORK_MODULE", os.path.join(TARGET, "mayfly_fork.so")), into)
    subprocess.run(["chmod", "-R", "a+rX", into], check=True)
