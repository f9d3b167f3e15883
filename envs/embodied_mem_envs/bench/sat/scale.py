"""The same results over Ray as in one process, and a worker killed in the middle of each."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch

from embodied_mem.allocation.training.grpo import Grpo, GrpoConfig
from embodied_mem.allocation.training.rollouts import Rollouts, SerialRollouts
from embodied_mem.cli.population import Member, members_of, train_population
from embodied_mem.cli.train_allocator import TrainAllocator
from embodied_mem.errors import EvaluationError
from embodied_mem_envs.allocation.episode_sets import draw_set
from embodied_mem_envs.allocation.generate import EpisodeConfig
from embodied_mem_envs.allocation.stream_file import load_streams
from embodied_mem_envs.bench.sat.record import write_record
from embodied_mem_envs.bench.sat.scale_watch import (
    WatchedRollouts,
    any_worker,
    killing,
    player_of,
)
from embodied_mem_envs.evaluation.records.file import without_times
from embodied_mem_envs.evaluation.running.evaluation import EvaluationPlan, run_evaluation
from embodied_mem_envs.evaluation.running.executor import Executor, SerialExecutor
from embodied_mem_envs.evaluation.running.ray_executor import RayExecutor
from embodied_mem_envs.scale.cluster import joined
from embodied_mem_envs.scale.ray_rollouts import RayRollouts

Note = Callable[[str], None]
_SEED: Final = 1000
_WORKERS: Final = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class ScaleBenchConfig:
    """Sizes."""

    seeds: int = 3
    """Trainings whose rollouts are compared, and members of the population."""
    updates: int = 4
    pool: int = 3072
    """Episodes that are trained on."""
    groups: int = 64
    """Of them in an update, each played twelve times."""
    shards: int = 8
    after_s: float = 0.3
    """Wall time from the beginning of what is killed to the kill."""
    jobs: int = 6
    """Episodes of an evaluation, by each of two agents."""
    steps: int = 400
    """Of an episode of the evaluation."""
    arrivals: int = 40
    """Candidates in an episode that the population trains on."""


QUICK: Final = ScaleBenchConfig(
    seeds=2, updates=2, pool=64, groups=10, shards=4, jobs=2, steps=100, arrivals=12
)


def bench_scale(*, quick: bool, note: Note, out: Path | None = None) -> dict[str, float]:
    """Trains and evaluates in this process and over Ray, with a worker killed each time.

    Args:
        quick: In small.
        note: Hears what comes.
        out: Folder for the times of all updates as JSON.

    Returns:
        `ray_same_results`, the share of comparisons that are equal byte by byte;
        `ray_lost_episodes`, how many are missing, failed or other; and what Ray costs.

    Raises:
        EvaluationError: If a kill came too late, so that nothing was shown.
    """
    torch.set_num_threads(1)
    config = QUICK if quick else ScaleBenchConfig()
    seen: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        with joined("local", cpus=1):
            one = _trained(config, Path(folder) / "one", "1", note, seen)
        with joined("local", cpus=_WORKERS):
            here = _trained(config, Path(folder) / "here", "0", note, seen)
            two = _trained(config, Path(folder) / "two", "2", note, seen)
            killed = _killed_rollouts(config, Path(folder) / "killed", note)
            same = [a == b for other in (one, two) for a, b in zip(here, other, strict=True)]
            same.append(here[0] == killed)
            same += _population(config, Path(folder) / "population", note)
            equal, lost = _evaluation(config, Path(folder) / "evaluation", note)
            same += equal
    if out is not None:
        write_record(out / "scale.json", {"same": same, **seen})
    return {
        "ray_same_results": float(np.mean(same)),
        "ray_lost_episodes": float(lost),
        "ray_comparisons": float(len(same)),
        **_costs(seen),
    }


def _costs(seen: dict[str, list[float]]) -> dict[str, float]:
    """Returns what rollouts cost; the first of each training warms processes up, and is left out.

    Wall time says something only where nothing else runs beside; CPU time always does.
    """
    median = {name: float(np.median(values)) for name, values in seen.items()}
    return {
        "ray_speedup_1_worker": median["wall_0"] / median["wall_1"],
        "ray_speedup_2_workers": median["wall_0"] / median["wall_2"],
        "ray_cpu_ratio": median["cpu_2"] / median["cpu_0"],
    }


def _trained(
    config: ScaleBenchConfig, folder: Path, workers: str, note: Note, seen: dict[str, list[float]]
) -> list[bytes]:
    """Trains by GRPO with so many workers, 0 for this process; returns all that was learned."""
    ends = []
    for seed in range(_SEED, _SEED + config.seeds):
        rollouts: Rollouts = SerialRollouts()
        if workers != "0":
            with joined("auto") as cluster:
                rollouts = RayRollouts(cluster)
        watched = WatchedRollouts(rollouts, folder / str(seed))
        ends.append(_end_of(config, seed, watched))
        seen.setdefault(f"wall_{workers}", []).extend(watched.wall_s[1:])
        seen.setdefault(f"cpu_{workers}", []).extend(watched.cpu_s[1:])
        note(f"seed {seed}, {workers} workers: {watched.wall_s[-1]:.2f} s of wall time an update")
    return ends


def _end_of(config: ScaleBenchConfig, seed: int, rollouts: Rollouts) -> bytes:
    episodes = draw_set(load_streams(), EpisodeConfig(), config.pool, seed, expected=True)
    settings = GrpoConfig(updates=config.updates, groups=config.groups, shards=config.shards)
    trainer = Grpo(settings, episodes, seed, rollouts=rollouts)
    for _ in range(config.updates):
        trainer.update()
    arrays = trainer.snapshot().arrays
    return b"".join(name.encode() + arrays[name].tobytes() for name in sorted(arrays))


def _killed_rollouts(config: ScaleBenchConfig, folder: Path, note: Note) -> bytes:
    with joined("auto") as cluster:
        watched = WatchedRollouts(RayRollouts(cluster), folder)
        # A shard of the second update: by then its worker does nothing but play.
        with killing(lambda: player_of(folder, "2.1"), config.after_s) as killed:
            end = _end_of(config, _SEED, watched)
    planned = config.updates * config.shards
    if not killed or watched.begun() != planned + 1:
        raise EvaluationError(
            f"the kill came too late: {watched.begun()} shards were begun, of {planned}"
        )
    note(f"worker {killed[0]} was killed: one of {planned} shards was played twice")
    return end


def _population(config: ScaleBenchConfig, folder: Path, note: Note) -> list[bool]:
    """Returns for each member whether it ended as it does where nothing is killed."""
    ends = []
    for name, ray in (("here", None), ("there", "auto")):
        training = TrainAllocator(
            algo="ama",
            arrivals=config.arrivals,
            seed=_SEED,
            out=folder / name,
            updates=config.updates,
            pool=min(config.pool, 512),
            evaluated=32,
            evaluate_every=1,
            tensorboard=False,
        )
        members = members_of(training, config.seeds, (), {})
        if ray is None:
            ends.append(_members_end(train_population("here", members, ray)))
            continue
        first = members[0][1].out / "checkpoint.safetensors"
        find = lambda first=first: any_worker() if first.exists() else None  # noqa: E731
        with killing(find, 0.0) as killed:
            ends.append(_members_end(train_population("there", members, ray)))
        if not killed:
            raise EvaluationError("the kill came too late: the population was trained already")
        note(f"worker {killed[0]} was killed; its member went on from its checkpoint")
    return [here == there for here, there in zip(*ends, strict=True)]


def _members_end(members: list[Member]) -> list[bytes]:
    return [(member.folder / "best.safetensors").read_bytes() for member in members]


def _evaluation(config: ScaleBenchConfig, folder: Path, note: Note) -> tuple[list[bool], int]:
    """Returns which records are equal, and how many episodes are missing or failed."""
    plan = EvaluationPlan(
        suite="hidden_rule",
        agents=("window", "random"),
        options={"episodes": config.jobs, "first_seed": _SEED, "steps": config.steps},
    )

    def run(name: str, executor: Executor) -> list[object]:
        records = run_evaluation(plan, folder / name, executor).records
        return [without_times(record) for record in records]

    here = run("here", SerialExecutor())
    with joined("auto") as cluster, killing(any_worker, config.after_s) as killed:
        there = run("there", RayExecutor(cluster))
    if not killed:
        raise EvaluationError("the kill came too late: the evaluation was over")
    note(f"worker {killed[0]} was killed in the middle of an episode, which was played again")
    equal = [a == b for a, b in zip(here, there, strict=True)]
    for mine, other in zip(here, there, strict=True):
        if mine != other:
            note(f"{mine} is not {other}")
    return equal, len(plan.agents) * config.jobs - sum(equal)
