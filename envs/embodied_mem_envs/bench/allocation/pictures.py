"""From streams to pictures: what of a house can be answered from a store that holds a part of it.

Held-out houses are walked over several visits, with things moved in between. Each candidate picture
becomes a real record and is offered to a real store under a byte budget; questions about the house
are answered from that store alone and judged by the truth. Budgets are shares of what all
candidates take in full: JPEG at quality 85, a float16 vector, and the metadata.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from embodied_mem.allocation import make_allocator
from embodied_mem.allocation.registry import ALLOCATORS
from embodied_mem.assets import asset_path
from embodied_mem.errors import ConfigError
from embodied_mem.types import Float64Array
from embodied_mem_envs.bench.allocation.pictures_measure import (
    MakeAllocator,
    Note,
    PicturesConfig,
    measure,
    screened,
)
from embodied_mem_envs.bench.allocation.spread import Spread

FIXED: Final = tuple(name for name in ALLOCATORS if name != "learned")
"""Allocators that nobody trained, and one that was tuned: a linear scorer of the same inputs."""


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
        the fixed ones, which is chosen in hindsight, a budget at a time. Fixed ones that are far
        from it have only been tried on the draws for screening.
    """
    if config is None:
        small = PicturesConfig(houses=1, draws=1, screening=1, candidates=60)
        config = small if quick else PicturesConfig()
    fixed = _makers(_fixed(), note)
    files = ["learned"] if learned is None else [str(path) for path in learned]
    ours = _makers({f"learned_{index}": file for index, file in enumerate(files)}, note)
    accuracy, passed = _measure_all(config, fixed, ours, note)
    metrics = {"pictures_unlimited": float(accuracy["unlimited"].mean())}
    for budget in config.budgets:
        here = {name: accuracy[f"{name}_{budget}"] for name in (*fixed, *ours, "foreknown")}
        found = compare(here, passed, list(ours))
        _note_budget(found, here, passed, budget, note)
        found |= {name: float(here[name].mean()) for name in (*fixed, "foreknown")}
        metrics |= {f"pictures_{name}_{budget}": value for name, value in found.items()}
    if ours and 10 in config.budgets:
        whole = metrics["pictures_unlimited"]
        metrics["pictures_of_unlimited_10"] = metrics["pictures_learned_10"] / whole
    return metrics


def compare(
    accuracy: Mapping[str, Float64Array], fixed: Sequence[str], learned: Sequence[str]
) -> dict[str, float]:
    """Compares the learned allocators in the mean with the best of the fixed ones, in hindsight.

    Args:
        accuracy: (houses, draws) by the name of the allocator, all at one budget.
        fixed: Names of those that nobody trained.
        learned: Names of those of each training seed; none where there is none.

    Returns:
        `best_fixed`, `learned`, `gain` in points, and its 95 % interval over houses.
    """
    best = _best(accuracy, fixed)
    metrics = {"best_fixed": float(accuracy[best].mean())}
    if learned:
        ours: Float64Array = np.mean([accuracy[name] for name in learned], axis=0)
        spread = Spread.of((100.0 * (ours - accuracy[best]).mean(axis=1)).tolist())
        metrics |= {
            "learned": float(ours.mean()),
            "gain": spread.mean,
            "gain_low": spread.low,
            "gain_high": spread.high,
        }
    return metrics


def _measure_all(
    config: PicturesConfig,
    fixed: Mapping[str, MakeAllocator],
    ours: Mapping[str, MakeAllocator],
    note: Note,
) -> tuple[dict[str, Float64Array], list[str]]:
    """Tries the fixed ones on a few draws, then those that are good, and ours, on all.

    Returns:
        As `measure`, and the names of the fixed ones that were good.
    """
    accuracy = measure(config, fixed, range(config.screening), note)
    passed = screened(config, accuracy)
    note(f"pictures: of {len(fixed)} fixed allocators {len(passed)} go on: {', '.join(passed)}")
    accuracy |= measure(config, ours, range(config.screening), note)
    if config.screening < config.draws:
        good = {name: fixed[name] for name in passed}
        rest = measure(config, {**good, **ours}, range(config.screening, config.draws), note)
        accuracy |= {
            name: np.concatenate([accuracy[name], more], axis=1) for name, more in rest.items()
        }
    return accuracy, passed


def _fixed() -> dict[str, str]:
    """Returns the allocators that are no trained networks, and under which name they are made."""
    fixed = {name: name for name in FIXED}
    for path in sorted(asset_path("allocators").glob("linear/*.json")):
        fixed[f"linear_{path.stem}"] = str(path)
    return fixed


def _makers(names: Mapping[str, str], note: Note) -> dict[str, MakeAllocator]:
    """Returns what makes each allocator; what does not ship with this version is left out."""
    makers: dict[str, MakeAllocator] = {}
    for name, made_as in names.items():
        try:
            make_allocator(made_as)
        except ConfigError as error:
            note(f"pictures: left out: {error}")
        else:
            makers[name] = partial(make_allocator, made_as)
    return makers


def _best(accuracy: Mapping[str, Float64Array], names: Sequence[str]) -> str:
    return max(names, key=lambda name: float(accuracy[name].mean()))


def _note_budget(
    found: Mapping[str, float],
    accuracy: Mapping[str, Float64Array],
    fixed: Sequence[str],
    budget: int,
    note: Note,
) -> None:
    ours = ""
    if "learned" in found:
        ours = (
            f"learned {found['learned']:.3f}, a gain of {found['gain']:.1f} points "
            f"[{found['gain_low']:.1f}, {found['gain_high']:.1f}] over "
        )
    note(
        f"pictures: at {budget} %: {ours}{_best(accuracy, fixed)} {found['best_fixed']:.3f}; "
        f"with the questions known {float(accuracy['foreknown'].mean()):.3f}"
    )
