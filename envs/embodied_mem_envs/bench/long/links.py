"""What following links is worth: recall@5 of two-hop and one-hop questions, with and without.

Both retrievers have the same token budget and static weights. Two sorts of memories: a scripted
week with the links of its truth (`links_world`), and walks through houses with the links that
observing and consolidation wrote (`rerank_walks`).
"""

import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from embodied_mem.memory.retriever import Retriever
from embodied_mem_envs.bench.long.links_world import Week
from embodied_mem_envs.bench.long.rerank_cases import WEEK_LINKS, Case
from embodied_mem_envs.bench.long.rerank_walks import walked
from embodied_mem_envs.evaluation.metrics import recall_at_k
from embodied_mem_envs.evaluation.metrics.intervals import paired_interval

Note = Callable[[str], None]

FIRST_SEED: Final = 1100
"""At full length; where it has to be quick, seeds from 0 on, which it was developed with."""
_TOKENS: Final = 80
"""Five lines of the week; two or three times what a question needs."""
_WALK_TOKENS: Final = 200
"""The summary of a room in a house takes a hundred."""
_ONE_HOP: Final = frozenset({"one_hop", "where", "nearest"})


def bench_links(*, quick: bool, note: Note, out: Path | None = None) -> dict[str, float]:
    """Measures the part `links`; see the module."""
    weeks, questions, houses = (2, 60, 1) if quick else (10, 400, 6)
    first = 0 if quick else FIRST_SEED
    tables = {
        "": [
            _recalls(_week_cases(seed, questions), _TOKENS) for seed in range(first, first + weeks)
        ],
        "_walks": [
            _recalls(walked(seed, questions), _WALK_TOKENS) for seed in range(first, first + houses)
        ],
    }
    figures: dict[str, float] = {}
    for name, table in tables.items():
        figures |= _figures(name, table, note)
    figures |= _costs(questions, note)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        (out / "recall_by_kind.json").write_text(json.dumps(tables, indent=1) + "\n")
    return figures


def _week_cases(seed: int, count: int) -> Iterable[Case]:
    week = Week(seed)
    for number in range(count):
        link = WEEK_LINKS[number // 2 % len(WEEK_LINKS)]
        question = week.two_hops(link) if number % 2 else week.one_hop()
        kind = question.link or "one_hop"
        yield Case(store=week.store, text=question.text, needed=question.needed, kind=kind)


def _recalls(cases: Iterable[Case], tokens: int) -> dict[str, tuple[float, float]]:
    """Returns mean recall@5 without and with one hop, by kind of question, and over both sorts."""
    scores: defaultdict[str, list[tuple[float, ...]]] = defaultdict(list)
    for case in cases:
        retriever = Retriever(case.store)
        pair = []
        for hops in (0, 1):
            found = retriever.query(
                case.text, pose=case.pose, k=5, token_budget=tokens, expand=hops
            )
            pair.append(recall_at_k([hit.id for hit in found.hits], case.needed, 5))
        sort = "one hop" if case.kind in _ONE_HOP else "two hops"
        scores[case.kind].append(tuple(pair))
        scores[sort].append(tuple(pair))
    means = {kind: np.mean(rows, axis=0).tolist() for kind, rows in sorted(scores.items())}
    return {kind: (without, expanded) for kind, (without, expanded) in means.items()}


def _figures(
    name: str, table: list[dict[str, tuple[float, float]]], note: Note
) -> dict[str, float]:
    figures = {}
    for sort, figure in (("two hops", "two_hop"), ("one hop", "one_hop")):
        without, expanded = ([row[sort][at] for row in table] for at in (0, 1))
        gain = paired_interval(expanded, without)
        note(
            f"links{name}, {sort}: recall@5 {np.mean(without):.3f} without, "
            f"{np.mean(expanded):.3f} with links: {gain.mean:+.3f} [{gain.lo:+.3f}, {gain.hi:+.3f}]"
        )
        figures[f"{figure}_gain{name}"] = gain.mean
        figures[f"{figure}_gain{name}_lo"] = gain.lo
    note(f"links{name}: {_by_kind(table)}")
    return {key: value for key, value in figures.items() if np.isfinite(value)}


def _by_kind(table: Sequence[Mapping[str, tuple[float, float]]]) -> str:
    kinds = sorted({kind for row in table for kind in row if " " not in kind})
    told = []
    for kind in kinds:
        without, expanded = np.mean([row[kind] for row in table if kind in row], axis=0)
        told.append(f"{kind} {without:.2f} -> {expanded:.2f}")
    return ", ".join(told)


def _costs(count: int, note: Note) -> dict[str, float]:
    """Measures CPU time a query without and with one hop."""
    week = Week(0)
    texts = [week.one_hop().text for _ in range(count)]
    costs = []
    for hops in (0, 1):
        retriever, started = Retriever(week.store), time.process_time()
        for text in texts:
            retriever.query(text, k=5, expand=hops)
        costs.append(1e3 * (time.process_time() - started) / count)
    note(f"CPU a query: {costs[0]:.2f} ms without, {costs[1]:.2f} ms with links")
    return {"links_without_cpu_ms": costs[0], "links_with_cpu_ms": costs[1]}
