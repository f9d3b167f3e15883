"""Makes `assets/tabletop/appearance.npz`: how things of the catalogue look, from rendered views.

    python -m embodied_mem_envs.tabletop_appearance assets/tabletop/appearance.npz

Every kind is put down in every colour at random places of the table, upright or on its side, and
looked at from the gantry and from a hand above it; what the brain's own perception cuts out of
these pictures is what it learns from.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from embodied_mem.scene.tabletop.foreground import Fixtures
from embodied_mem.scene.tabletop.grouping import cut_pieces
from embodied_mem.scene.tabletop.learning import AppearanceLearner, Sample
from embodied_mem.scene.tabletop.looks import Patch, describe, join_patches
from embodied_mem.scene.tabletop.segments import find_pieces
from embodied_mem.scene.tabletop.view import View, make_view
from embodied_mem.types import Float32Array, Float64Array, Observation
from embodied_mem_envs.tabletop.camera import FRONT, WRIST, TabletopCamera, looking
from embodied_mem_envs.tabletop.catalogue import kind, kinds
from embodied_mem_envs.tabletop.cell import DRAWERS, default_cell
from embodied_mem_envs.tabletop.render import Renderer
from embodied_mem_envs.tabletop.shapes import cell_look, drawer_look, thing_look

SEED: Final = 20_240_917
"""Of the poses; tests and tasks use small seeds."""
VIEWS: Final = 44
"""Pictures of every kind in every colour from the gantry."""
VIEWS_FROM_ABOVE: Final = 12
_TOGETHER: Final = 8
"""Things in one picture."""
_APART: Final = 0.035
"""Metres between the circles around two things in one picture."""
_LYING: Final = 0.2
"""Share of the views in which what is taller than `_TALL` lies on its side."""
_TALL: Final = 0.045
_NOISY: Final = 0.2
"""Share of the pictures with noise in their depth."""
_MOST_NOISE: Final = 0.004
"""Largest standard deviation of that noise, m."""
_AREA: Final = ((0.20, 0.62), (-0.34, 0.34))
"""Where things are put, m; a little more than where tasks put them."""

Look = tuple[str, str]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Shown:
    """One thing in a scene."""

    kind: str
    colour: str
    pose: Float64Array
    """(4, 4) T_world_thing; the middle of its box is the origin."""
    radius: float
    """Of the circle around its footprint, m."""
    lying: bool

    @property
    def size(self) -> Float64Array:
        """(3,) its extent as it stands, the longer horizontal one first, m."""
        width, depth, height = kind(self.kind).size
        if self.lying:
            depth, height = height, depth
        return np.array([max(width, depth), min(width, depth), height])


def all_looks() -> list[Look]:
    """Returns every kind in every colour that it comes in."""
    return [(each.name, colour) for each in kinds().values() for colour in each.colours]


def scatter(
    rng: np.random.Generator, wanted: Sequence[Look], lying: float = 0.0, apart: float = _APART
) -> list[Shown]:
    """Puts things down at random, none touching; those that find no room are left out.

    Args:
        rng: Decides where.
        wanted: Kinds and colours.
        lying: Share of what is tall that lies on its side.
        apart: Least distance of the circles around two things, m.
    """
    shown: list[Shown] = []
    for name, colour in wanted:
        for _ in range(60):
            each = _put(rng, name, colour, lying)
            if all(
                np.hypot(*(each.pose - other.pose)[:2, 3]) > each.radius + other.radius + apart
                for other in shown
            ):
                shown.append(each)
                break
    return shown


def picture(
    renderer: Renderer,
    things: Sequence[Shown],
    camera: TabletopCamera = FRONT,
    T_world_camera: Float64Array | None = None,
) -> Observation:
    """Renders things that stand on the table, the drawers closed and the arm away."""
    pieces = [(thing_look(each.kind, each.colour), each.pose) for each in things]
    pieces += [(drawer_look(side), np.eye(4)) for side in DRAWERS.values()]
    pose = camera.mount if T_world_camera is None else T_world_camera
    keep = T_world_camera is None
    rgb, depth = renderer.render(pose, camera.intrinsics, pieces, keep=keep)
    return Observation(
        rgb=rgb,
        depth=depth,
        intrinsics=camera.intrinsics,
        T_world_camera=pose,
        T_world_body=np.eye(4),
        tick=0,
        camera=camera.name,
    )


def samples_of(view: View, things: Sequence[Shown], fixtures: Fixtures, tag: str) -> list[Sample]:
    """Cuts the things out of a picture as perception does; those out of it are left out."""
    foreground = fixtures.foreground(view, np.zeros(view.depth.shape, bool), {})
    pieces = find_pieces(view, foreground.mask)
    if pieces is None:
        return []
    owned: list[list[Patch]] = [[] for _ in things]
    middles = np.array([each.pose[:2, 3] for each in things])
    for patch in cut_pieces(view, foreground, pieces):
        apart = np.hypot(*(middles - patch.points[:, :2].mean(axis=0)).T)
        nearest = int(np.argmin(apart))
        if apart[nearest] < things[nearest].radius + 0.01:
            owned[nearest].append(patch)
    return [
        _sample(view, join_patches(own), thing, tag)
        for own, thing in zip(owned, things, strict=True)
        if own and not _cut_off(view, thing)
    ]


def learn(
    views: int, views_above: int, seed: int, looks: Sequence[Look] | None = None
) -> AppearanceLearner:
    """Renders and gathers samples.

    Args:
        views: Pictures of every look from the gantry.
        views_above: Pictures of every look from a hand above.
        seed: Of the poses.
        looks: Kinds and colours; the whole catalogue where None.
    """
    looks = all_looks() if looks is None else looks
    rng = np.random.default_rng(seed)
    learner = AppearanceLearner()
    fixtures, renderer = Fixtures(default_cell()), Renderer(cell_look())
    for _ in range(views):
        for wanted in _dealt(rng, looks, _TOGETHER):
            things = scatter(rng, wanted, _LYING)
            view = _noisy_view(rng, picture(renderer, things))
            learner.samples += samples_of(view, things, fixtures, "front")
    for _ in range(views_above):
        for wanted in _dealt(rng, looks, 1):
            things = scatter(rng, wanted, 0.0)
            view = _noisy_view(rng, _from_above(rng, renderer, things))
            learner.samples += samples_of(view, things, fixtures, "above")
    return learner


def _put(rng: np.random.Generator, name: str, colour: str, lying: float) -> Shown:
    size = kind(name).size
    on_side = size[2] > _TALL and rng.random() < lying
    yaw = rng.uniform(-np.pi, np.pi)
    cos, sin = np.cos(yaw), np.sin(yaw)
    pose = np.eye(4)
    pose[:2, :2] = [[cos, -sin], [sin, cos]]
    if on_side:
        pose[:3, :3] = pose[:3, :3] @ np.array([[1.0, 0, 0], [0, 0, -1.0], [0, 1.0, 0]])
    (x0, x1), (y0, y1) = _AREA
    depth, height = (size[2], size[1]) if on_side else (size[1], size[2])
    pose[:3, 3] = rng.uniform(x0, x1), rng.uniform(y0, y1), 0.5 * height
    radius = 0.5 * float(np.hypot(size[0], depth))
    return Shown(kind=name, colour=colour, pose=pose, radius=radius, lying=on_side)


def _dealt(rng: np.random.Generator, looks: Sequence[Look], together: int) -> Iterator[list[Look]]:
    order = [looks[k] for k in rng.permutation(len(looks))]
    for start in range(0, len(order), together):
        yield order[start : start + together]


def _noisy_view(rng: np.random.Generator, observation: Observation) -> View:
    if rng.random() < _NOISY:
        scale = rng.uniform(0.0, _MOST_NOISE)
        noise = rng.normal(0.0, scale, observation.depth.shape).astype(np.float32)
        observation.depth[:] = np.where(observation.depth > 0, observation.depth + noise, 0.0)
    view = make_view(observation)
    if view is None:
        raise ValueError("a rendered picture must be valid")
    return view


def _from_above(
    rng: np.random.Generator, renderer: Renderer, things: Sequence[Shown]
) -> Observation:
    x, y = things[0].pose[:2, 3] + rng.uniform(-0.06, 0.06, 2)
    height = rng.uniform(0.28, 0.55)
    turn = rng.uniform(-np.pi, np.pi)
    mount = looking((x, y, height), (x, y, 0.0), (float(np.cos(turn)), float(np.sin(turn)), 0.0))
    return picture(renderer, things, WRIST, mount)


def _cut_off(view: View, thing: Shown) -> bool:
    """Tells whether the edge of the picture cuts a thing off."""
    around = np.array([(x, y) for x in (-1, 1) for y in (-1, 1)]) * thing.radius
    corners = np.column_stack([thing.pose[:2, 3] + around, np.full(4, thing.pose[2, 3])])
    column, row, _ = view.project(corners.astype(np.float32))
    height, width = view.depth.shape
    return bool(
        column.min() < 2 or row.min() < 2 or column.max() > width - 3 or row.max() > height - 3
    )


def _sample(view: View, patch: Patch, thing: Shown, tag: str) -> Sample:
    box, looks = describe(patch, patch.level, view.eye, view.noise)
    true: Float64Array = thing.pose[:3, 3]
    away = true[:2] - view.eye[:2]
    away = away / max(float(np.hypot(*away)), 1e-6)
    error = true - box.position
    shift = (float(error[:2] @ away), float(error[0] * away[1] - error[1] * away[0]), error[2])
    if tag == "above":
        shift = (0.0, 0.0, error[2])
    numbers: Float32Array = looks
    return Sample(
        colour=thing.colour,
        category=thing.kind,
        pose=f"{tag}-{'lying' if thing.lying else 'upright'}",
        looks=numbers,
        size=thing.size,
        shift=np.array(shift),
    )


def main() -> None:
    """Writes the file that the command line names."""
    import sys

    path = Path(sys.argv[1] if len(sys.argv) > 1 else "assets/tabletop/appearance.npz")
    path.parent.mkdir(parents=True, exist_ok=True)
    learner = learn(VIEWS, VIEWS_FROM_ABOVE, SEED)
    learner.write(path)
    print(f"{path}: {len(learner.samples)} samples, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
