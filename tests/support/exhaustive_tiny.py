"""The best causal policy of a tiny world, by going through every past: slow and plain."""

from functools import cache
from itertools import product

import numpy as np
from scipy.integrate import quad

from embodied_mem_envs.allocation.questions import KINDS, Questions


def questions_after(config, sorts):
    """Returns (2, T, things) probability of each question of a kind after each candidate."""
    order = list(dict.fromkeys(thing for sort in sorts for thing in config.sorts[sort]))
    most = max(len(things) for things in config.sorts)
    keys = np.full((len(sorts), most), -1)
    for time, sort in enumerate(sorts):
        shown = [order.index(thing) for thing in config.sorts[sort]]
        keys[time, : len(shown)] = shown
    first = np.array([np.flatnonzero((keys == key).any(axis=1))[0] for key in range(len(order))])
    never = np.full(len(order), len(sorts))
    asked = Questions(
        keys=keys,
        place=np.array(sorts),
        first_seen=first,
        superseded=never,
        moved=never,
        key_room=np.zeros(len(order), int),
        key_group=np.array(order),
    )
    result = np.zeros((2, len(sorts), config.things))
    for index, kind in enumerate(config.kinds):
        result[index][:, order] = asked.subjects(KINDS.index(kind))
    return result


def best_causal(config):
    """Returns the expected accuracy of the best policy, and how many pasts were gone through."""
    pasts = _Pasts(config)
    total = np.mean([pasts.decide((sort,), (), frozenset()) for sort in pasts.sorts])
    return total / (config.arrivals + config.after), len(pasts.asked)


class _Pasts:
    """A past is what arrived and how likely each question was, by kind."""

    def __init__(self, config):
        self.config = config
        self.sorts = range(len(config.sorts))
        sequences = product(self.sorts, repeat=config.arrivals)
        self.tables = {sorts: questions_after(config, sorts) for sorts in sequences}
        self.asked = {}
        self.share = cache(self.share)

    def decide(self, arrived, likelihoods, held):
        """What comes from a decision on; sorts are held, the candidate is the last arrived."""
        candidate = arrived[-1]
        options = {held, held | {candidate}, *((held - {gone}) | {candidate} for gone in held)}
        fitting = [each for each in options if len(each) <= self.config.slots]
        return max(self.ask(arrived, likelihoods, each) for each in fitting)

    def ask(self, arrived, likelihoods, held):
        past = arrived, likelihoods, held
        if past not in self.asked:
            self.asked[past] = self.expect(*past)
        return self.asked[past]

    def expect(self, arrived, likelihoods, held):
        """What comes from the question after a decision on."""
        shown = {thing for sort in held for thing in self.config.sorts[sort]}
        share = self.share(tuple(sorted(likelihoods)))
        last = len(arrived) == self.config.arrivals
        result = 0.0
        for thing, both in self.chances(arrived):
            chance = share * both[0] + (1 - share) * both[1]
            worth = (thing in shown) * (1 + self.config.after * last)
            if not last:
                told = (*likelihoods, both)
                worth += np.mean([self.decide((*arrived, s), told, held) for s in self.sorts])
            result += chance * worth
        return result

    def chances(self, arrived):
        """Each question that can come, and its probability if it is of the one kind or the other.

        That does not depend on what has not arrived yet.
        """
        rest = (0,) * (self.config.arrivals - len(arrived))
        for thing, both in enumerate(self.tables[arrived + rest][:, len(arrived) - 1].T):
            first, second = float(both[0]), float(both[1])
            for each in [(first, 0.0), (0.0, second)]:  # of which kind it is, is heard
                if sum(each) > 0:
                    yield thing, each

    def share(self, likelihoods):
        """The expected share of the first kind, by numerical integration."""

        def density(p):
            value = (p * (1 - p)) ** (self.config.concentration - 1)
            for first, second in likelihoods:
                value *= p * first + (1 - p) * second
            return value

        options = {"limit": 200, "epsabs": 1e-12}
        mean = quad(lambda p: p * density(p), 0, 1, **options)[0]
        return mean / quad(density, 0, 1, **options)[0]
