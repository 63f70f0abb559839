import os
import signal
import time

from api._answer import answering


def bomb(asked):
    """Starts processes until it has so many or is refused, keeps them a while, and ends them."""
    children, refused = [], ""
    try:
        while len(children) < asked["processes"]:
            child = os.fork()
            if child == 0:
                signal.pause()
                os._exit(0)
            children.append(child)
    except OSError as error:
        refused = error.strerror
    time.sleep(asked["millis"] / 1000)
    for child in children:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    return {"made": len(children), "refused": refused}


class handler(answering(bomb)):
    """A fork bomb."""
