"""The border to the world: a body senses and acts, and the brain cannot tell one from another."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol, runtime_checkable

from embodied_mem.types import Command, Observation

CLIMB: Final = "climb"
"""Name of the observation feature with which a body says that it takes stairs: its `high` is the
highest step that it gets up, m. It describes the body and need not come with observations."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Feature:
    """One named channel of a body, described before anything is connected."""

    shape: tuple[int, ...]
    dtype: str
    unit: str = ""
    low: float | None = None
    high: float | None = None


@runtime_checkable
class Body(Protocol):
    """Anything that the brainstem drives: the house, PyBullet, Habitat, a robot."""

    @property
    def observation_features(self) -> Mapping[str, Feature]:
        """What `observe` gives; readable while disconnected."""

    @property
    def action_features(self) -> Mapping[str, Feature]:
        """The fields of `Command` with their limits; readable while disconnected."""

    @property
    def radius(self) -> float:
        """Radius in metres of the upright cylinder that contains the body."""

    @property
    def seconds_per_tick(self) -> float:
        """How long one `act` lasts."""

    def connect(self) -> None:
        """Opens the link; called once before the first `observe`."""

    def close(self) -> None:
        """Stops the body and closes the link; safe to call twice."""

    def observe(self) -> Observation:
        """Returns the newest observation of the main camera."""

    def act(self, command: Command) -> Command:
        """Carries out one tick of a command and returns what was really sent after limits."""


def highest_step(body: Body) -> float:
    """Returns the highest step that a body gets up, m; 0 for one that must keep off stairs."""
    feature = body.observation_features.get(CLIMB)
    return 0.0 if feature is None or feature.high is None else feature.high
