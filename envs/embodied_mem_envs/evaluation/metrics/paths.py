"""Success and the length of the way to it."""

from embodied_mem.errors import EvaluationError

SUCCESS_RADIUS = 1.0
"""Metres from the reference within which a stop succeeds, where a task does not state another."""


def success(distance: float, radius: float = SUCCESS_RADIUS) -> float:
    """Returns 1.0 where the body stopped within a radius of the reference, else 0.0.

    Anderson et al. 2018, "On Evaluation of Embodied Navigation Agents" (1807.06757): the agent must
    say that it is done. What the distance is measured to is the task's to state.

    Args:
        distance: Metres from where the body stopped to the reference.
        radius: Metres; exactly there still succeeds.

    Raises:
        EvaluationError: If a length is negative or not a number.
    """
    _check(distance=distance, radius=radius)
    return float(distance <= radius)


def path_efficiency(shortest: float, taken: float) -> float:
    """Returns the shortest way over the longer of both ways, 1.0 where both are nothing.

    Raises:
        EvaluationError: If a length is negative or not a number.
    """
    _check(shortest=shortest, taken=taken)
    longer = max(shortest, taken)
    return shortest / longer if longer > 0.0 else 1.0


def spl(succeeded: float, shortest: float, taken: float) -> float:
    """Returns success weighted by path length of one episode.

    Anderson et al. 2018, the equation of SPL: `S l / max(p, l)`.

    Args:
        succeeded: `success` of the episode, 0 or 1.
        shortest: Length `l` in metres of the shortest way from the start to success.
        taken: Length `p` in metres of the way that the body took.

    Raises:
        EvaluationError: If a length is negative, or the success lies outside 0 to 1.

    >>> spl(1.0, 4.0, 5.0)
    0.8
    """
    return _share("success", succeeded) * path_efficiency(shortest, taken)


def soft_spl(shortest: float, left: float, taken: float) -> float:
    """Returns how much nearer the body came, weighted by path length.

    Datta et al. 2020, "Integrating Egocentric Localization for More Realistic Point-Goal
    Navigation Agents" (2009.03231), SoftSPL: `max(0, 1 - d_T / d_0) l / max(p, l)`, with `d_0 = l`.

    Args:
        shortest: Metres of the shortest way from the start to the goal.
        left: Metres of the shortest way from the end to the goal.
        taken: Metres of the way that the body took.

    Raises:
        EvaluationError: If a length is negative or not a number.

    >>> soft_spl(4.0, 1.0, 6.0)
    0.5
    """
    _check(left=left)
    efficiency = path_efficiency(shortest, taken)
    if shortest == 0.0:
        return efficiency if left == 0.0 else 0.0
    return max(0.0, 1.0 - left / shortest) * efficiency


def answer_spl(correctness: float, shortest: float, taken: float) -> float:
    """Returns how right an answer is, weighted by the length of the way walked for it.

    Majumdar et al. 2024, "OpenEQA", on efficiency in A-EQA, and Yang et al. 2025, "3D-Mem", both
    with `LLM-Match` as correctness. Here that is 0 or 1 by the truth.

    Args:
        correctness: From 0 to 1.
        shortest: Metres of the shortest way from which the answer can be seen.
        taken: Metres of the way that the body took before it answered.

    Raises:
        EvaluationError: If a length is negative, or the correctness lies outside 0 to 1.

    >>> answer_spl(1.0, 2.0, 8.0)
    0.25
    """
    return _share("correctness", correctness) * path_efficiency(shortest, taken)


def _share(name: str, value: float) -> float:
    if not 0.0 <= value <= 1.0:
        raise EvaluationError(f"{name} is {value}; expected a share from 0 to 1")
    return float(value)


def _check(**lengths: float) -> None:
    for name, value in lengths.items():
        if not value >= 0.0:
            raise EvaluationError(f"{name} is {value}; expected metres, 0 or more")
