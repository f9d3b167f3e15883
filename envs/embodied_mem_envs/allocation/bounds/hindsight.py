"""U2: what could be reached by one who knows what will be seen, and not what will be asked."""

from dataclasses import replace
from typing import Final

from embodied_mem_envs.allocation.bounds.bound import Bound
from embodied_mem_envs.allocation.bounds.program import solve
from embodied_mem_envs.allocation.bounds.wanted import wanted_by_chance
from embodied_mem_envs.allocation.episode import Episode

_TRIFLES: Final = 5e-4
"""Questions less probable than all others, up to this sum, count as answered in a relaxation."""


def hindsight(
    episode: Episode,
    *,
    relaxed: bool = True,
    nodes: int | None = None,
    every: int = 1,
    offset: int = 0,
) -> Bound:
    """Returns the highest expected mean outcome that any operations reach.

    Known are the whole stream and the probability of every question, not the draws. These are
    independent of each other, so there is nothing to learn from past questions, and the best plan
    is one that is made in advance.

    Args:
        episode: What arrives, and the probabilities.
        relaxed: Solve the linear relaxation only: much quicker, and a little higher. What is
            asked least, 5e-4 in sum, counts as answered.
        nodes: Branch-and-bound nodes, at least 1, after which what is proved by then is returned.
        every: Count the questions at one of so many times only; for long episodes. What comes of
            it is a bound in the mean over all offsets.
        offset: Which time of them.
    """
    wanted = wanted_by_chance(episode).thinned(every, offset)
    if not relaxed:
        return solve(episode, wanted, nodes=nodes)
    larger, trifles = wanted.without_trifles(_TRIFLES)
    bound = solve(episode, larger, relaxed=True)
    return replace(bound, value=bound.value + trifles)
