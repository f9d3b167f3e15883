"""Retrieval judged as recommenders are: the product's order beside recency and popularity."""

import math
from collections.abc import Collection, Hashable, Mapping, Sequence
from typing import Final, final

from embodied_mem_envs.evaluation.metrics import ndcg_at_k, recall_at_k, reciprocal_rank

OURS: Final = "retriever"
"""The way to rank whose scores have no prefix."""


@final
class RankingScores:
    """Gathers how well several ways to rank find what answers come from.

    The measures are those of `evaluation.metrics.ranking`; every relevant record is worth 1.
    """

    def __init__(self, k: int = 5) -> None:
        self.k = k
        """How many candidates count."""
        self._scores: dict[str, list[float]] = {}

    def add(self, rankings: Mapping[str, Sequence[int]], relevant: Collection[int]) -> None:
        """Judges the orders of one ask; of candidates that are alike the first counts.

        Args:
            rankings: Candidates by the name of the way to rank, best first.
            relevant: What the answer comes from.
        """
        gains: dict[Hashable, float] = dict.fromkeys(relevant, 1.0)
        for name, order in rankings.items():
            ranked = list(dict.fromkeys(order))
            prefix = "" if name == OURS else f"{name}_"
            judged = {
                f"{prefix}recall_at_k": recall_at_k(ranked, gains, self.k),
                f"{prefix}ndcg_at_k": ndcg_at_k(ranked, gains, self.k),
                f"{prefix}mrr": reciprocal_rank(ranked, gains),
            }
            for measure, value in judged.items():
                self._scores.setdefault(measure, []).append(value)

    def values(self) -> dict[str, float]:
        """Returns the mean of each measure, empty where nothing was judged."""
        return {
            name: math.fsum(values) / len(values) for name, values in sorted(self._scores.items())
        }
