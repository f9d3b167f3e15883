"""`embodied-mem bench`: the project's figures, measured the same way every time."""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Literal

import tyro
from rich.console import Console
from rich.table import Table

from embodied_mem.cli.result import write_result
from embodied_mem.errors import ConfigError

Note = Callable[[str], None]
_OF_PARTS = ("sat", "long", "models")
"""Suites made of parts, which can be measured singly."""


@dataclass(frozen=True, kw_only=True)
class Bench:
    """Measure the project's figures (CPU time of one thread, or ratios within one run)."""

    what: tyro.conf.Positional[
        Literal[
            "scene",
            "house",
            "store",
            "allocation",
            "brain",
            "robots",
            "worker",
            "sat",
            "long",
            "models",
            "all",
        ]
    ] = "all"
    """`scene` (memory updates, snapshots), `house` (rendering), `store` (the memory store:
    durability, budget, search; extra `bench`), `allocation` (learned allocators against rules and
    bounds; extras `bench` and `train`), `brain` (reflexes, control rate, cost of a tick, working
    memory, skill window, plan grammar; extra `tabletop`), `robots` (safety gate, emergency stops,
    gateway, pictures over DDS; extra `ros2`), `worker` (what a simulator in another process costs),
    `sat` (episodic memory, its transformer, training at scale; extras `train`, `bench` and `ray`),
    `long` (what a memory needs after the first day; extra `open3d`), `models` (language and
    perception models as they plug in; extras `models` and `perception`) or all of them, of `sat`,
    `long` and `models` the quick form."""
    quick: bool = False
    """Smaller sizes, for a first look; the figures are noisier."""
    only: tuple[str, ...] = ()
    """`sat`, `long` and `models` only: the parts to measure, such as `reader` or `drift`; all where
    none is named."""
    out: Path | None = None
    """`sat`, `long` and `models` only: a folder for curves and pictures."""
    retrain: Path | None = None
    """`allocation` only: first train all policies anew into this folder, which takes about an hour
    on one core, and judge those."""
    json: Path | None = None
    """Write the figures and the machine as one JSON file."""

    def run(self) -> int:
        """Measures and prints; returns 0.

        Raises:
            ConfigError: If an option goes with another suite.
        """
        if (self.only or self.out) and self.what not in _OF_PARTS:
            raise ConfigError(
                f"--only and --out go with `bench sat`, `long` and `models`, not with `bench "
                f"{self.what}`"
            )
        # One thread, whatever libraries would like: the figures are CPU time of one core.
        os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
        import cv2

        cv2.setNumThreads(1)
        started, cpu = time.perf_counter(), time.process_time()
        metrics: dict[str, float] = {}
        for name, measure in self._suites().items():
            if self.what in (name, "all"):
                metrics |= measure(Console(stderr=True).print)
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
            config = {"what": self.what, "quick": self.quick, "only": self.only}
            write_result(self.json, "bench", config, {**metrics, **spent})
        return 0

    def _suites(self) -> Mapping[str, Callable[[Note], dict[str, float]]]:
        """Returns what measures, by name, in the order of `all`."""
        return {
            "house": self._house,
            "scene": self._scene,
            "store": partial(self._plain, "store.suite", "bench_store"),
            "allocation": self._allocation,
            "brain": partial(self._plain, "brain.suite", "bench_brain"),
            "robots": partial(self._plain, "robots.suite", "bench_robots"),
            "worker": partial(self._plain, "worker", "bench_worker"),
            **{name: partial(self._parts, name) for name in _OF_PARTS},
        }

    def _plain(self, module: str, function: str, note: Note) -> dict[str, float]:
        """Measures what takes no other settings than `quick`."""
        measure = getattr(import_module(f"embodied_mem_envs.bench.{module}"), function)
        metrics: dict[str, float] = measure(quick=self.quick, note=note)
        return metrics

    def _house(self, note: Note) -> dict[str, float]:
        from embodied_mem_envs.bench.house import bench_house

        return bench_house()

    def _parts(self, name: str, note: Note) -> dict[str, float]:
        # In full they take more than an hour, which nobody means by "all".
        quick = self.quick or self.what == "all"
        measure = getattr(import_module(f"embodied_mem_envs.bench.{name}.suite"), f"bench_{name}")
        metrics: dict[str, float] = measure(quick=quick, note=note, only=self.only, out=self.out)
        return metrics

    def _allocation(self, note: Note) -> dict[str, float]:
        from embodied_mem_envs.bench.allocation.suite import bench_allocation

        return bench_allocation(quick=self.quick, note=note, retrain=self.retrain)

    def _scene(self, note: Note) -> dict[str, float]:
        from embodied_mem_envs.bench.scene import SceneBenchConfig, bench_scene

        if self.quick:
            return bench_scene(SceneBenchConfig(frames=300, houses=2), note)
        return bench_scene(SceneBenchConfig(), note)
