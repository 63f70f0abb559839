"""Generators of random numbers that modules have made for themselves when they were imported. Those without a seed go on alike in all copies of a
process, unless each copy renews them; those with one are meant to be the same everywhere."""

import gc
import random
import sys
from functools import partial

#: What nobody chooses as a seed, and numpy draws for those that are given none: 128 bits.
LEAST_DRAWN = 1 << 64


class CannotBeRenewed(Exception):
    """With a sentence."""


def found(seeded):
    """What renews each, to be called in every copy. Of what has been frozen nothing is looked at. Raises CannotBeRenewed.

    seeded: ids of those of `random` that were given a seed
    """
    renewals = []
    numpy = _numpy()
    kinds, known = [random.Random], [random._inst]  # what `renew` knows is not counted twice
    if numpy is not None:
        kinds += [numpy.BitGenerator, numpy.RandomState]
        known += [numpy.mtrand._rand, numpy.mtrand._rand._bit_generator]
    known = {id(each) for each in known}
    # By its type: what an object says of its class may be anything, and asking may do anything.
    for each in [each for each in gc.get_objects() if issubclass(type(each), tuple(kinds)) and id(each) not in known]:
        try:
            if isinstance(each, random.Random):
                if id(each) not in seeded and not isinstance(each, random.SystemRandom):
                    each.seed()
                    renewals.append(each.seed)
            elif isinstance(each, numpy.BitGenerator):
                if _is_drawn(each):
                    _renew(each)
                    renewals.append(partial(_renew, each))
            elif _is_drawn(each._bit_generator):
                _forget(each)
        except Exception as error:
            kind = type(each)
            raise CannotBeRenewed(
                "a library has made a generator of random numbers, %s.%s, that no copy can renew: %s: %s"
                % (kind.__module__, kind.__qualname__, type(error).__name__, error)
            ) from error
    return renewals


def _numpy():
    numpy = sys.modules.get("numpy.random")
    return numpy if hasattr(numpy, "BitGenerator") and hasattr(numpy, "mtrand") else None


def _is_drawn(generator):
    """Whether it has been started with something random; of one that has been given a state itself, nothing is known but that."""
    sequence = getattr(generator, "seed_seq", None) or getattr(generator, "_seed_seq", None)
    entropy = getattr(sequence, "entropy", None)
    return isinstance(entropy, int) and entropy >= LEAST_DRAWN


def _renew(generator):
    generator.state = type(generator)().state


def _forget(legacy):
    """The second of two numbers that it drew at once."""
    state = legacy.get_state(legacy=False)
    if state["has_gauss"]:
        legacy.set_state({**state, "has_gauss": 0, "gauss": 0.0})
