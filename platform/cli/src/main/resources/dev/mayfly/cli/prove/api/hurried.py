from api._answer import answering
from api.sleep import sleep


class handler(answering(sleep)):
    """Waits, and may not do so for long."""
