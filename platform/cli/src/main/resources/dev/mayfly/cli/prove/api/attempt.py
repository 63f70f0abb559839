import os

from api._answer import answering
from api._attempts import attempt


def descriptors():
    return sorted((int(name) for name in os.listdir("/proc/self/fd") if os.path.lexists("/proc/self/fd/" + name)))


INHERITED = descriptors()


def answer(asked):
    if asked["try"] == "descriptors":
        return {"inherited": INHERITED, "now": descriptors()}
    return attempt(asked["try"], asked["details"])


class handler(answering(answer)):
    """Makes the attempt that it is asked for."""
