"""The settings of a model server that are searched: a grid of a few values along each axis."""

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Final, Self, final

import numpy as np

from embodied_mem.errors import ConfigError
from embodied_mem.types import Float64Array


@final
@dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """How a server is asked."""

    concurrency: int = 1
    """Groups of calls that are under way at a time."""
    batch: int = 1
    """Calls of a group: sent together, and the next group follows when all are answered."""
    image_size: int = 0
    """Longer side of the pictures that are sent, px; 0 for none."""
    records: int = 32
    """Records of memory in a prompt."""
    max_tokens: int = 256
    """How long an answer may be."""

    @property
    def in_flight(self) -> int:
        """The most calls that are under way at a time."""
        return self.concurrency * self.batch

    def __str__(self) -> str:
        words = [f"{self.concurrency} x {self.batch} calls at a time"]
        if self.image_size:
            words.append(f"pictures of {self.image_size} px")
        return ", ".join([*words, f"{self.records} records", f"{self.max_tokens} tokens"])


AXES: Final = tuple(field.name for field in fields(Setting))
"""Names of the axes of every space, in the order of its coordinates."""


@final
@dataclass(frozen=True, kw_only=True)
class Space:
    """The values along each axis, rising; an axis of one value is not searched."""

    concurrency: tuple[int, ...] = (1, 2, 4, 8, 16, 32, 64)
    """Groups of calls under way at a time."""
    batch: tuple[int, ...] = (1, 2, 4, 8)
    """Calls of a group."""
    image_size: tuple[int, ...] = (0,)
    """Longer sides of pictures, px; 0 for no picture."""
    records: tuple[int, ...] = (32,)
    """Records of memory in a prompt."""
    max_tokens: tuple[int, ...] = (64, 128, 256, 512)
    """Limits of the length of an answer."""

    def __post_init__(self) -> None:
        """Checks the axes.

        Raises:
            ConfigError: If an axis is empty, does not rise or has a value out of range.
        """
        for name, values in self.axes().items():
            least = 0 if name in ("image_size", "records") else 1
            if not values or values[0] < least or list(values) != sorted(set(values)):
                raise ConfigError(
                    f"the values of {name} are {list(values)}; expected at least one, rising, "
                    f"from {least} on"
                )

    @classmethod
    def of(cls, axes: Mapping[str, Sequence[int]]) -> Self:
        """Returns the space with these axes, the others as they are by default.

        Raises:
            ConfigError: If an axis is none of `AXES`, or its values are wrong.
        """
        if not set(axes) <= set(AXES):
            raise ConfigError(f"the axes are {sorted(axes)}; known are {', '.join(AXES)}")
        return cls(**{name: tuple(values) for name, values in axes.items()})

    def axes(self) -> dict[str, tuple[int, ...]]:
        """Returns the values by the name of their axis, in the order of `AXES`."""
        return {name: getattr(self, name) for name in AXES}

    @property
    def shape(self) -> tuple[int, ...]:
        """How many values each axis has."""
        return tuple(len(values) for values in self.axes().values())

    def __len__(self) -> int:
        return math.prod(self.shape)

    def __iter__(self) -> Iterator[Setting]:
        for values in itertools.product(*self.axes().values()):
            yield Setting(**dict(zip(AXES, values, strict=True)))

    def setting(self, point: int) -> Setting:
        """Returns the setting of a point, counted as the space is iterated."""
        places = np.unravel_index(point, self.shape)
        axes = self.axes().items()
        return Setting(
            **{name: values[place] for (name, values), place in zip(axes, places, strict=True)}
        )

    def point(self, setting: Setting) -> int:
        """Returns the number of a setting.

        Raises:
            ConfigError: If it is not in the space.
        """
        axes = self.axes().items()
        try:
            places = [values.index(getattr(setting, name)) for name, values in axes]
        except ValueError:
            raise ConfigError(f"{setting} is not among the settings that are searched") from None
        return int(np.ravel_multi_index(places, self.shape))

    def coordinates(self) -> Float64Array:
        """Returns where the points lie for a surrogate, float64 (n, axes + 1).

        One column an axis, its places evenly from 0 to 1; the last is the logarithm of the calls in
        flight, from 0 to 1: queues and memory feel their product, not its factors.
        """
        places = np.stack(np.unravel_index(np.arange(len(self)), self.shape), axis=1)
        spans = np.maximum(np.array(self.shape) - 1, 1)
        flight = np.log2([setting.in_flight for setting in self])
        flight = (flight - flight.min()) / max(float(np.ptp(flight)), 1.0)
        columns: Float64Array = np.column_stack([places / spans, flight])
        return columns
