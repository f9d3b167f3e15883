"""`embodied-mem bench`: the project's figures, measured the same way every time."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import tyro
from rich.console import Console
from rich.table import Table

from embodied_mem.cli.result import write_result


@dataclass(frozen=True, kw_only=True)
class Bench:
    """Measure the project's figures (CPU time of one thread, or ratios within one run)."""

    what: tyro.conf.Positional[
        Literal["scene", "house", "store", "allocation", "brain", "robots", "worker", "all"]
    ] = "all"
    """`scene` (memory updates, snapshots), `house` (rendering), `store` (the memory store:
    durability, budget, search; extra `bench`), `allocation` (learned allocators against rules and
    bounds; extras `bench` and `train`), `brain` (reflexes, control rate, cost of a tick, working
    memory, skill window, plan grammar; extra `tabletop`), `robots` (safety gate, emergency stops,
    gateway, pictures over DDS; extra `ros2`), `worker` (what a simulator in another process costs)
    or all of them."""
    quick: bool = False
    """Smaller sizes, for a first look; the figures are noisier."""
    retrain: Path | None = None
    """`allocation` only: first train all policies anew into this folder, which takes about an hour
    on one core, and judge those."""
    json: Path | None = None
    """Write the figures and the machine as one JSON file."""

    def run(self) -> int:
        """Measures and prints; returns 0."""
        # One thread, whatever libraries would like: the figures are CPU time of one core.
        os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
        import cv2

        cv2.setNumThreads(1)
        started, cpu = time.perf_counter(), time.process_time()
        metrics: dict[str, float] = {}
        if self.what in ("house", "all"):
            from embodied_mem_envs.bench.house import bench_house

            metrics |= bench_house()
        if self.what in ("scene", "all"):
            metrics |= self._scene(Console(stderr=True).print)
        if self.what in ("store", "all"):
            from embodied_mem_envs.bench.store.suite import bench_store

            metrics |= bench_store(quick=self.quick, note=Console(stderr=True).print)
        if self.what in ("allocation", "all"):
            metrics |= self._allocation(Console(stderr=True).print)
        if self.what in ("brain", "all"):
            from embodied_mem_envs.bench.brain.suite import bench_brain

            metrics |= bench_brain(quick=self.quick, note=Console(stderr=True).print)
        if self.what in ("robots", "all"):
            from embodied_mem_envs.bench.robots.suite import bench_robots

            metrics |= bench_robots(quick=self.quick, note=Console(stderr=True).print)
        if self.what in ("worker", "all"):
            from embodied_mem_envs.bench.worker import bench_worker

            metrics |= bench_worker(quick=self.quick, note=Console(stderr=True).print)
        spent = {
            "wall_s": time.perf_counter() - started,
            "cpu_s": time.process_time() - cpu,
        }
        table = Table(title=f"bench {self.what}", title_justify="left")
        table.add_column("metric")
        table.add_column("value", justify="right")
        for name, value in {**metrics, **spent}.items():
            table.add_row(name, f"{value:.4g}")
        Console().print(table)
        if self.json is not None:
            config = {"what": self.what, "quick": self.quick}
            write_result(self.json, "bench", config, {**metrics, **spent})
        return 0

    def _allocation(self, note: Callable[[str], None]) -> dict[str, float]:
        from embodied_mem_envs.bench.allocation.suite import bench_allocation

        return bench_allocation(quick=self.quick, note=note, retrain=self.retrain)

    def _scene(self, note: Callable[[str], None]) -> dict[str, float]:
        from embodied_mem_envs.bench.scene import SceneBenchConfig, bench_scene

        if self.quick:
            return bench_scene(SceneBenchConfig(frames=300, houses=2), note)
        return bench_scene(SceneBenchConfig(), note)
