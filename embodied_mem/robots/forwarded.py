"""A body in front of another one."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Generic, TypeVar

from embodied_mem.robots.body import Body, Feature
from embodied_mem.types import Command, Observation

_Inner = TypeVar("_Inner", bound=Body)


class ForwardedBody(ABC, Generic[_Inner]):
    """Implements `Body` by the body behind it; a subclass overrides what it adds to that."""

    def __init__(self, body: _Inner) -> None:
        self._body = body

    @property
    def observation_features(self) -> Mapping[str, Feature]:
        """What `observe` gives; readable while disconnected."""
        return self._body.observation_features

    @property
    def action_features(self) -> Mapping[str, Feature]:
        """The fields of `Command` with their limits; readable while disconnected."""
        return self._body.action_features

    @property
    def radius(self) -> float:
        """Radius in metres of the upright cylinder that contains the body."""
        return self._body.radius

    @property
    def seconds_per_tick(self) -> float:
        """How long one `act` lasts."""
        return self._body.seconds_per_tick

    @abstractmethod
    def connect(self) -> None:
        """Opens the link; see `Body`."""

    def close(self) -> None:
        """Stops the body and closes the link; safe to call twice."""
        self._body.close()

    def observe(self) -> Observation:
        """Returns what the camera sees now.

        Raises:
            BodyError: If the body is not connected or can no longer be reached.
        """
        return self._body.observe()

    def act(self, command: Command) -> Command:
        """Carries out one tick and returns the command after limits.

        Raises:
            BodyError: As `observe`, or if the command is not finite.
        """
        return self._body.act(command)
