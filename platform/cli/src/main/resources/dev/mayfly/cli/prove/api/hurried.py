import time

from api._answer import answering


def sleep(asked):
    """Waits so long."""
    time.sleep(asked["millis"] / 1000)
    return {"slept": asked["millis"]}


class handler(answering(sleep)):
    """Waits."""
