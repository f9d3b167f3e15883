"""Segments: what DCPO learns from, where a memory that is edited breaks a trajectory into parts.

Dynamic context policy optimisation (Memory as Action, Zhang et al., arXiv 2510.12635): an edit of
the memory changes what all later decisions see, so that an episode is no longer one sequence. It
is cut behind every edit; each part is a segment with a prefix of its own. How good an episode was
is compared over episodes, never over segments, or one that edits often would count often.
"""

import numpy as np

from embodied_mem.types import AnyArray, BoolArray, Float64Array, Int64Array


def segments_of(rollout: Int64Array, begins: BoolArray) -> Int64Array:
    """Numbers the segments of decisions.

    Args:
        rollout: (N,) the episode that each decision belongs to; those of one in the order of time.
        begins: (N,) whether the memory was edited since the episode's decision before.

    Returns:
        (N,) numbers from 0, those of one episode one behind the other.

    >>> segments_of(np.array([7, 4, 7, 4, 7]), np.array([False, False, True, False, False]))
    array([1, 0, 2, 0, 2])
    """
    order = np.argsort(rollout, kind="stable")
    sorted_rollout = rollout[order]
    first = np.ones(len(rollout), np.bool_)
    first[1:] = sorted_rollout[1:] != sorted_rollout[:-1]
    numbers = np.empty(len(rollout), np.int64)
    numbers[order] = np.cumsum(first | begins[order]) - 1
    return numbers


def group_statistics(
    rewards: AnyArray, rollout: Int64Array, group: Int64Array
) -> tuple[Float64Array, Float64Array]:
    """Returns (S,) mean and (S,) standard deviation of the rewards of each segment's group.

    Every rollout counts once in its group, however many segments it was cut into.

    Args:
        rewards: (S,) of the rollout that each segment belongs to.
        rollout: (S,) which rollout that is.
        group: (S,) which group the rollout belongs to.

    >>> mean, _ = group_statistics(
    ...     np.array([1.0, 1.0, 1.0, 1.0, 0.0]), np.array([0, 0, 0, 0, 1]), np.zeros(5, int)
    ... )
    >>> float(mean[0])
    0.5
    """
    pairs = np.stack((group, rollout), axis=1)
    _, once = np.unique(pairs, axis=0, return_index=True)
    groups, of_segment = np.unique(group, return_inverse=True)
    of_rollout = of_segment[once]
    count = np.bincount(of_rollout, minlength=len(groups))
    mean = np.bincount(of_rollout, rewards[once]) / count
    apart = rewards[once] - mean[of_rollout]
    deviation = np.sqrt(np.bincount(of_rollout, apart**2) / count)
    return mean[of_segment], deviation[of_segment]


def segment_advantages(rewards: AnyArray, rollout: Int64Array, group: Int64Array) -> Float64Array:
    """Returns (S,) how much better each segment's rollout was than its group, in deviations.

    All segments of one rollout have one advantage. Arguments as of `group_statistics`.

    >>> segment_advantages(
    ...     np.array([1.0, 1.0, 0.0]), np.array([0, 0, 1]), np.zeros(3, int)
    ... ).round(2)
    array([ 1.,  1., -1.])
    """
    mean, deviation = group_statistics(rewards, rollout, group)
    # Where all rollouts came to the same there is nothing to learn, and nothing to divide by.
    advantages: Float64Array = (rewards - mean) / (deviation + 1e-6)
    return advantages


def sample_segments(
    rollout: Int64Array, group: Int64Array, most: int, rng: np.random.Generator
) -> Int64Array:
    """Draws segments of every group, from all of its rollouts alike as far as they have so many.

    Args:
        rollout: (S,) which rollout each segment belongs to.
        group: (S,) which group that belongs to.
        most: Segments of a group at most.
        rng: Draws them.

    Returns:
        Places in `rollout`, ascending.

    >>> drawn = sample_segments(
    ...     np.array([0, 0, 0, 0, 1]), np.zeros(5, int), 2, np.random.default_rng(0)
    ... )
    >>> len(drawn), 4 in drawn
    (2, True)
    """
    chance = rng.random(len(rollout))
    turn = _rank(rollout, np.lexsort((chance, rollout)))
    place = _rank(group, np.lexsort((chance, turn, group)))
    return np.flatnonzero(place < most)


def _rank(kinds: Int64Array, order: Int64Array) -> Int64Array:
    """Returns (S,) how many of its kind stand before each, in an order that has kinds together."""
    ordered = kinds[order]
    first = np.searchsorted(ordered, ordered)
    ranks = np.empty(len(kinds), np.int64)
    ranks[order] = np.arange(len(kinds)) - first
    return ranks
