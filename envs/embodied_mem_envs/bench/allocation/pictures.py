"""From streams to pictures: what of a house can be answered from a store that holds a part of it.

Held-out houses are walked over several visits, with things moved in between. Each candidate picture
becomes a real record and is offered to a real store under a byte budget; questions about the house
are answered from that store alone and judged by the truth. Budgets are shares of what all
candidates take in full: JPEG at quality 85, a float16 vector, and the metadata.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from embodied_mem.allocation import Allocator, make_allocator
from embodied_mem.allocation.registry import ALLOCATORS, SHIPPED
from embodied_mem.errors import ConfigError
from embodied_mem.types import Float64Array
from embodied_mem_envs.allocation.recording_walk import WalkConfig
from embodied_mem_envs.bench.allocation.pictures_cache import cached_walk
from embodied_mem_envs.bench.allocation.pictures_hindsight import foreknown
from embodied_mem_envs.bench.allocation.pictures_looks import Recogniser
from embodied_mem_envs.bench.allocation.pictures_questions import Judge, draw_questions
from embodied_mem_envs.bench.allocation.pictures_records import records_of, unlimited_bytes
from embodied_mem_envs.bench.allocation.pictures_replay import Offer
from embodied_mem_envs.bench.allocation.pictures_walk import thinned
from embodied_mem_envs.bench.allocation.spread import Spread

Note = Callable[[str], None]
MakeAllocator = Callable[[], Allocator]

BUDGETS: Final = (5, 10, 20)
"""Percent of what all candidates take in full."""
FIXED: Final = (*(name for name in ALLOCATORS if name not in SHIPPED), "linear")
"""Allocators that nobody trained, and the one that was tuned."""
_DRAW: Final = 89  # which random stream of a house's seed is meant


@dataclass(frozen=True, kw_only=True, slots=True)
class PicturesConfig:
    """How much is measured."""

    first_seed: int = 5000
    """Seed of the first house."""
    houses: int = 6
    """How many, with the seeds that follow."""
    draws: int = 3
    """Times that candidates and questions are drawn of each walk."""
    candidates: int = 100
    """Candidates that are drawn of a walk."""
    after: float = 1.0
    """Questions in the end, over candidates."""
    budgets: tuple[int, ...] = BUDGETS
    """Percent of what all candidates take in full."""
    walk: WalkConfig = field(default_factory=WalkConfig)
    """How the houses are walked: as the streams were recorded."""


def bench_pictures(
    *,
    quick: bool,
    note: Note = print,
    learned: Sequence[Path] | None = None,
    config: PicturesConfig | None = None,
) -> dict[str, float]:
    """Measures everything and returns metrics by name.

    Args:
        quick: One house, and one draw of it.
        note: Hears what is being measured.
        learned: Files of trained allocators, one a training seed; the shipped one where None.
        config: How much is measured; the defaults where None.

    Returns:
        Accuracies, and the gain in points of the learned allocators in the mean over the best of
        the fixed ones, which is chosen in hindsight, a budget at a time.
    """
    if config is None:
        config = PicturesConfig(houses=1, draws=1, candidates=60) if quick else PicturesConfig()
    names = ["learned"] if learned is None else [str(path) for path in learned]
    allocators = _makers((*FIXED, *names), note)
    fixed = [name for name in FIXED if name in allocators]
    ours = [name for name in names if name in allocators]
    accuracy = measure(config, allocators, note)
    metrics = {"pictures_unlimited": float(accuracy["unlimited"].mean())}
    for budget in config.budgets:
        here = {name: accuracy[f"{name}_{budget}"] for name in (*allocators, "foreknown")}
        found = compare(here, fixed, ours) | {"foreknown": float(here["foreknown"].mean())}
        _note_budget(found, fixed, budget, note)
        metrics |= {f"pictures_{name}_{budget}": value for name, value in found.items()}
    if ours and 10 in config.budgets:
        whole = metrics["pictures_unlimited"]
        metrics["pictures_of_unlimited_10"] = metrics["pictures_learned_10"] / whole
    return metrics


def _note_budget(found: Mapping[str, float], fixed: Sequence[str], budget: int, note: Note) -> None:
    best = max(fixed, key=lambda name: found[name])
    ours = ""
    if "learned" in found:
        ours = (
            f"learned {found['learned']:.3f}, a gain of {found['gain']:.1f} points "
            f"[{found['gain_low']:.1f}, {found['gain_high']:.1f}] over "
        )
    note(
        f"pictures: at {budget} %: {ours}{best} {found[best]:.3f}; "
        f"with the questions known {found['foreknown']:.3f}"
    )


def _makers(names: Sequence[str], note: Note) -> dict[str, MakeAllocator]:
    """Returns what makes each allocator; what does not ship with this version is left out."""
    makers: dict[str, MakeAllocator] = {}
    for name in names:
        try:
            make_allocator(name)
        except ConfigError as error:
            note(f"pictures: left out: {error}")
        else:
            makers[name] = partial(make_allocator, name)
    return makers


def measure(
    config: PicturesConfig, allocators: Mapping[str, MakeAllocator], note: Note = print
) -> dict[str, Float64Array]:
    """Replays every walk under every allocator and budget.

    Returns:
        (houses, draws) accuracies of `unlimited`, of `foreknown_{budget}` (a greedy choice that
        knows the questions) and of each `{allocator}_{budget}`.
    """
    accuracy: dict[str, list[float]] = {}

    def take(name: str, value: float) -> None:
        accuracy.setdefault(name, []).append(value)

    for offer in _offers(config, note):
        take("unlimited", offer.replay(make_allocator("fifo"), None).accuracy)
        for budget in config.budgets:
            limit = unlimited_bytes(offer.records) * budget // 100
            best = foreknown(offer.records, offer.questions, offer.judge, limit)
            take(f"foreknown_{budget}", offer.replay(best, limit).accuracy)
            for name, make in allocators.items():
                take(f"{name}_{budget}", offer.replay(make(), limit).accuracy)
    shape = config.houses, config.draws
    return {name: np.array(values).reshape(shape) for name, values in accuracy.items()}


def _offers(config: PicturesConfig, note: Note) -> Iterator[Offer]:
    for seed in range(config.first_seed, config.first_seed + config.houses):
        whole = cached_walk(seed, config.walk, note=note)
        recogniser = Recogniser(whole)
        note(f"pictures: house {seed}")
        for draw in range(config.draws):
            rng = np.random.default_rng([seed, _DRAW, draw])
            walk = thinned(whole, config.candidates, rng)
            questions = draw_questions(walk, draw, config.after)
            yield Offer(walk, records_of(walk), questions, Judge(walk, recogniser))


def compare(
    accuracy: Mapping[str, Float64Array], fixed: Sequence[str], learned: Sequence[str]
) -> dict[str, float]:
    """Compares the learned allocators in the mean with the best of the fixed ones, in hindsight.

    Args:
        accuracy: (houses, draws) by the name of the allocator, all at one budget.
        fixed: Names of those that nobody trained.
        learned: Names of those of each training seed; none where there is none.

    Returns:
        The mean of each fixed one; `best_fixed`, `learned`, `gain` in points, and the 95 % interval
        of the gain over houses.
    """
    means = {name: float(accuracy[name].mean()) for name in fixed}
    best = max(means, key=lambda name: means[name])
    metrics = {**means, "best_fixed": means[best]}
    if learned:
        ours: Float64Array = np.mean([accuracy[name] for name in learned], axis=0)
        gain = 100.0 * (ours - accuracy[best]).mean(axis=1)
        spread = Spread.of(gain.tolist())
        metrics |= {
            "learned": float(ours.mean()),
            "gain": spread.mean,
            "gain_low": spread.low,
            "gain_high": spread.high,
        }
    return metrics
