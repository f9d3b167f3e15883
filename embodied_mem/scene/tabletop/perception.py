"""From one picture to the things in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, final

import numpy as np

from embodied_mem.robots.arm import WorkCell
from embodied_mem.scene.tabletop.arm_mask import arm_mask
from embodied_mem.scene.tabletop.boxes import Box
from embodied_mem.scene.tabletop.drawers import opened_share
from embodied_mem.scene.tabletop.foreground import Fixtures
from embodied_mem.scene.tabletop.grouping import Grouping
from embodied_mem.scene.tabletop.looks import colour_word
from embodied_mem.scene.tabletop.recognition import Appearance, learned_appearance
from embodied_mem.scene.tabletop.segments import Borders, find_pieces, piece_borders
from embodied_mem.scene.tabletop.sightings import Sighting
from embodied_mem.scene.tabletop.splitting import Group
from embodied_mem.scene.tabletop.view import View, make_view
from embodied_mem.types import BoolArray, Float32Array, Float64Array, Observation

_KEPT: Final = 48
"""Points of a thing that are kept to look for it again."""
_SNAP: Final = 1.25
"""Misfit up to which a thing is taken to have the size of its kind."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Picture:
    """What one picture tells."""

    view: View
    arm: BoolArray
    """(H, W) pixels that show the arm."""
    opened: Mapping[str, float]
    """How far each drawer is open; only those of which enough is seen."""
    sightings: tuple[Sighting, ...]


@final
class TabletopPerception:
    """Finds things in pictures of a work cell.

    Args:
        cell: The fixtures.
        appearance: What things look like; what ships with the package where None.
    """

    def __init__(self, cell: WorkCell, appearance: Appearance | None = None) -> None:
        self.fixtures = Fixtures(cell)
        self._appearance = appearance or learned_appearance()

    def look(
        self, observation: Observation, spheres: Float64Array, opened: Mapping[str, float]
    ) -> Picture | None:
        """Finds the things in a picture.

        Args:
            observation: The picture.
            spheres: (N, 4) centre in the world and radius, m, which together contain the arm.
            opened: How far each drawer is believed to be open.

        Returns:
            None for a picture that shows nothing that can be believed.
        """
        view = make_view(observation)
        if view is None:
            return None
        arm = arm_mask(view, spheres)
        seen = {
            name: share
            for name, drawer in self.fixtures.drawers.items()
            if (share := opened_share(view, drawer, arm)) is not None
        }
        sightings = self._sightings(view, arm, {**opened, **seen})
        return Picture(view=view, arm=arm, opened=seen, sightings=sightings)

    def _sightings(
        self, view: View, arm: BoolArray, opened: Mapping[str, float]
    ) -> tuple[Sighting, ...]:
        foreground = self.fixtures.foreground(view, arm, opened)
        pieces = find_pieces(view, foreground.mask)
        if pieces is None:
            return ()
        borders = piece_borders(view, pieces, arm)
        groups = Grouping(view, foreground, pieces, self._appearance).groups()
        return tuple(_sighting(group, borders, view) for group in groups)


def _sighting(group: Group, borders: Borders, view: View) -> Sighting:
    patch, recognition = group.patch, group.recognition
    members = list(group.members)
    weight = borders.outline[members] / borders.outline[members].sum()
    arm, hidden = float(borders.arm[members] @ weight), float(borders.hidden[members] @ weight)
    box = group.box
    if recognition.size is not None and recognition.misfit < _SNAP:
        box = _snapped(group, view.eye)
    chosen = np.linspace(0, len(patch) - 1, min(_KEPT, len(patch))).astype(np.int64)
    return Sighting(
        category=recognition.category,
        colour=recognition.colour or colour_word(patch),
        confidence=recognition.confidence,
        lying=recognition.lying,
        box=box,
        pixels=len(patch),
        arm=arm,
        hidden=hidden,
        share=patch.shares.mean(axis=0),
        points=_own_frame(patch.points[chosen], box),
        tints=patch.shares[chosen],
    )


def _snapped(group: Group, eye: Float64Array) -> Box:
    """Returns a box of the usual size of its kind, moved by what the camera does not see."""
    box, recognition = group.box, group.recognition
    size = box.size if recognition.size is None else recognition.size
    away = box.position[:2] - eye[:2]
    length = float(np.hypot(*away))
    away = away / length if length > 1e-6 else np.array([1.0, 0.0])
    right = np.array([away[1], -away[0]])
    flat = box.position[:2] + recognition.shift[0] * away + recognition.shift[1] * right
    return Box(
        position=np.array([*flat, group.floor + 0.5 * size[2]]),
        size=size.copy(),
        yaw=box.yaw,
        fill=box.fill,
    )


def _own_frame(points: Float32Array, box: Box) -> Float32Array:
    """Returns points from the middle of a box, turned with it."""
    cos, sin = np.float32(np.cos(box.yaw)), np.float32(np.sin(box.yaw))
    away = points - box.position.astype(np.float32)
    own: Float32Array = np.stack(
        [cos * away[:, 0] + sin * away[:, 1], cos * away[:, 1] - sin * away[:, 0], away[:, 2]],
        axis=1,
    )
    return own
