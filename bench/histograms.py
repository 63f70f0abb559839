"""Times of many requests as text, MICROSECONDS:COUNT in ascending order with a space between, one text for each round."""


def pairs(text):
    return [(float(value), int(count)) for value, _, count in (each.partition(":") for each in text.split())]


def pooled(texts):
    """All rounds as one."""
    counts = {}
    for value, count in (pair for text in texts for pair in pairs(text)):
        counts[value] = counts.get(value, 0) + count
    return sorted(counts.items())


def size(found):
    return sum(count for _, count in found)


def quantile(found, q):
    """Of such pairs, the value that this part of them is below."""
    rank, seen = min(size(found) - 1, int(q * size(found))), 0
    for value, count in found:
        seen += count
        if seen > rank:
            return value
    raise ValueError("quantile of nothing")


def medians(texts):
    """One for each round that has any."""
    return [quantile(pairs(text), 0.5) for text in texts if text]
