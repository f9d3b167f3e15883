"""A reader on the oracle memory of Room Ballet, then frozen under every write rule."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from embodied_mem.allocation.ama import AmaPolicy
from embodied_mem.allocation.rules import RULES as HEAD_RULES
from embodied_mem.allocation.training.ama import Ama, AmaConfig
from embodied_mem.models.sat.reader import Reader
from embodied_mem.models.training.reader import ReadingConfig
from embodied_mem.types import Float64Array
from embodied_mem_envs.bench.sat.record import write_record
from embodied_mem_envs.evaluation.metrics.intervals import mean_interval
from embodied_mem_envs.room_ballet.bounds import covered
from embodied_mem_envs.room_ballet.core import as_set
from embodied_mem_envs.room_ballet.frozen import FrozenReader
from embodied_mem_envs.room_ballet.motions import MOTION_NAMES
from embodied_mem_envs.room_ballet.multi_task import TASKS, Game, draw_episodes
from embodied_mem_envs.room_ballet.practice import (
    GAMES,
    PracticeConfig,
    oracle_examination,
    prepare,
)
from embodied_mem_envs.room_ballet.reading import answer_outcome
from embodied_mem_envs.room_ballet.rules import RULES, keep_by

FIRST_FRESH: Final = 1000
"""Seeds from here on were never used to choose anything."""
_EXAMINATION: Final = 2000
"""Seed of the episodes on which all readers are judged."""
_GOAL: Final = 0.9
_PUBLISHED_UPDATES: Final = 6000
_OTHERS: Final[Mapping[str, tuple[PracticeConfig, ReadingConfig]]] = {
    "published": (
        PracticeConfig(seed=FIRST_FRESH, published=True),
        ReadingConfig(updates=_PUBLISHED_UPDATES),
    ),
    "published_lessons": (
        PracticeConfig(seed=FIRST_FRESH, published=True, stages=False, questions=1),
        ReadingConfig(updates=_PUBLISHED_UPDATES),
    ),
    "no_stages": (PracticeConfig(seed=FIRST_FRESH, stages=False), ReadingConfig()),
    "one_question": (PracticeConfig(seed=FIRST_FRESH, questions=1), ReadingConfig()),
    "stay": (PracticeConfig(seed=FIRST_FRESH, read="stay"), ReadingConfig()),
    "place": (PracticeConfig(seed=FIRST_FRESH, read="place"), ReadingConfig()),
    "time": (PracticeConfig(seed=FIRST_FRESH, read="time"), ReadingConfig()),
}
"""What ours is compared with, one run each: the published model with our lessons and with its own
(full memories and one question each), lessons without what makes them easy, and other reads."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Training:
    """One training that was finished; its last weights, no better ones picked."""

    reader: Reader
    curve: list[dict[str, float]]
    """Updates, CPU seconds of training until then, and accuracies on a validation."""
    cpu_seconds: float
    accuracy: Mapping[str, float]
    """On fresh episodes, by task, and `accuracy`, their mean."""
    about: Mapping[str, Any]

    @property
    def minutes_to_goal(self) -> float | None:
        """CPU minutes at the first evaluation that is not below .90."""
        reached = (each["cpu_s"] / 60 for each in self.curve if each["accuracy"] >= _GOAL)
        return next(reached, None)


def bench_reader(
    *, quick: bool, note: Callable[[str], None], out: Path | None = None
) -> dict[str, float]:
    """Measures readers on memories that hold the target, and one of them under each write rule.

    Args:
        quick: The reduced game, one seed, fewer episodes and nothing to compare with.
        note: Told what comes out.
        out: Folder for each run as JSON as soon as it is finished, and for the frozen reader.
    """
    examined = 256 if quick else 2048
    settings = PracticeConfig(game="reduced" if quick else "full")
    reading = ReadingConfig(updates=200, episodes=16) if quick else ReadingConfig()
    seeds = range(FIRST_FRESH, FIRST_FRESH + (1 if quick else 3))
    runs = []
    for seed in seeds:
        config = replace(settings, seed=seed)
        runs.append(_trained(f"seed {seed}", config, reading, examined, note, out))
    metrics = _summary(runs)
    if out is not None:
        runs[0].reader.save(out / "room_ballet", {**runs[0].about, "figures": runs[0].accuracy})
    metrics |= _under_rules(runs[0], GAMES[settings.game], examined, note, out)
    if not quick:
        for name, (config, how) in _OTHERS.items():
            run = _trained(name, config, how, examined, note, out)
            metrics[f"reader_accuracy_{name}"] = run.accuracy["accuracy"]
            metrics[f"reader_cpu_min_{name}"] = run.cpu_seconds / 60
    return metrics


def _trained(
    name: str,
    config: PracticeConfig,
    reading: ReadingConfig,
    examined: int,
    note: Callable[[str], None],
    out: Path | None,
) -> Training:
    """Trains to the end, examines, and writes what came of it."""
    practice = prepare(config, reading)
    trainer, spent, curve = practice.trainer, 0.0, []
    every = max(25, reading.updates // 20)
    while trainer.done < trainer.updates:
        began = time.process_time()
        told = trainer.update()
        spent += time.process_time() - began
        if trainer.done % every == 0:
            scores = practice.validation(trainer.trained())
            curve.append({"update": trainer.done, "cpu_s": spent, **told, **scores})
            note(f"{name}: {trainer.done} updates, {spent:.0f} CPU-s, {scores['accuracy']:.3f}")
    game = GAMES[config.game]
    run = Training(
        reader=trainer.trained(),
        curve=curve,
        cpu_seconds=spent,
        accuracy=oracle_examination(game, examined, _EXAMINATION)(trainer.trained()),
        about=practice.about,
    )
    note(f"{name}: {run.accuracy['accuracy']:.4f} after {spent / 60:.1f} CPU-min")
    if out is not None:
        about = {
            "about": run.about,
            "cpu_s": spent,
            "curve": curve,
            "examined": examined,
            "accuracy": run.accuracy,
        }
        write_record(out / f"{name.replace(' ', '_')}.json", about)
    return run


def _summary(runs: Sequence[Training]) -> dict[str, float]:
    """Returns the figures of the same training from several seeds."""
    estimate = mean_interval([run.accuracy["accuracy"] for run in runs])
    by_task = {
        f"reader_accuracy_{task}": float(np.mean([run.accuracy[task] for run in runs]))
        for task in TASKS
    }
    goals = [run.minutes_to_goal for run in runs]
    return {
        "reader_accuracy": estimate.mean,
        "reader_accuracy_low": estimate.lo,
        "reader_accuracy_high": estimate.hi,
        "reader_accuracy_worst": min(run.accuracy["accuracy"] for run in runs),
        **by_task,
        "reader_cpu_min": float(np.mean([run.cpu_seconds for run in runs])) / 60,
        "reader_cpu_min_to_90": max(np.inf if goal is None else goal for goal in goals),
    }


def _under_rules(
    run: Training, game: Game, examined: int, note: Callable[[str], None], out: Path | None
) -> dict[str, float]:
    """Reads what each rule keeps by one frozen reader, and checks how that follows from coverage.

    A reader that is right in a share A of what is kept, and guesses one of eight of what is not, is
    right in p A + (1 - p) / 8 where a share p is kept.
    """
    frozen = FrozenReader(run.reader)
    rng = np.random.default_rng(_EXAMINATION)
    episodes = draw_episodes(game, examined, rng)
    motion = np.take_along_axis(episodes.motion, episodes.targets, axis=1)
    coverage, accuracy = {}, {}
    for name, rule in RULES.items():
        kept = keep_by(rule, episodes.room, game.capacity, rng)
        right = frozen(episodes, kept, episodes.targets) == motion
        coverage[name] = covered(kept, episodes.targets).mean(axis=0)
        accuracy[name] = right.mean(axis=0)
    told = _rules_of_bandit(frozen, game)
    for name, chosen in (("ama", told), ("task_known", TASKS)):
        for table in (coverage, accuracy):
            table[name] = np.array([table[rule][task] for task, rule in enumerate(chosen)])
    perfect = accuracy["task_known"]
    deviations = {
        name: accuracy[name] - (kept * perfect + (1.0 - kept) / len(MOTION_NAMES))
        for name, kept in coverage.items()
    }
    _tell(coverage, accuracy, note)
    note(f"AMA follows {', '.join(told)} on {', '.join(TASKS)}")
    if out is not None:
        tables = {"coverage": coverage, "accuracy": accuracy, "deviation": deviations}
        listed = {
            table: {name: row.tolist() for name, row in rows.items()}
            for table, rows in tables.items()
        }
        write_record(
            out / "rules.json", {**listed, "tasks": TASKS, "ama": told, "examined": examined}
        )
    every = np.concatenate([*deviations.values()])
    return {
        **{f"reader_under_{name}": float(row.mean()) for name, row in accuracy.items()},
        "reader_law_worst_deviation": float(abs(every).max()),
        "reader_law_mean_deviation": float(every.mean()),
    }


def _rules_of_bandit(frozen: FrozenReader, game: Game) -> tuple[str, ...]:
    """Returns the rule that AMA, told the task, follows on each; it learns by the answers.

    It follows one rule for a whole episode, so what it reaches is what these rules reach.
    """
    episodes = draw_episodes(game, 1024, np.random.default_rng(FIRST_FRESH))
    played = as_set(episodes, label="task", outcome=answer_outcome(frozen, episodes))
    rules = {name: HEAD_RULES[name]() for name in TASKS}
    config = AmaConfig(updates=12, episodes=256, learning_rate=5e-3)
    trainer = Ama(config, played, FIRST_FRESH, rules)
    while trainer.done < trainer.updates:
        trainer.update()
    policy: AmaPolicy = trainer.trained()
    best = policy.values(np.eye(len(TASKS), dtype=np.float32)).argmax(axis=1)
    return tuple(TASKS[rule] for rule in best)


def _tell(
    coverage: Mapping[str, Float64Array],
    accuracy: Mapping[str, Float64Array],
    note: Callable[[str], None],
) -> None:
    note(f"{'kept / answered':18}" + "".join(f"{task:>14}" for task in (*TASKS, "mean")))
    for name, kept in coverage.items():
        pairs = zip((*kept, kept.mean()), (*accuracy[name], accuracy[name].mean()), strict=True)
        note(f"{name:18}" + "".join(f"  {one:.3f} /{other:.3f}" for one, other in pairs))
