"""U1: what could be reached by one who knows every question in advance."""

from embodied_mem_envs.allocation.bounds.bound import Bound
from embodied_mem_envs.allocation.bounds.program import solve
from embodied_mem_envs.allocation.bounds.sorting import solve_by_sorting
from embodied_mem_envs.allocation.bounds.wanted import wanted_by_draws
from embodied_mem_envs.allocation.episode import Episode


def clairvoyant(
    episode: Episode,
    *,
    relaxed: bool = False,
    nodes: int | None = None,
    every: int = 1,
    offset: int = 0,
) -> Bound:
    """Returns the highest mean outcome of an episode's questions that any operations reach.

    Questions about nothing are not asked and do not count. Found by sorting where that does, else
    by a mixed-integer program.

    Args:
        episode: What arrives and what is asked.
        relaxed: Solve the linear relaxation only: quicker and higher.
        nodes: Branch-and-bound nodes, at least 1, after which what is proved by then is returned.
        every: Count the questions at one of so many times only; for long episodes. What comes of
            it is a bound in the mean over all offsets.
        offset: Which time of them.
    """
    wanted = wanted_by_draws(episode).thinned(every, offset)
    sorted_out = solve_by_sorting(episode, wanted)
    return sorted_out or solve(episode, wanted, relaxed=relaxed, nodes=nodes)
