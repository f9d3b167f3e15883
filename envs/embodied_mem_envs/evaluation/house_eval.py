"""Evaluates the whole path on houses: walk, save, ask in a new process, move things, walk again."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from embodied_mem.errors import ConfigError
from embodied_mem.memory import MemoryStore
from embodied_mem_envs.evaluation.asking import ask_saved
from embodied_mem_envs.evaluation.explore_run import ExploreConfig, Visit, explore_house
from embodied_mem_envs.evaluation.moved import MovedObject, judge_moved
from embodied_mem_envs.evaluation.questions import generate_questions
from embodied_mem_envs.evaluation.results import EvaluationResult, HouseResult, path_ratio
from embodied_mem_envs.house import House, HouseConfig, generate_house, live

_QUESTIONS, _LIFE = 1, 2  # which random stream of a house's seed is meant


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class HouseEvalConfig:
    """Settings of `evaluate_houses`."""

    houses: int = 20
    """How many houses, with the seeds `first_seed`, `first_seed` + 1, ..."""
    first_seed: int = 1000
    """Seed of the first house."""
    floors: int = 1
    """Floors of every house, 1 or 2."""
    questions: int = 15
    """Questions a house."""
    nearest_frontier: bool = True
    """Also walk each house by always going to the nearest frontier, to compare the way."""
    moves: int = 6
    """Objects that are moved before a second visit; 0 leaves the second visit out."""
    explore: ExploreConfig = dataclasses.field(default_factory=ExploreConfig)
    """How the houses are walked."""

    def __post_init__(self) -> None:
        """Checks the counts.

        Raises:
            ConfigError: If there is no house to walk, or a count is negative.
        """
        if self.houses < 1 or self.questions < 0 or self.moves < 0:
            raise ConfigError(
                f"an evaluation needs at least 1 house and no negative counts, got "
                f"houses={self.houses}, questions={self.questions}, moves={self.moves}"
            )


def evaluate_houses(
    config: HouseEvalConfig,
    out: Path,
    *,
    resume: bool = False,
    on_house: Callable[[HouseResult], None] | None = None,
) -> EvaluationResult:
    """Walks houses and asks the memories that this leaves.

    Everything of the house with seed s lies in `out/house-s`: the memories of both visits, the
    questions, the answers, and `result.json`.

    Args:
        config: What to do.
        out: Folder for all files; made if missing.
        resume: Take the houses that `out` holds already, done with the same settings, as done.
        on_house: Called with each result as it comes.
    """
    results = []
    for seed in range(config.first_seed, config.first_seed + config.houses):
        folder = out / f"house-{seed}"
        result = _load(folder, config) if resume else None
        if result is None:
            result = evaluate_house(seed, config, folder)
            _save(result, folder, config)
        results.append(result)
        if on_house is not None:
            on_house(result)
    return EvaluationResult(houses=tuple(results))


def evaluate_house(seed: int, config: HouseEvalConfig, folder: Path) -> HouseResult:
    """Evaluates one house; see `evaluate_houses`."""
    folder.mkdir(parents=True, exist_ok=True)
    shape = HouseConfig(floors=config.floors)
    house = generate_house(seed, shape)
    first = explore_house(house, folder / "first.mem", config.explore, seed=seed)
    asked = ask_saved(
        first.memory,
        generate_questions(first.truth, first.shown, _rng(seed, _QUESTIONS), config.questions),
        folder,
    )
    ratio = None
    if config.nearest_frontier:
        plain = dataclasses.replace(config.explore, strategy="nearest_frontier")
        other = explore_house(generate_house(seed, shape), folder / "nearest.mem", plain, seed=seed)
        ratio = path_ratio(first.progress, other.progress)
    return HouseResult(
        seed=seed,
        rooms=len(first.truth["rooms"]),
        objects=len(first.truth["objects"]),
        shown=len(first.shown),
        ticks=first.ticks,
        finished=first.finished,
        floor_covered=first.floor_covered,
        path_metres=first.path_metres,
        path_over_nearest_frontier=ratio,
        asked=tuple(asked),
        moved=tuple(_second_visit(house, first, config, folder)) if config.moves else (),
    )


def _second_visit(
    house: House, first: Visit, config: HouseEvalConfig, folder: Path
) -> list[MovedObject]:
    live(house, _rng(first.seed, _LIFE), config.moves)
    house.new_visit()
    second = explore_house(
        house, folder / "second.mem", config.explore, seed=first.seed, resume=first.memory
    )
    store = MemoryStore.read(second.memory)
    return judge_moved(store, first.truth, second.truth, first.shown, second.shown)


def _rng(seed: int, stream: int) -> np.random.Generator:
    return np.random.default_rng([seed, stream])


def _settings(config: HouseEvalConfig) -> dict[str, Any]:
    """What a house's result depends on besides its seed."""
    settings: dict[str, Any] = msgspec.to_builtins(config)
    return {key: settings[key] for key in sorted(settings) if key not in ("houses", "first_seed")}


def _save(result: HouseResult, folder: Path, config: HouseEvalConfig) -> None:
    data = {"settings": _settings(config), "result": result}
    (folder / "result.json").write_bytes(msgspec.json.format(msgspec.json.encode(data)))


def _load(folder: Path, config: HouseEvalConfig) -> HouseResult | None:
    try:
        data = msgspec.json.decode((folder / "result.json").read_bytes())
    except (OSError, msgspec.DecodeError):
        return None  # not done yet, or cut off while it was written
    if data.get("settings") != _settings(config):
        return None
    return msgspec.convert(data["result"], HouseResult)
