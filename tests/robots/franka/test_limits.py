"""The limits of Franka Robotics' arms and how a configuration narrows them."""

from math import sqrt

import pytest

from embodied_mem.errors import ConfigError
from embodied_mem.robots.franka.config import FrankaConfig
from embodied_mem.robots.franka.limits import FR3, JOINT_COUNT, TABLES, arm_limits, fr3_speed_window


@pytest.mark.parametrize("joint", range(JOINT_COUNT))
def test_a_joint_that_can_stop_before_its_end_is_never_too_fast_for_an_fr3(joint: int) -> None:
    limits = arm_limits("fr3")
    low, high = limits.low[joint], limits.high[joint]
    for step in range(1001):
        position = low + (high - low) * step / 1000.0
        up = min(limits.velocity[joint], sqrt(2 * limits.acceleration[joint] * (high - position)))
        down = min(limits.velocity[joint], sqrt(2 * limits.acceleration[joint] * (position - low)))
        slowest, fastest = fr3_speed_window(joint, position)
        assert up <= fastest + 1e-9
        assert -down >= slowest - 1e-9


@pytest.mark.parametrize("model", TABLES)
def test_the_limits_lie_within_the_manufacturers(model: str) -> None:
    limits, table = arm_limits(model), TABLES[model]
    for joint in range(JOINT_COUNT):
        assert table.low[joint] < limits.low[joint] < limits.high[joint] < table.high[joint]
        assert limits.velocity[joint] <= table.velocity[joint]
        assert limits.acceleration[joint] <= table.acceleration[joint]


def test_a_configuration_narrows_and_never_widens() -> None:
    wide = FrankaConfig(host="h", low=(-9.0,) * 7, high=(9.0,) * 7, velocity=(99.0,) * 7).limits()
    assert wide == arm_limits("fr3")
    narrow = FrankaConfig(host="h", velocity=(0.5,) * 7, acceleration=(99.0,) * 7).limits()
    assert narrow.velocity == (0.5,) * 7
    assert narrow.acceleration == FR3.acceleration


@pytest.mark.parametrize(
    "options",
    [
        {"host": ""},
        {"host": "h", "low": (0.0,) * 6},
        {"host": "h", "acceleration": (1.0,) * 8},
        {"host": "h", "low": (3.0,) * 7},
        {"host": "h", "grip_force": 0.0},
        {"host": "h", "gripper_speed": float("nan")},
    ],
)
def test_a_bad_configuration_is_refused(options: dict) -> None:
    with pytest.raises(ConfigError):
        FrankaConfig(**options)
