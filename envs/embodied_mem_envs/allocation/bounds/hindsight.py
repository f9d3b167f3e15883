"""U2: what could be reached by one who knows what will be seen, and not what will be asked."""

from embodied_mem_envs.allocation.bounds.bound import Bound
from embodied_mem_envs.allocation.bounds.program import solve
from embodied_mem_envs.allocation.bounds.wanted import wanted_by_chance
from embodied_mem_envs.allocation.episode import Episode


def hindsight(episode: Episode, *, relaxed: bool = True, nodes: int | None = None) -> Bound:
    """Returns the highest expected mean outcome that any operations reach.

    Known are the whole stream and the probability of every question, not the draws. These are
    independent of each other, so there is nothing to learn from past questions, and the best plan
    is one that is made in advance.

    Args:
        episode: What arrives, and the probabilities.
        relaxed: Solve the linear relaxation only: quicker and higher.
        nodes: Branch-and-bound nodes after which the bound that is proved by then is returned.
    """
    return solve(episode, wanted_by_chance(episode), relaxed=relaxed, nodes=nodes)
