"""What a robot's host tells people: which sensors are silent, and what is not as it should be."""

from math import inf

from embodied_mem.robots.driver import Check
from embodied_mem.robots.readings import Readings
from embodied_mem.robots.safety.config import GateConfig

_SLOW = 0.8
"""A stream below this part of its rate is worth a warning."""


def silence_of(name: str, readings: Readings, seconds: float) -> str:
    """Returns why no picture came for some seconds, as far as the readings tell."""
    told = [
        f"{channel} never came" if age == inf else f"{channel} is {age:.1f} s old"
        for channel, age in readings.ages.items()
    ]
    told += [*readings.faults, readings.stopped]
    why = "; ".join(text for text in told if text) or "its driver says nothing is wrong"
    return (
        f"no new picture from {name} for {seconds:g} s: {why}. "
        "Check that the camera runs and that its messages arrive"
    )


def checks_of(readings: Readings, config: GateConfig, rate: float) -> tuple[Check, ...]:
    """Returns the rows of the table that concern every robot alike.

    Args:
        readings: The newest readings; every required channel must be fresh.
        config: How fresh, and at which rate the gate is to be asked.
        rate: How often it is asked, Hz.
    """
    ages = [
        Check(
            name=f"{channel} age",
            verdict="ok" if age <= config.stale else "error",
            found="nothing has come" if age == inf else f"{1e3 * age:.0f} ms",
            expected=f"at most {1e3 * config.stale:.0f} ms",
        )
        for channel, age in readings.ages.items()
    ]
    stream = Check(
        name="stream rate",
        verdict="ok" if rate > _SLOW * config.rate else "warning",
        found=f"{rate:.1f} Hz",
        expected=f"{config.rate:g} Hz; less means that this machine is too slow",
    )
    return (*ages, stream)
