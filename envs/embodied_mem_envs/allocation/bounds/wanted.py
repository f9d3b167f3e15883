"""What a memory is worth holding for, key by key and time by time: the objective of a bound."""

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from embodied_mem.errors import ConfigError
from embodied_mem.types import AnyArray, BoolArray, Float64Array
from embodied_mem_envs.allocation.episode import FINE, Episode
from embodied_mem_envs.allocation.questions import KINDS, Questions, level_of


@final
@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Wanted:
    """Shares of the mean outcome; all of them together are 1, or 0 where nothing is asked."""

    coarse: Float64Array
    """(T, W) for holding a key after a candidate, at any level."""
    fine: Float64Array
    """(T, W) for holding it at full fidelity."""
    first: Float64Array
    """(T, W) for holding it in a record that knows its first sighting."""
    joint: Float64Array
    """(J,) for holding all of some keys at once, at any level."""
    joint_time: NDArray[np.intp]
    """(J,) after which candidate."""
    joint_keys: NDArray[np.intp]
    """(J, A) the keys; -1 where there are fewer."""

    @property
    def total(self) -> float:
        """Sum of all shares."""
        return float(sum(part.sum() for part in self._parts()))

    def _parts(self) -> tuple[Float64Array, ...]:
        return self.coarse, self.fine, self.first, self.joint

    def without_trifles(self, most: float) -> "tuple[Wanted, float]":
        """Returns the larger shares, and the sum of those that were left out, at most `most`."""
        shares = np.sort(np.concatenate([part.ravel() for part in self._parts()]))
        spared = int(np.searchsorted(np.cumsum(shares), most, side="right"))
        least = np.inf if spared == len(shares) else float(shares[spared])
        coarse, fine, first, joint = (np.where(p >= least, p, 0.0) for p in self._parts())
        larger = Wanted(
            coarse=coarse,
            fine=fine,
            first=first,
            joint=joint[joint > 0],
            joint_time=self.joint_time[joint > 0],
            joint_keys=self.joint_keys[joint > 0],
        )
        return larger, self.total - larger.total

    def thinned(self, every: int, offset: int) -> "Wanted":
        """Returns the shares at each so many times only, multiplied; those at the end stay.

        In the mean over all offsets nothing changes, so what is best for one of them is no worse
        in the mean than what is best for all shares.

        Args:
            every: Of so many times one is left.
            offset: Which, from 0 to below `every`.
        """
        times = np.arange(len(self.coarse))
        factor = np.where(times % every == offset, float(every), 0.0)
        factor[-1] = 1.0
        joint = self.joint * factor[self.joint_time]
        return Wanted(
            coarse=self.coarse * factor[:, None],
            fine=self.fine * factor[:, None],
            first=self.first * factor[:, None],
            joint=joint[joint > 0],
            joint_time=self.joint_time[joint > 0],
            joint_keys=self.joint_keys[joint > 0],
        )


def wanted_by_draws(episode: Episode) -> Wanted:
    """Returns what the drawn questions of an episode ask for; those about nothing do not count.

    Raises:
        ConfigError: If a question needs more than one of: all its keys, full fidelity, a first
            sighting.
    """
    keys = episode.query_keys.astype(np.intp)
    about = keys >= 0
    count = about.sum(axis=1)
    asked = count > 0
    fine = episode.query_level == FINE
    joint = episode.query_all & (count > 1)
    if (asked & (fine.astype(int) + joint + episode.query_since > 1)).any():
        raise ConfigError("bounds know no question that needs two special things of a memory")
    share = 1.0 / max(int(asked.sum()), 1)
    time = episode.query_time.astype(np.intp)

    def of(chosen: BoolArray) -> Float64Array:
        weights = np.zeros((len(episode.keys), len(episode.first_seen)))
        rows, columns = np.nonzero(about & chosen[:, None])
        np.add.at(weights, (time[rows], keys[rows, columns]), share / count[rows])
        return weights

    chosen = np.flatnonzero(joint)
    return Wanted(
        coarse=of(~(fine | joint | episode.query_since)),
        fine=of(fine),
        first=of(episode.query_since),
        joint=np.full(len(chosen), share),
        joint_time=time[chosen],
        joint_keys=keys[chosen],
    )


def wanted_by_chance(episode: Episode) -> Wanted:
    """Returns what the questions of an episode ask for in the mean over their draws.

    What was seen decides whether a question is about anything, so the mean accuracy over draws is
    linear in these shares.
    """
    questions = Questions.of(episode)
    arrivals = len(episode.keys)
    asked = np.bincount(episode.query_time, minlength=arrivals).astype(np.float64)
    asked *= questions.current.any(axis=1)
    chance = episode.mix.astype(np.float64) * (asked / max(asked.sum(), 1.0))[:, None]
    zero = np.zeros((arrivals, len(episode.first_seen)))
    coarse, fine, first = zero.copy(), zero.copy(), zero.copy()
    for kind, name in enumerate(KINDS):
        if name == "pair" or not chance[:, kind].any():
            continue
        weights = questions.subjects(kind) * chance[:, kind, None]
        target = first if name == "since" else fine if level_of(kind) == FINE else coarse
        target += weights
    joint, time, pairs = _pairs(questions, chance[:, KINDS.index("pair")], coarse)
    return Wanted(
        coarse=coarse, fine=fine, first=first, joint=joint, joint_time=time, joint_keys=pairs
    )


def _pairs(
    questions: Questions, chance: Float64Array, coarse: Float64Array
) -> tuple[Float64Array, NDArray[np.intp], NDArray[np.intp]]:
    """Returns share, time and keys of what `pair` asks for.

    Where no candidate shows two keys yet, it is about a single one: that is added to `coarse`.
    """
    weights = questions.pairs * chance[:, None]
    alone = questions.pairs.sum(axis=1) == 0
    coarse += questions.subjects(KINDS.index("looks")) * (chance * alone)[:, None]
    both: AnyArray = np.sort(questions.keys[:, :2], axis=1).astype(np.intp)
    pairs, which = np.unique(both, axis=0, return_inverse=True)
    summed = weights @ np.eye(len(pairs))[which.ravel()]
    time, pair = np.nonzero(summed > 0)
    return summed[time, pair], time, pairs[pair]
