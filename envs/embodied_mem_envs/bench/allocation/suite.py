"""`embodied-mem bench allocation`: what is kept, by whom, and what could have been."""

import tempfile
from pathlib import Path

from embodied_mem_envs.bench.allocation.contest import Note
from embodied_mem_envs.bench.allocation.families import judged, load_about, policy_path, seeds_of
from embodied_mem_envs.bench.allocation.generality import bench_generality
from embodied_mem_envs.bench.allocation.house_streams import LEARNED, bench_house_streams
from embodied_mem_envs.bench.allocation.label_free_pair import bench_label_free_pair
from embodied_mem_envs.bench.allocation.pictures import bench_pictures
from embodied_mem_envs.bench.allocation.resume import bench_resume
from embodied_mem_envs.bench.allocation.speed import bench_speed
from embodied_mem_envs.bench.allocation.t_maze import bench_t_maze


def bench_allocation(*, quick: bool, note: Note, retrain: Path | None = None) -> dict[str, float]:
    """Evaluates the shipped policies, the rules and the bounds on held-out episodes.

    Args:
        quick: Fewer episodes; the names of the figures are the same.
        note: Hears what comes.
        retrain: Train all policies anew into this folder first, and judge those.
    """
    if retrain is not None:
        from embodied_mem_envs.bench.allocation.shipping import Ship

        Ship(out=retrain).run(note)
    with judged(retrain):
        return _figures(quick=quick, note=note, retrain=retrain is not None)


def _figures(*, quick: bool, note: Note, retrain: bool) -> dict[str, float]:
    seconds = [
        float(load_about("house", algorithm, seed)["train_s"])
        for algorithm in LEARNED
        for seed in seeds_of("house", algorithm)
    ]
    learned = [
        policy_path("house", "ppo", seed).with_suffix(".json") for seed in seeds_of("house", "ppo")
    ]
    with tempfile.TemporaryDirectory() as folder:
        return {
            "train_s": max(seconds),
            **bench_house_streams(quick=quick, note=note),
            **bench_generality(quick=quick, note=note),
            **bench_speed(quick=quick),
            **bench_resume(Path(folder)),
            **bench_pictures(quick=quick, note=note, learned=learned),
            **bench_label_free_pair(quick=quick, note=note, retrain=retrain),
            **bench_t_maze(quick=quick, note=note),
        }
