"""What one tick of the whole brain costs, simulator and pictures left out."""

from collections.abc import Callable

import numpy as np

from embodied_mem.brain.arm_build import ArmBrainBuilder
from embodied_mem_envs.bench.brain.meter import MeteredArm, TickMeter
from embodied_mem_envs.tabletop import TabletopBody, default_cell
from embodied_mem_envs.tabletop.tasks import Level, make_episode
from embodied_mem_envs.tabletop.tasks.playing import play_history, starting_layout

_EPISODES: tuple[tuple[str, Level, int], ...] = (
    ("put_away", 2, 3),
    ("sort", 2, 3),
    ("stack", 3, 3),
)
"""Family, level and seed."""


def bench_tick(*, quick: bool, note: Callable[[str], None]) -> dict[str, float]:
    """Carries out tasks of the tabletop and measures every tick of the brain.

    A tick reaches from reading the joints to the command: belief, conditions, executor, skill with
    the planning of its motions, reflexes and limits. What the simulator and its cameras take is
    left out, and what perception takes is measured apart, since it runs only where there is a new
    picture.

    Returns:
        `tick_cpu_ms`: mean over all ticks while an instruction is carried out; `tick_cpu_p50_ms`,
        `tick_cpu_p99_ms`, `tick_cpu_max_ms`; `tick_with_pictures_cpu_ms`: mean with perception;
        `picture_cpu_ms`: mean of one picture; `tick_bench_ticks`: how many; `tick_bench_done`:
        share of the tasks that the brain believes done.
    """
    ticks: list[float] = []
    pictures: list[float] = []
    done: list[bool] = []
    for family, level, seed in _EPISODES[: 1 if quick else None]:
        note(f"cost of a tick: {family}, level {level}")
        meter, succeeded = measure_task(family, level, seed)
        done.append(succeeded)
        ticks += meter.ticks
        pictures += meter.pictures
    each = 1e3 * np.array(ticks)
    return {
        "tick_cpu_ms": float(each.mean()),
        "tick_cpu_p50_ms": float(np.median(each)),
        "tick_cpu_p99_ms": float(np.quantile(each, 0.99)),
        "tick_cpu_max_ms": float(each.max()),
        "tick_with_pictures_cpu_ms": float((each.sum() + 1e3 * sum(pictures)) / len(each)),
        "picture_cpu_ms": 1e3 * float(np.mean(pictures)),
        "tick_bench_ticks": float(len(each)),
        "tick_bench_done": float(np.mean(done)),
    }


def measure_task(family: str, level: Level, seed: int) -> tuple[TickMeter, bool]:
    """Plays the history of a task unmeasured, then measures how it is carried out.

    Returns:
        What was measured, and whether the brain believes that the task is done.
    """
    episode = make_episode(family, level, seed)
    body = TabletopBody(starting_layout(episode, default_cell()), seed=seed)
    body.connect()
    meter = TickMeter()
    try:
        brain = ArmBrainBuilder(MeteredArm(body, meter), body.cell).brain()
        play_history(episode, body, watch=lambda: _ignore(brain.watch()), new_session=lambda: None)
        meter.attach(brain)
        done = brain.do(episode.instruction)
    finally:
        body.close()
    return meter, done.succeeded


def _ignore(_: object) -> None:
    """Drops a value."""
