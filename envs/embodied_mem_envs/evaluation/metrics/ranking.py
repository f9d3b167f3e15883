"""How good an order of candidates is: retrieval judged as recommenders are."""

import math
from collections.abc import Collection, Hashable, Mapping, Sequence

from embodied_mem.errors import EvaluationError


def recall_at_k(ranked: Sequence[Hashable], relevant: Collection[Hashable], k: int) -> float:
    """Returns the share of what is relevant that the first `k` candidates hold.

    Manning, Raghavan and Schütze 2008, "Introduction to Information Retrieval", chapter 8.

    Args:
        ranked: Candidates, the best first; none twice.
        relevant: What should have been found; none twice.
        k: How many candidates count.

    Raises:
        EvaluationError: If nothing is relevant, `k` is below 1, or a candidate comes twice.

    >>> recall_at_k(["a", "x", "b"], ["a", "b"], 2)
    0.5
    """
    wanted = _checked(ranked, relevant, k)
    return len(wanted.intersection(ranked[:k])) / len(wanted)


def ndcg_at_k(ranked: Sequence[Hashable], gains: Mapping[Hashable, float], k: int) -> float:
    """Returns the discounted gain of the first `k` candidates over that of the best order.

    Järvelin and Kekäläinen 2002, "Cumulated gain-based evaluation of IR techniques",
    in the form with `log2(rank + 1)`: the gain at rank `r` counts as `gain / log2(r + 1)`. Gains
    are taken as they are, not as powers of two.

    Args:
        ranked: Candidates, the best first; none twice.
        gains: How much each relevant candidate is worth, more than 0; all others are worth 0.
        k: How many candidates count.

    Raises:
        EvaluationError: If nothing is relevant, a gain is not more than 0, `k` is below 1, or a
            candidate comes twice.

    >>> round(ndcg_at_k(["x", "a"], {"a": 1.0}, 2), 4)
    0.6309
    """
    _checked(ranked, gains, k)
    if not all(0.0 < gain < math.inf for gain in gains.values()):
        raise EvaluationError("gains must be finite and more than 0; leave out what is worth 0")
    best = _discounted(sorted(gains.values(), reverse=True)[:k])
    return _discounted([gains.get(candidate, 0.0) for candidate in ranked[:k]]) / best


def reciprocal_rank(ranked: Sequence[Hashable], relevant: Collection[Hashable]) -> float:
    """Returns one over the rank of the first relevant candidate, 0.0 where there is none.

    Voorhees 1999, "The TREC-8 Question Answering Track Report".

    Raises:
        EvaluationError: If nothing is relevant, or a candidate comes twice.

    >>> reciprocal_rank(["x", "a", "b"], {"a", "b"})
    0.5
    """
    wanted = _checked(ranked, relevant, 1)
    ranks = (rank for rank, candidate in enumerate(ranked, start=1) if candidate in wanted)
    first = next(ranks, None)
    return 0.0 if first is None else 1.0 / first


def mrr(rankings: Sequence[tuple[Sequence[Hashable], Collection[Hashable]]]) -> float:
    """Returns the mean reciprocal rank over pairs of an order and what is relevant in it.

    Voorhees 1999.

    Raises:
        EvaluationError: If there is no pair, or `reciprocal_rank` refuses one.

    >>> mrr([(["a"], {"a"}), (["x", "b"], {"b"})])
    0.75
    """
    if not rankings:
        raise EvaluationError("there is no order to take the mean of")
    return math.fsum(reciprocal_rank(*pair) for pair in rankings) / len(rankings)


def _discounted(gains: Sequence[float]) -> float:
    return math.fsum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, start=1))


def _checked(
    ranked: Sequence[Hashable], relevant: Collection[Hashable], k: int
) -> frozenset[Hashable]:
    wanted = frozenset(relevant)
    if not wanted:
        raise EvaluationError("nothing is relevant, so no order can be judged")
    if k < 1:
        raise EvaluationError(f"k is {k}; expected 1 or more")
    if len(set(ranked)) != len(ranked):
        raise EvaluationError("a candidate comes twice in the order")
    return wanted
