from api._answer import answering
from api._burn import burn


class handler(answering(burn)):
    """Uses CPU time."""
