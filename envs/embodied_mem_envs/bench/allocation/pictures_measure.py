"""Replays walks under many allocators and budgets."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from embodied_mem.allocation import Allocator, make_allocator
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

Note = Callable[[str], None]
MakeAllocator = Callable[[], Allocator]

_DRAW: Final = 89  # which random stream of a house's seed is meant


@dataclass(frozen=True, kw_only=True, slots=True)
class PicturesConfig:
    """How much is measured."""

    first_seed: int = 5000
    """Seed of the first house."""
    houses: int = 6
    """How many, with the seeds that follow."""
    draws: int = 8
    """Times that candidates and questions are drawn of each walk."""
    screening: int = 2
    """Draws on which each fixed allocator is tried; only good ones go on to the others."""
    margin: float = 0.08
    """Accuracy by which one may be below the best fixed one at a budget, and still go on."""
    candidates: int = 100
    """Candidates that are drawn of a walk."""
    after: float = 1.0
    """Questions in the end, over candidates."""
    budgets: tuple[int, ...] = (5, 10, 20)
    """Percent of what all candidates take in full."""
    walk: WalkConfig = field(default_factory=WalkConfig)
    """How the houses are walked: as the streams were recorded."""

    def __post_init__(self) -> None:
        """Checks the counts.

        Raises:
            ConfigError: If nothing would be measured, or more would be screened than is drawn.
        """
        if min(self.houses, self.candidates) < 1 or not 1 <= self.screening <= self.draws:
            raise ConfigError(
                f"a measurement needs a house and a candidate at least, and 1 to {self.draws} "
                f"draws for screening; got houses={self.houses}, candidates={self.candidates}, "
                f"screening={self.screening}"
            )


def measure(
    config: PicturesConfig,
    allocators: Mapping[str, MakeAllocator],
    draws: range | None = None,
    note: Note = print,
) -> dict[str, Float64Array]:
    """Replays every walk under every allocator and budget.

    Args:
        config: How much is measured.
        allocators: What makes a fresh one of each, by name.
        draws: Which of the draws; all where None.
        note: Hears what is being measured.

    Returns:
        (houses, draws) accuracies of `unlimited`, of `foreknown_{budget}` (a greedy choice that
        knows the questions) and of each `{allocator}_{budget}`.
    """
    draws = range(config.draws) if draws is None else draws
    accuracy: dict[str, list[float]] = {}

    def take(name: str, value: float) -> None:
        accuracy.setdefault(name, []).append(value)

    for offer in _offers(config, draws, note):
        take("unlimited", offer.replay(make_allocator("fifo"), None).accuracy)
        for budget in config.budgets:
            limit = unlimited_bytes(offer.records) * budget // 100
            best = foreknown(offer.records, offer.questions, offer.judge, limit)
            take(f"foreknown_{budget}", offer.replay(best, limit).accuracy)
            for name, make in allocators.items():
                take(f"{name}_{budget}", offer.replay(make(), limit).accuracy)
    shape = config.houses, len(draws)
    return {name: np.array(values).reshape(shape) for name, values in accuracy.items()}


def screened(config: PicturesConfig, accuracy: Mapping[str, Float64Array]) -> list[str]:
    """Returns the allocators that come near the best at some budget.

    Args:
        config: With the margin.
        accuracy: As `measure` returns it, of the allocators that are to be compared.
    """
    passed: dict[str, None] = {}
    for budget in config.budgets:
        means = {
            name.removesuffix(f"_{budget}"): float(values.mean())
            for name, values in accuracy.items()
            if name.endswith(f"_{budget}") and not name.startswith("foreknown_")
        }
        best = max(means.values())
        passed |= {name: None for name, mean in means.items() if mean >= best - config.margin}
    return list(passed)


def _offers(config: PicturesConfig, draws: range, note: Note) -> Iterator[Offer]:
    for seed in range(config.first_seed, config.first_seed + config.houses):
        whole = cached_walk(seed, config.walk, note=note)
        recogniser = Recogniser(whole)
        note(f"pictures: house {seed}")
        for draw in draws:
            rng = np.random.default_rng([seed, _DRAW, draw])
            walk = thinned(whole, config.candidates, rng)
            questions = draw_questions(walk, draw, config.after)
            yield Offer(walk, records_of(walk), questions, Judge(walk, recogniser))
