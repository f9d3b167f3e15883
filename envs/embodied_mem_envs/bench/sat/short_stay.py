"""Room Ballet Short-Stay: reading by place, against flat and by time.

Each read is trained on the same lessons for as many steps and asked about fresh walks. `recent` is
flat, too, but holds only as many of the newest entries as reading by place compares a query with.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, get_args

import numpy as np
import torch

from embodied_mem.models.sat.config import Read, SATConfig
from embodied_mem.models.sat.published import published_config
from embodied_mem.models.sat.reader import Reader, ReaderConfig
from embodied_mem.models.training.reader import ReaderTrainer, ReadingConfig
from embodied_mem_envs.bench.sat.record import write_record
from embodied_mem_envs.bench.sat.short_stay_reads import Trace, draw_reads, trace
from embodied_mem_envs.evaluation.metrics.intervals import mean_interval
from embodied_mem_envs.room_ballet.motions import MOTION_NAMES
from embodied_mem_envs.room_ballet.pictures import square_pictures
from embodied_mem_envs.room_ballet.short_stay import Stay, Walks, draw_walks
from embodied_mem_envs.room_ballet.walk_lessons import WalkLessons

_BATCH: Final = 8
_FRESH: Final = 8_675_309
"""Added to a seed, so that no walk of an examination is one of a lesson."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What is trained and examined."""

    rooms: tuple[int, ...] = (16, 25)
    seeds: tuple[int, ...] = (1010, 1011, 1012)
    updates: int = 400
    every: int = 50
    """Updates between two points of the curve."""
    examined: int = 64
    """Fresh walks a seed; each room of each is asked about."""


QUICK: Final = Plan(rooms=(16,), seeds=(1000,), updates=60, every=30, examined=8)
READING: Final = ReadingConfig(episodes=_BATCH, learning_rate=3e-3, passed=0.8, patience=0.35)
SAT: Final = SATConfig(width=64, heads=4, layers=1, hidden=128)
"""Chosen on seeds below 1000; one layer, so that a read is one choice of chunks."""
NAMES: Final = ("place", "flat", "time", "recent")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Trained:
    """One training and its examination."""

    read: str
    rooms: int
    seed: int
    curve: list[tuple[int, float, float]]
    """Updates, CPU seconds of training, accuracy."""
    correct: list[float]
    """Share of the rooms answered rightly, one a fresh walk."""
    trace: Trace


def bench_short_stay(
    *, quick: bool, note: Callable[[str], None], out: Path | None = None
) -> dict[str, float]:
    """Measures what each read comes to after the same training, and what it reads.

    Args:
        quick: One seed, one size and few updates; shows that it runs.
        note: Told what comes out.
        out: Folder for the curves as JSON, and a picture of what was read.
    """
    torch.set_num_threads(1)
    plan = QUICK if quick else Plan()
    metrics: dict[str, float] = {}
    runs: list[Trained] = []
    for rooms in plan.rooms:
        of_size = []
        for seed in plan.seeds:
            for name in NAMES:
                of_size.append(train_read(name, rooms, seed, plan))
                note(_told(of_size[-1:]))
        for name in NAMES:
            note(_told([run for run in of_size if run.read == name]))
        metrics |= _figures(of_size, rooms)
        runs += of_size
    by_place = [run.trace.fraction for run in runs if run.read == "place"]
    metrics["attention_fraction"] = max(by_place)
    metrics["place_read_gain"] = min(metrics[f"place_read_gain_{rooms}"] for rooms in plan.rooms)
    if out is not None:
        write_record(out / "short_stay.json", [_record(run) for run in runs])
        draw_reads(out / "short_stay_reads.png", [run.trace for run in _first_seed(runs)])
    return metrics


def train_read(name: str, rooms: int, seed: int, plan: Plan, sat: SATConfig = SAT) -> Trained:
    """Trains one read and examines it.

    Args:
        name: One of `NAMES`, or `published_` and a read of the published model.
        rooms: Of the walks.
        seed: Of weights, lessons and examination.
        plan: For how long.
        sat: Settings beside the read.
    """
    stay = Stay(rooms=rooms)
    newest = scores_by_place(stay, sat) if name == "recent" else None
    lessons = WalkLessons(stay, newest)
    config = ReaderConfig(sat=_config(name, sat), classes=len(MOTION_NAMES), features=32)
    reader = Reader(config, square_pictures(), seed)
    trainer = ReaderTrainer(replace(READING, updates=plan.updates), reader, lessons, seed)
    watched = draw_walks(stay, _BATCH, np.random.default_rng([seed, _FRESH, 1]))
    curve, spent = [], 0.0
    while trainer.done < trainer.updates:
        began = time.process_time()
        trainer.update()
        spent += time.process_time() - began
        if trainer.done % plan.every == 0:
            curve.append((trainer.done, spent, float(np.mean(_correct(reader, lessons, watched)))))
    fresh = draw_walks(stay, plan.examined, np.random.default_rng([seed, _FRESH, 2]))
    return Trained(
        read=name,
        rooms=rooms,
        seed=seed,
        curve=curve,
        correct=_correct(reader, lessons, fresh),
        trace=trace(name, reader, lessons, fresh.some(np.arange(min(_BATCH, len(fresh))))),
    )


def scores_by_place(stay: Stay, sat: SATConfig) -> int:
    """Returns how many entries and summaries reading by place compares a query with, at most.

    Of each room the last chunk is half full in the mean, so there is a half more for each.
    """
    chunks = stay.steps / sat.chunk + stay.rooms / 2
    return int(sat.top * sat.chunk + chunks)


def _config(name: str, sat: SATConfig) -> SATConfig:
    named = "flat" if name == "recent" else name.removeprefix("published_")
    read: Read = next(each for each in get_args(Read) if each == named)
    settings = {name: getattr(sat, name) for name in ("width", "heads", "layers", "hidden")}
    if name.startswith("published_"):
        from_paper = published_config(read)
        settings |= {"chunk": from_paper.chunk, "top": from_paper.top, "published": True}
    return SATConfig(read=read, **settings)


def _correct(reader: Reader, lessons: WalkLessons, walks: Walks) -> list[float]:
    """Returns the share of rooms answered rightly, one a walk."""
    shares: list[float] = []
    for start in range(0, len(walks), _BATCH):
        lesson = lessons.of(walks.some(np.arange(start, min(start + _BATCH, len(walks)))))
        right = reader.answer(lesson.memories).argmax(dim=-1) == lesson.answers
        shares += right.float().mean(dim=1).tolist()
    return shares


def _figures(runs: Sequence[Trained], rooms: int) -> dict[str, float]:
    """Returns the accuracies of a size, and by how many points reading by place is better."""
    means = {name: float(np.mean(_pooled(runs, name))) for name in NAMES}
    least = min(run.curve[-1][1] for run in runs if run.read != "recent")
    early = {name: _at_cpu(runs, name, least) for name in NAMES}
    figures = {f"short_stay_{name}_{rooms}": mean for name, mean in means.items()}
    figures[f"place_read_gain_{rooms}"] = 100 * (means["place"] - max(means["flat"], means["time"]))
    for name in NAMES[1:]:
        figures[f"place_read_gain_{rooms}_over_{name}"] = 100 * (means["place"] - means[name])
    best = max(early["flat"], early["time"])
    figures[f"place_read_gain_{rooms}_same_cpu"] = 100 * (early["place"] - best)
    for name in NAMES:
        phases = [run.trace.phases for run in runs if run.read == name]
        figures[f"phases_read_{name}_{rooms}"] = float(np.mean(phases))
    return figures


def _pooled(runs: Sequence[Trained], name: str) -> list[float]:
    return [share for run in runs if run.read == name for share in run.correct]


def _at_cpu(runs: Sequence[Trained], name: str, seconds: float) -> float:
    """Returns the accuracy after so many CPU seconds of training, from the curves."""
    reached = []
    for run in runs:
        if run.read == name:
            _, spent, accuracy = zip(*run.curve, strict=True)
            reached.append(np.interp(seconds, spent, accuracy))
    return float(np.mean(reached))


def _told(runs: Sequence[Trained]) -> str:
    values = [share for run in runs for share in run.correct]
    about = mean_interval(values)
    seeds = " ".join(f"{np.mean(run.correct):.3f}" for run in runs)
    spent = np.mean([run.curve[-1][1] for run in runs])
    traces = [run.trace for run in runs]
    return (
        f"{runs[0].rooms} rooms, {runs[0].read:6} {about.mean:.3f} [{about.lo:.3f}, {about.hi:.3f}]"
        f", seeds {seeds}; {spent:.0f} CPU-s; {np.mean([t.fraction for t in traces]):.3f} of the "
        f"scores; {np.mean([t.phases for t in traces]):.1f} of 16 phases read, "
        f"{np.mean([t.weight for t in traces]):.2f} of the weight in the room"
    )


def _record(run: Trained) -> dict[str, Any]:
    about = mean_interval(run.correct)
    return {
        "read": run.read,
        "rooms": run.rooms,
        "seed": run.seed,
        "accuracy": about.mean,
        "interval": [about.lo, about.hi],
        "curve": run.curve,
        "phases_read": run.trace.phases,
        "attention_fraction": run.trace.fraction,
        "weight_in_room": run.trace.weight,
    }


def _first_seed(runs: Sequence[Trained]) -> list[Trained]:
    return [run for run in runs if (run.seed, run.rooms) == (runs[0].seed, runs[-1].rooms)]
