"""Room Ballet Multi-Task: how often each rule keeps what is asked for, against the noted table."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, Literal

import numpy as np

from embodied_mem.allocation.rules import RULES as HEAD_RULES
from embodied_mem.allocation.training.ama import Ama, AmaConfig
from embodied_mem.allocation.training.playing import evaluate
from embodied_mem_envs.bench.sat.record import write_record
from embodied_mem_envs.evaluation.metrics.intervals import mean_interval
from embodied_mem_envs.room_ballet.bounds import blind_bound, covered, keep_blind, keep_told
from embodied_mem_envs.room_ballet.core import as_set
from embodied_mem_envs.room_ballet.env import RoomBalletEnv
from embodied_mem_envs.room_ballet.motions import MOTIONS
from embodied_mem_envs.room_ballet.multi_task import FULL, TASKS, Episodes, draw_episodes
from embodied_mem_envs.room_ballet.pictures import frame_of, frame_pictures
from embodied_mem_envs.room_ballet.rules import RULES, keep_by

NOTED: Final[Mapping[str, tuple[float, float, float, float]]] = {
    "fifo": (1.000, 0.000, 0.322, 0.761),
    "lifo": (0.000, 1.000, 0.678, 0.239),
    "lvfo": (0.391, 0.609, 1.000, 0.248),
    "mvfo": (0.758, 0.238, 0.177, 1.000),
    "reservoir": (0.500, 0.502, 0.498, 0.500),
    "balanced_place": (0.784, 0.214, 0.194, 1.000),
    "balanced_sample": (0.622, 0.375, 0.175, 0.815),
    "task_blind_hindsight": (0.532, 0.468, 0.624, 0.627),
    "task_known": (1.000, 1.000, 1.000, 1.000),
}
"""Share of targets kept by rule, for the tasks in the order of `TASKS`, from the published code."""
FIRST_FRESH: Final = 1000
"""Seeds from here on were never used to choose anything."""


def bench_coverage(
    *, quick: bool, note: Callable[[str], None], out: Path | None = None
) -> dict[str, float]:
    """Measures the coverage of each rule, of AMA told the task and not, and the bounds.

    Args:
        quick: Fewer episodes and one seed.
        note: Told what comes out.
        out: Folder for the table as JSON.
    """
    rng = np.random.default_rng(FIRST_FRESH)
    episodes = draw_episodes(FULL, 30_000 if quick else 60_000, rng)
    table = coverage_table(episodes, rng)
    note(f"{'coverage':22}" + "".join(f"{task:>8}" for task in TASKS) + "    mean")
    metrics = {}
    for name, row in table.items():
        metrics[f"coverage_{name}"] = float(np.mean(row))
        note(f"{name:22}" + "".join(f"{each:8.3f}" for each in row) + f"{np.mean(row):8.3f}")
    metrics["coverage_table_worst_difference"] = max(
        float(np.abs(np.subtract(table[name], row)).max()) for name, row in NOTED.items()
    )
    metrics["coverage_task_blind_bound"] = float(blind_bound(episodes).mean())
    seeds = range(FIRST_FRESH, FIRST_FRESH + (1 if quick else 5))
    found = {label: [_bandit(seed, label, episodes) for seed in seeds] for label in _LABELS}
    for label, values in found.items():
        name = _LABELS[label]
        mean = mean_interval(values).mean
        metrics[name] = mean
        note(f"{name:22} {mean:.3f} in the mean of {len(values)}, worst {min(values):.3f}")
    metrics["coverage_ama_worst"] = min(found["task"])
    metrics |= _speed(200 if quick else 2000)
    if out is not None:
        about = {"table": table, "noted": NOTED, "episodes": len(episodes), "ama": found}
        write_record(out / "coverage.json", about)
    return metrics


_LABELS: Final[Mapping[Literal["task", "same"], str]] = {
    "task": "coverage_ama",
    "same": "coverage_ama_label_free",
}


def coverage_table(
    episodes: Episodes, rng: np.random.Generator
) -> dict[str, tuple[float, float, float, float]]:
    """Returns the share of targets kept, by rule and then by task as in `TASKS`.

    Args:
        episodes: To be played by each rule.
        rng: For rules that draw.
    """
    capacity = episodes.game.capacity
    kept = {name: keep_by(rule, episodes.room, capacity, rng) for name, rule in RULES.items()}
    kept["task_blind_hindsight"] = keep_blind(episodes, rng)
    found = {name: covered(each, episodes.targets) for name, each in kept.items()}
    told = keep_told(episodes)
    by_task = [covered(told[:, task], episodes.targets)[:, task] for task in range(len(TASKS))]
    found["task_known"] = np.stack(by_task, axis=1)
    return {name: tuple(each.mean(axis=0).tolist()) for name, each in found.items()}


def _bandit(seed: int, label: Literal["task", "same"], fresh: Episodes) -> float:
    """Returns the coverage of AMA as published, trained by whether the target was kept."""
    practice = draw_episodes(FULL, 8192, np.random.default_rng(seed))
    rules = {name: HEAD_RULES[name]() for name in TASKS}
    trainer = Ama(AmaConfig(), as_set(practice, label=label), seed, rules)
    while trainer.done < trainer.updates:
        trainer.update()
    return float(evaluate(trainer.trained(), as_set(fresh, label=label)).accuracy.mean())


def _speed(count: int) -> dict[str, float]:
    """Returns CPU milliseconds that an episode takes: drawn with all its pixels, and played."""
    rng = np.random.default_rng(0)
    frame_pictures()
    began = time.process_time()
    for _ in range(count // 20):
        episodes = draw_episodes(FULL, 20, rng)
        for looks, motion in zip(episodes.looks, episodes.motion, strict=True):
            frame_pictures()[frame_of(looks[:, None], MOTIONS[motion])]
    drawn = time.process_time() - began
    env = RoomBalletEnv()
    env.reset(seed=0)
    began = time.process_time()
    for _ in range(count // 10):
        env.reset()
        for action in range(FULL.dances - FULL.capacity):
            env.step(action)
    played = time.process_time() - began
    return {
        "ballet_episode_ms": 1e3 * drawn / count,
        "ballet_env_episode_ms": 1e3 * played / (count // 10),
    }
