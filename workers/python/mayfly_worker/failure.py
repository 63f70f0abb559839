"""Exceptions as their author should read them: without our frames, with paths as they are in the project."""

import os
import sys

OURS = os.path.dirname(os.path.abspath(__file__)) + os.sep


class CannotServe(Exception):
    """The function cannot be served, for a reason that is not an exception of its own code."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


def explain(error, specification):
    """The traceback from the first frame of the user's own code on."""
    from traceback import TracebackException

    report = TracebackException(type(error), error, error.__traceback__)
    _tidy(report, _Roots(specification), set())
    return "".join(report.format()).rstrip("\n")


def summarise(error, specification):
    """One line: what was raised, and the last line of the user's code that it passed."""
    name = type(error).__name__
    text = str(error).strip().split("\n")[0]
    where = ""
    if isinstance(error, SyntaxError) and error.filename:
        text = error.msg
        where = " (%s, line %s)" % (_Roots(specification).shorten(error.filename), error.lineno)
    else:
        roots, trace = _Roots(specification), error.__traceback__
        while trace is not None:
            file = trace.tb_frame.f_code.co_filename
            if roots.in_code(file):
                where = " (%s, line %d)" % (roots.shorten(file), trace.tb_lineno)
            trace = trace.tb_next
    return (name + ": " + text if text else name) + where


class _Roots:
    def __init__(self, specification):
        self._code = os.path.join(specification["code"], "")
        self._deps = os.path.join(specification["deps"], "") if specification.get("deps") else None

    def in_code(self, file):
        return file.startswith(self._code) and not (self._deps and file.startswith(self._deps))

    def shorten(self, file):
        for root in (self._deps, self._code):
            if root and file.startswith(root):
                return file[len(root) :]
        return file


def _tidy(report, roots, seen):
    if report is None or id(report) in seen:
        return
    seen.add(id(report))
    kept = [
        entry for entry in report.stack if not entry.filename.startswith((OURS, "<frozen importlib", "<frozen runpy"))
    ]
    first = next((place for place, entry in enumerate(kept) if roots.in_code(entry.filename)), 0)
    for entry in kept:
        entry.line  # read by the name it has on disk, before that is shortened
        entry.filename = roots.shorten(entry.filename)
    report.stack[:] = kept[first:]
    if isinstance(getattr(report, "filename", None), str):
        report.filename = roots.shorten(report.filename)
    for other in (report.__cause__, report.__context__, *(getattr(report, "exceptions", None) or ())):
        _tidy(other, roots, seen)


def exit_code(error):
    """What the interpreter would exit with if this ended a script; prints what it would print."""
    if isinstance(error, SystemExit):
        if error.code is None:
            return 0
        if isinstance(error.code, int):
            return error.code & 0xFF
        print(error.code, file=sys.stderr)
        return 1
    return 130 if isinstance(error, KeyboardInterrupt) else 1
