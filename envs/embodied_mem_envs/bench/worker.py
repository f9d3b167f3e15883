"""What it costs to have a simulator in another process: `bench worker`."""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from embodied_mem.robots.body import Body
from embodied_mem.types import Command, Intrinsics
from embodied_mem_envs.bench import worker_adapter
from embodied_mem_envs.house import CameraConfig, HouseBody, HouseConfig, generate_house
from embodied_mem_envs.simulators import BodySetup
from embodied_mem_envs.worker_body import BodyShape, WorkerBody
from embodied_mem_envs.worker_house import HouseInWorker
from embodied_mem_envs.worker_process import WorkerConfig

_SIDE = 128
_ROUNDS = 7
_STEP = Command(turn=0.05)
_CAMERA = CameraConfig(width=_SIDE, height=_SIDE)


def bench_worker(*, quick: bool, note: Callable[[str], None]) -> dict[str, float]:
    """Measures the price of a worker at 128x128 RGB-D-semantic.

    A step is one `act` and one `observe`.

    Returns:
        `worker_overhead_ms`: CPU milliseconds a step of both processes together, with a simulator
        that only copies ready pictures into shared memory, that is, all but rendering (the lowest
        of the rounds: what else runs on the machine can only add to it);
        `worker_overhead_median_ms`: their median; `worker_steps_per_s`: wall-clock steps a second
        with that simulator; `worker_house_steps_per_s` and `worker_house_in_process_steps_per_s`:
        likewise for a house in a worker and in this process; `worker_copied_frame_ms`: what a frame
        costs more, in CPU of this process, when so many are held that it has to be copied.
    """
    steps = 200 if quick else 1000
    note("a worker with ready pictures")
    body = _still_body()
    body.connect()
    try:
        figures = _rounds(body, steps)
        figures["worker_copied_frame_ms"] = _copying(body, steps) - _copying(body, steps, held=0)
    finally:
        body.close()
    note("a house of 3 rooms in a worker and in this process")
    house = generate_house(7, HouseConfig(rooms=3))
    setup = BodySetup(camera=_CAMERA)
    for name, tested in (
        ("worker_house_steps_per_s", HouseInWorker(house, setup)),
        ("worker_house_in_process_steps_per_s", HouseBody(house, _CAMERA)),
    ):
        figures[name] = _speed(tested, steps // 4)
    return figures


def _still_body() -> WorkerBody:
    adapter = Path(worker_adapter.__file__)
    return WorkerBody(
        WorkerConfig(adapter=adapter, options={"width": _SIDE, "height": _SIDE}),
        BodyShape(
            intrinsics=Intrinsics.from_hfov(_SIDE, _SIDE, np.pi / 2),
            observation_features={},
            action_features={},
            radius=0.2,
        ),
    )


def _rounds(body: WorkerBody, steps: int) -> dict[str, float]:
    assert body.process is not None
    pid = body.process.pid
    _walk(body, steps // 4)
    spent, speeds = [], []
    for _ in range(_ROUNDS):
        started = time.perf_counter()
        near, far = time.process_time(), process_cpu_s(pid)
        _walk(body, steps)
        cpu = time.process_time() - near + process_cpu_s(pid) - far
        spent.append(1e3 * cpu / steps)
        speeds.append(steps / (time.perf_counter() - started))
    return {
        "worker_overhead_ms": min(spent),
        "worker_overhead_median_ms": float(np.median(spent)),
        "worker_steps_per_s": float(np.median(speeds)),
    }


def _copying(body: WorkerBody, steps: int, held: int = 8) -> float:
    """Returns CPU milliseconds of this process a frame while so many frames are kept."""
    kept = [body.observe() for _ in range(held)]
    spent = []
    for _ in range(_ROUNDS):
        started = time.process_time()
        for _ in range(steps // 4):
            body.observe()
        spent.append(1e3 * (time.process_time() - started) / (steps // 4))
    assert len(kept) == held
    return min(spent)


def _speed(body: Body, steps: int) -> float:
    body.connect()
    try:
        _walk(body, 5)
        started = time.perf_counter()
        _walk(body, steps)
        return steps / (time.perf_counter() - started)
    finally:
        body.close()


def _walk(body: Body, steps: int) -> None:
    for _ in range(steps):
        body.act(_STEP)
        body.observe()


def process_cpu_s(pid: int) -> float:
    """Returns the CPU time that a process and its threads have used, seconds.

    Raises:
        OSError: If there is no such process, or this is no Linux.
    """
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        total += int((task / "schedstat").read_text().split()[0])
    return 1e-9 * total
