"""One object of a house: what it is, where it stands, and its exact boxes."""

from dataclasses import dataclass
from math import cos, sin
from typing import Any

import numpy as np

from embodied_mem.types import Float64Array
from embodied_mem_envs.house.footprint import Footprint


@dataclass(frozen=True, kw_only=True, slots=True)
class HouseObject:
    """A piece of furniture or a small object; its own frame is x front, y left, z up."""

    id: str
    category: str
    colour: str
    material: str
    room: str
    on: str | None
    """Id of the object that carries it, None on the floor or on a wall."""
    position: tuple[float, float, float]
    """Centre of its box, metres."""
    yaw: float
    size: tuple[float, float, float]
    """Depth (x), width (y) and height (z) in its own frame, metres."""
    style: int
    """Seed of everything about its looks that has no name."""

    @property
    def base(self) -> float:
        """Height of its lowest point."""
        return self.position[2] - self.size[2] / 2

    @property
    def top(self) -> float:
        """Height of its highest point."""
        return self.position[2] + self.size[2] / 2

    @property
    def footprint(self) -> Footprint:
        """The rectangle it covers, seen from above."""
        return Footprint(
            self.position[0], self.position[1], self.size[0] / 2, self.size[1] / 2, self.yaw
        )

    @property
    def box_min(self) -> tuple[float, float, float]:
        """Lower corner of its axis-aligned box in the world."""
        bounds = self.footprint.bounds()
        return bounds[0], bounds[1], self.base

    @property
    def box_max(self) -> tuple[float, float, float]:
        """Upper corner of its axis-aligned box in the world."""
        bounds = self.footprint.bounds()
        return bounds[2], bounds[3], self.top

    def from_unit(self, points: Float64Array) -> Float64Array:
        """Maps (N, 3) points of its unit box into the world."""
        local = (points - 0.5) * self.size
        c, s = cos(self.yaw), sin(self.yaw)
        turned = local @ np.array([[c, s, 0.0], [-s, c, 0.0], [0.0, 0.0, 1.0]])
        result: Float64Array = turned + self.position
        return result

    def truth(self) -> dict[str, Any]:
        """Returns its ground truth as JSON-able values."""
        return {
            "id": self.id,
            "category": self.category,
            "colour": self.colour,
            "material": self.material,
            "room": self.room,
            "on": self.on,
            "position": [round(float(v), 4) for v in self.position],
            "yaw": round(float(self.yaw), 4),
            "box_min": [round(float(v), 4) for v in self.box_min],
            "box_max": [round(float(v), 4) for v in self.box_max],
        }
