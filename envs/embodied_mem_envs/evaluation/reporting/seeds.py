"""Seeds in words."""

from collections.abc import Sequence


def seeds_words(seeds: Sequence[int]) -> str:
    """Returns seeds as ranges.

    >>> seeds_words([1, 2, 3, 7])
    '1-3, 7'
    """
    ranges: list[list[int]] = []
    for seed in seeds:
        if ranges and seed == ranges[-1][1] + 1:
            ranges[-1][1] = seed
        else:
            ranges.append([seed, seed])
    return ", ".join(str(low) if low == high else f"{low}-{high}" for low, high in ranges)
