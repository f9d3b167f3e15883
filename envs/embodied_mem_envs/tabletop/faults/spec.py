"""What can go wrong on purpose, how badly, and when."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from embodied_mem.errors import ConfigError, unknown_name

FaultName = Literal[
    "incomplete_grasp",
    "slip",
    "translation",
    "rotation",
    "wrong_object",
    "object_moved",
    "blocked_path",
    "camera_dropout",
    "depth_noise",
    "gripper_jam",
    "model_timeout",
]
Trigger = Literal["approach", "grasp", "carry", "tick", "call"]
"""When a fault acts: as the open hand comes down on a thing, as both fingers first touch it or are
told to close on it, as it is carried, at a tick, or (a model's only) at a call."""

FAULTS: tuple[FaultName, ...] = get_args(FaultName)


@dataclass(frozen=True, kw_only=True, slots=True)
class Nature:
    """What the magnitude of a fault means, and when it acts by itself."""

    magnitude: float
    """Used where a spec names none."""
    unit: str
    """What the magnitude is."""
    trigger: Trigger
    """When it acts where a spec does not say."""
    low: float
    """Least magnitude."""
    high: float
    """Largest magnitude."""


NATURES: Mapping[FaultName, Nature] = {
    "incomplete_grasp": Nature(
        magnitude=0.004, unit="m that the fingers spring back after touching", trigger="grasp",
        low=0.0005, high=0.03,
    ),
    "slip": Nature(
        magnitude=0.6, unit="share of the weight that friction no longer carries", trigger="carry",
        low=0.05, high=1.0,
    ),
    "translation": Nature(
        magnitude=0.03, unit="m by which the thing is pushed aside", trigger="approach",
        low=0.005, high=0.1,
    ),
    "rotation": Nature(
        magnitude=0.7, unit="rad by which the thing is turned", trigger="approach",
        low=0.1, high=1.6,
    ),
    "wrong_object": Nature(
        magnitude=0.03, unit="m that the look-alike may differ along each side",
        trigger="approach", low=0.0, high=0.1,
    ),
    "object_moved": Nature(
        magnitude=0.12, unit="m that the thing is moved at least", trigger="approach",
        low=0.06, high=0.4,
    ),
    "blocked_path": Nature(
        magnitude=0.24, unit="m that the box in the way is high", trigger="carry",
        low=0.12, high=0.4,
    ),
    "camera_dropout": Nature(
        magnitude=1.0, unit="s without pictures", trigger="approach", low=0.1, high=10.0
    ),
    "depth_noise": Nature(
        magnitude=0.02, unit="m of standard deviation at 1 m", trigger="approach",
        low=0.002, high=0.2,
    ),
    "gripper_jam": Nature(
        magnitude=1.0, unit="s in which the fingers do not move", trigger="grasp",
        low=0.1, high=10.0,
    ),
    "model_timeout": Nature(
        magnitude=30.0, unit="s that the model does not answer", trigger="call",
        low=0.0, high=3600.0,
    ),
}  # fmt: skip
"""Every fault's nature."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FaultSpec:
    """One fault to come. `model_timeout` is read by whoever runs the model, not by the body."""

    name: FaultName
    """Which."""
    magnitude: float | None = None
    """How badly, in the unit of `NATURES`; the usual where None."""
    trigger: Trigger | None = None
    """When; the usual of this fault where None."""
    occurrence: int = 1
    """Which time the trigger comes up: 2 spares the first grasp."""
    at: int = 0
    """The tick, with the trigger `tick`."""
    target: str = ""
    """Only when this thing is meant; whatever the hand is at where empty."""
    seconds: float = 3.0
    """How long depth is noisy, a slippery hand stays so or a path stays blocked, s."""

    def __post_init__(self) -> None:
        """Checks names and ranges.

        Raises:
            ConfigError: If the fault is unknown, its magnitude out of range, or its trigger one
                that it cannot have.
        """
        if self.name not in NATURES:
            raise unknown_name("fault", self.name, FAULTS)
        nature = NATURES[self.name]
        if not nature.low <= self.size <= nature.high:
            raise ConfigError(
                f"magnitude of {self.name} is {self.size}; expected {nature.low} to {nature.high} "
                f"({nature.unit})"
            )
        if self.when not in triggers_of(self.name):
            raise ConfigError(
                f"{self.name} cannot be triggered by {self.when!r}; expected one of "
                f"{', '.join(triggers_of(self.name))}"
            )
        if self.occurrence < 1 or self.seconds <= 0.0:
            raise ConfigError(
                f"occurrence is {self.occurrence}, seconds {self.seconds}; expected at least 1 and "
                "more than 0"
            )

    @property
    def size(self) -> float:
        """The magnitude, the usual one filled in."""
        return NATURES[self.name].magnitude if self.magnitude is None else self.magnitude

    @property
    def when(self) -> Trigger:
        """The trigger, the usual one filled in."""
        return self.trigger or NATURES[self.name].trigger


def triggers_of(name: FaultName) -> tuple[Trigger, ...]:
    """Returns the triggers that a fault can have."""
    if name in ("camera_dropout", "depth_noise", "gripper_jam"):
        return ("approach", "grasp", "carry", "tick")
    if name in ("translation", "rotation", "wrong_object", "object_moved"):
        return ("approach", "tick")
    return (NATURES[name].trigger,)
