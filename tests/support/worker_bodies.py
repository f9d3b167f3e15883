"""Bodies over `odd_simulator`, and what a process leaves behind."""

import gc
import sys
from pathlib import Path
from typing import Any

import psutil

from embodied_mem.types import Intrinsics
from embodied_mem_envs.worker_body import BodyShape, WorkerBody
from embodied_mem_envs.worker_process import WorkerConfig

ADAPTER = Path(__file__).with_name("odd_simulator.py")
SHAPE = BodyShape(
    intrinsics=Intrinsics.from_hfov(8, 8, 1.5),
    observation_features={},
    action_features={},
    radius=0.2,
)


def odd_config(python: str = sys.executable, **settings: Any) -> WorkerConfig:
    """Settings named like fields of `WorkerConfig` go there, the rest to the adapter."""
    own = {n: settings.pop(n) for n in WorkerConfig.__slots__ if n in settings}
    return WorkerConfig(adapter=ADAPTER, python=python, options=settings, **own)


def odd_body(restarts: int = 0, **settings: Any) -> WorkerBody:
    return WorkerBody(odd_config(**settings), SHAPE, restarts=restarts)


def left_behind() -> tuple[set[str], int, set[int]]:
    """Names in shared memory, open files of this process, and its children."""
    children = {child.pid for child in psutil.Process().children(recursive=True)}
    shared = {path.name for path in Path("/dev/shm").iterdir()}
    shared = {name for name in shared if name.startswith(("psm_", "embodied"))}
    gc.collect()
    return shared, len(list(Path("/proc/self/fd").iterdir())), children
