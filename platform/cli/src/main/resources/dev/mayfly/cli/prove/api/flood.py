from api._answer import answering


def flood(asked):
    """Prints so many lines, each with its number."""
    for line in range(asked["lines"]):
        print("line %07d %s" % (line, "x" * 100))
    return {"printed": asked["lines"]}


class handler(answering(flood)):
    """Prints a lot."""
