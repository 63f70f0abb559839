import time

from api._answer import answering


def sleep(asked):
    """Says that it has begun, and waits so long."""
    print(asked.get("say", ""), flush=True)
    time.sleep(asked["millis"] / 1000)
    return {"slept": asked["millis"]}


class handler(answering(sleep)):
    """Waits."""
