"""The meter of ticks: counts every tick of a real run, apart from simulator and pictures."""

import pytest

pytest.importorskip("pybullet")
pytest.importorskip("pinocchio")

from embodied_mem_envs.bench.brain.tick import measure_task


def test_every_tick_of_a_task_is_measured() -> None:
    meter, done = measure_task("count", 1, 1000)
    assert done
    assert len(meter.ticks) > 200
    assert min(meter.ticks) > 0.0
    assert len(meter.pictures) >= 3
    assert meter.arm > sum(meter.ticks)  # rendering alone costs more than deciding
