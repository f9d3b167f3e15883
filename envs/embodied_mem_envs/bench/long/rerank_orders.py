"""How well needed records are ranked: learned, static, the newest first, the most cited first."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from typing import Final

import numpy as np

from embodied_mem.memory.reranking import LinearReranker
from embodied_mem.memory.retrieved import Retrieved
from embodied_mem.memory.retriever import Retriever
from embodied_mem_envs.bench.long.rerank_cases import Case, household, tales, week
from embodied_mem_envs.bench.long.rerank_walks import walked
from embodied_mem_envs.evaluation.metrics import ndcg_at_k
from embodied_mem_envs.evaluation.metrics.intervals import paired_interval

Note = Callable[[str], None]

K: Final = 5
ORDERS: Final = ("learned", "static", "recency", "popularity")
_MISTAKEN: Final = 0.1
_FIRST_SEED: Final = 1100

_WORLDS: Final[Mapping[str, tuple[Callable[[int, int], Iterator[Case]], int, int, int]]] = {
    "household": (household, 10, 600, 60),
    "week": (week, 10, 600, 60),
    "tales": (tales, 5, 24, 2),
    "walks": (walked, 6, 600, 60),
}
"""By name: what yields cases from a seed and a number (questions, of `tales` the tales), how many
seeds there are, and the number at full length and where it has to be quick."""


def judge_orders(*, quick: bool, note: Note) -> dict[str, float]:
    """Ranks the cases of each world in four ways; nDCG@5, a mean over the second half of each.

    The reranker starts untaught with each seed, and its reader errs one time in ten. What was
    cited most is counted in the store, from the same feedback.
    """
    figures: dict[str, float] = {}
    for name, (world, seeds, count, few) in _WORLDS.items():
        rows = []
        for seed in range(0, 2) if quick else range(_FIRST_SEED, _FIRST_SEED + seeds):
            rows.append(_judge(world(seed, few if quick else count), seed))
        table = np.array(rows)
        for column, order in enumerate(ORDERS):
            figures[f"rerank_ndcg_{name}_{order}"] = float(table[:, column].mean())
        told = ", ".join(f"{order} {table[:, i].mean():.3f}" for i, order in enumerate(ORDERS))
        over = paired_interval(table[:, 0].tolist(), table[:, 1].tolist())
        note(
            f"nDCG@{K} in {name}, {len(rows)} seeds: {told}; learned over static "
            f"{over.mean:+.3f} [{over.lo:+.3f}, {over.hi:+.3f}]"
        )
    return figures


def _judge(cases: Iterable[Case], seed: int) -> list[float]:
    """Returns the mean nDCG@5 of each of `ORDERS` over the second half of some cases."""
    rng, reranker = np.random.default_rng([seed, 9]), LinearReranker()
    learning: dict[int, Retriever] = {}
    scores: list[list[float]] = []
    for case in cases:
        retriever = learning.setdefault(id(case.store), Retriever(case.store, reranker=reranker))
        learned = _ask(retriever, case)
        orders = [
            [hit.id for hit in learned.hits],
            [hit.id for hit in _ask(Retriever(case.store), case).hits],
            *_baselines(case),
        ]
        gains: dict[Hashable, float] = dict.fromkeys(case.needed, 1.0)
        scores.append([ndcg_at_k(order, gains, K) for order in orders])
        shown = orders[0]
        cited = [each for each in shown if each in case.needed]
        if shown and rng.random() < _MISTAKEN:
            cited = [shown[int(rng.integers(len(shown)))]]
        retriever.feedback(learned.query_id, cited)
    return [float(each) for each in np.mean(scores[len(scores) // 2 :], axis=0)]


def _ask(retriever: Retriever, case: Case) -> Retrieved:
    return retriever.query(
        case.text, pose=case.pose, time=case.time, k=K, filter=case.filter, expand=case.expand
    )


def _baselines(case: Case) -> list[list[str]]:
    """Returns the newest, and the most cited, of what may be answered with."""
    columns, slots = case.store.columns, case.store.select(case.filter)
    newest = slots[np.lexsort((-slots, -columns.valid_from[slots]))]
    popular = newest[np.argsort(-columns.citations[newest], kind="stable")]
    return [[columns.ids[slot] for slot in order[:K].tolist()] for order in (newest, popular)]
