"""Runs a command on a pseudo terminal, types as a scenario says, and looks at the screen and at the state of the terminal afterwards."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time

PATIENCE = 40
scenario, command = sys.argv[1], sys.argv[2:]


def resize(fd, lines, columns):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))


class Terminal:
    def __init__(self):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            # The session's leader outlives the command, as a shell does: it is what holds the terminal.
            child = os.fork()
            if child == 0:
                for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
                    signal.signal(each, signal.SIG_DFL)  # whoever started this may have them ignored
                os.execv(command[0], command)
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            sys.stdout.write("pid=%d\n" % child)
            sys.stdout.flush()
            _, status = os.waitpid(child, 0)
            sys.stdout.write("ended=%d\n" % status)
            sys.stdout.flush()
            time.sleep(PATIENCE)
            os._exit(0)
        resize(self.fd, 24, 120)
        self.before = termios.tcgetattr(self.fd)
        self.all = ""
        self.frame = ""

    def read(self):
        if select.select([self.fd], [], [], 0.05)[0]:
            self.all += os.read(self.fd, 65536).decode("utf-8", "replace")

    def until(self, what, condition):
        end = time.time() + PATIENCE
        while not condition():
            if time.time() > end:
                sys.exit("never: %s\n%r" % (what, self.all[-3000:]))
            self.read()

    def screen(self):
        """The last whole frame, without colours."""
        frames = self.all.split("\033[H")
        return re.sub(r"\033\[[0-9;?]*[A-Za-z]", "", frames[-1])

    def shows(self, *texts):
        self.until("shows %r" % (texts,), lambda: all(text in self.screen() for text in texts))

    def type(self, keys):
        os.write(self.fd, keys.encode())

    def rows(self):
        return [line.split()[1] for line in self.screen().split("\r\n") if " api/" in line]

    def command(self):
        self.until("pid", lambda: "pid=" in self.all)
        return int(re.search(r"pid=(\d+)", self.all).group(1))

    def given_back(self):
        self.until("ended", lambda: "ended=" in self.all)
        self.until("restored", lambda: termios.tcgetattr(self.fd) == self.before and "\033[?1049l" in self.all)
        assert "\033[?25h" in self.all, "the cursor stays hidden"
        assert self.all.rindex("\033[?1049l") > self.all.rindex("\033[?1049h")


terminal = Terminal()
pid = terminal.command()
terminal.shows("mayfly top", "3 functions", "sorted by rate", "q quit")
assert termios.tcgetattr(terminal.fd) != terminal.before, "the terminal was never taken"
if scenario == "keys":
    terminal.until("by rate", lambda: terminal.rows() == ["api/busy", "api/slow", "api/idle"])
    terminal.type("d")
    terminal.until("by cost", lambda: terminal.rows() == ["api/slow", "api/busy", "api/idle"])
    terminal.type("n")
    terminal.until("by name", lambda: terminal.rows() == ["api/idle", "api/slow", "api/busy"])
    terminal.type("/busy\r")
    terminal.until("filtered", lambda: terminal.rows() == ["api/busy"])
    terminal.type("\r")
    terminal.shows("dep-1", "> 00000000000000bb", "mayfly explain 00000000000000bb", "mayfly logs shop --request 00000000000000bb")
    assert "\033]0;" not in terminal.all, "what a function says is obeyed by the terminal"
    terminal.type("\033[B")
    terminal.shows("> 00000000000000aa", "mayfly inspect 00000000000000aa")
    terminal.type("\033")
    terminal.shows("sorted by name")
    terminal.type("\033")
    terminal.until("all again", lambda: terminal.rows() == ["api/idle", "api/slow", "api/busy"])
    terminal.type("q")
elif scenario == "resize":
    resize(terminal.fd, 10, 40)
    terminal.until("smaller", lambda: len(terminal.screen().split("\r\n")) == 10 and "mayfly top" in terminal.screen())
    assert max(len(line) for line in terminal.screen().split("\r\n")) <= 40
    resize(terminal.fd, 40, 150)
    terminal.until("larger", lambda: len(terminal.screen().split("\r\n")) == 40 and "q quit" in terminal.screen())
    terminal.type("q")
elif scenario == "trouble":
    terminal.type("\r")
    terminal.shows("the server is closing")
    terminal.type("\x7f")
    terminal.shows("sorted by rate")
    terminal.type("q")
else:
    os.kill(pid, getattr(signal, "SIG" + scenario))
terminal.given_back()
os.kill(terminal.pid, signal.SIGKILL)
print("fine")
