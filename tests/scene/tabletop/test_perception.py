"""Perception against the real renderer; the seeds differ from those that looks are learned from."""

import dataclasses

import numpy as np
import pytest

from embodied_mem.scene.tabletop.perception import TabletopPerception
from embodied_mem.scene.tabletop.sightings import Sighting
from embodied_mem.types import Observation
from embodied_mem_envs.tabletop.camera import FRONT
from embodied_mem_envs.tabletop.cell import DRAWERS, TRAVEL, default_cell
from embodied_mem_envs.tabletop.render import Renderer
from embodied_mem_envs.tabletop.shapes import cell_look, drawer_look, thing_look
from embodied_mem_envs.tabletop_appearance import Shown, all_looks, picture, scatter

NO_ARM = np.zeros((0, 4))


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer(cell_look())


@pytest.fixture(scope="module")
def eyes() -> TabletopPerception:
    return TabletopPerception(default_cell())


def test_all_kinds_in_all_colours_are_recognised_and_located(
    renderer: Renderer, eyes: TabletopPerception
) -> None:
    rng = np.random.default_rng(11)
    looks = all_looks()
    named, errors, strangers = [], [], 0
    for _ in range(2):
        order = rng.permutation(len(looks))
        for start in range(0, len(order), 8):
            things = scatter(rng, [looks[k] for k in order[start : start + 8]])
            seen = eyes.look(picture(renderer, things), NO_ARM, {})
            assert seen is not None
            strangers += max(0, len(seen.sightings) - len(things))
            for thing in things:
                best = nearest(seen.sightings, thing)
                named.append((best.category, best.colour) == (thing.kind, thing.colour))
                errors.append(np.linalg.norm(best.position - thing.pose[:3, 3]))
    assert len(named) > 150
    assert np.mean(named) >= 0.98
    assert np.median(errors) < 0.005 and np.quantile(errors, 0.95) < 0.010
    assert strangers <= 0.02 * len(named)


def test_how_far_drawers_are_open_is_seen(renderer: Renderer, eyes: TabletopPerception) -> None:
    rng = np.random.default_rng(2)
    for share in (0.0, 0.1, 0.25, 0.5, 0.75, 1.0):
        looks = [all_looks()[k] for k in rng.integers(0, 80, 4)]
        things = [
            moved(scatter(rng, [look])[0], 0.35, y, 0.0)
            for look, y in zip(looks, (-0.3, -0.1, 0.1, 0.3), strict=True)
        ]
        seen = eyes.look(opened(renderer, things, (share, 1.0 - share)), NO_ARM, {})
        assert seen is not None
        assert seen.opened["left_drawer"] == pytest.approx(share, abs=0.04)
        assert seen.opened["right_drawer"] == pytest.approx(1.0 - share, abs=0.04)
        assert len(seen.sightings) == len(things)


def test_fixtures_alone_show_no_things(renderer: Renderer, eyes: TabletopPerception) -> None:
    for shares in ((0.0, 0.0), (1.0, 0.0), (0.43, 0.91)):
        seen = eyes.look(opened(renderer, [], shares), NO_ARM, {})
        assert seen is not None and seen.sightings == ()


def test_what_stands_in_bins_and_drawers_is_seen(
    renderer: Renderer, eyes: TabletopPerception
) -> None:
    spots = {(0.32, 0.46): 0.005, (0.55, -0.46): 0.004, (0.64, 0.13): 0.02, (0.63, -0.12): 0.02}
    rng = np.random.default_rng(4)
    for kinds in (["block", "plate", "duck", "mug"], ["can", "bowl", "lemon", "cup"]):
        looks = dict(all_looks())
        things = [
            moved(scatter(rng, [(kind, looks[kind])])[0], *spot, floor)
            for kind, (spot, floor) in zip(kinds, spots.items(), strict=True)
        ]
        seen = eyes.look(opened(renderer, things, (1.0, 1.0)), NO_ARM, {})
        assert seen is not None and len(seen.sightings) == len(things)
        for thing in things:
            best = nearest(seen.sightings, thing)
            assert (best.category, best.colour) == (thing.kind, thing.colour)
            assert np.linalg.norm(best.position - thing.pose[:3, 3]) < 0.012


def test_noise_is_borne_and_black_pictures_are_refused(
    renderer: Renderer, eyes: TabletopPerception
) -> None:
    rng = np.random.default_rng(6)
    things = scatter(rng, [("block", "red"), ("can", "blue"), ("duck", "yellow"), ("cup", "white")])
    clean = picture(renderer, things)
    for scale, holes in ((0.001, 0.0), (0.003, 0.02)):
        noise = rng.normal(0.0, scale, clean.depth.shape)
        depth = np.where(rng.random(noise.shape) < holes, 0.0, clean.depth + noise)
        seen = eyes.look(dataclasses.replace(clean, depth=depth.astype(np.float32)), NO_ARM, {})
        assert seen is not None
        assert sum(each.pixels >= 20 for each in seen.sightings) == len(things)
        for thing in things:
            assert nearest(seen.sightings, thing).category == thing.kind
    black = dataclasses.replace(clean, rgb=np.zeros_like(clean.rgb))
    assert eyes.look(black, NO_ARM, {}) is None
    blind = dataclasses.replace(clean, depth=np.zeros_like(clean.depth))
    assert eyes.look(blind, NO_ARM, {}) is None
    wild = clean.depth + rng.normal(0.0, 0.03, clean.depth.shape).astype(np.float32)
    assert eyes.look(dataclasses.replace(clean, depth=wild), NO_ARM, {}) is None


def test_what_the_arm_covers_is_not_taken_for_a_thing(
    renderer: Renderer, eyes: TabletopPerception
) -> None:
    rng = np.random.default_rng(8)
    ball = moved(scatter(rng, [("ball", "red")])[0], 0.4, 0.1, 0.0)
    block = moved(scatter(rng, [("block", "blue")])[0], 0.4, -0.1, 0.0)
    around_ball = np.array([[*ball.pose[:3, 3], 0.03]])
    seen = eyes.look(picture(renderer, [ball, block]), around_ball, {})
    assert seen is not None
    assert [each.category for each in seen.sightings] == ["block"]
    assert seen.arm.sum() > 50


def nearest(sightings: tuple[Sighting, ...], thing: Shown) -> Sighting:
    return min(sightings, key=lambda s: float(np.linalg.norm(s.position - thing.pose[:3, 3])))


def moved(thing: Shown, x: float, y: float, floor: float) -> Shown:
    thing.pose[:3, 3] = x, y, floor + 0.5 * thing.size[2]
    return thing


def opened(renderer: Renderer, things: list[Shown], shares: tuple[float, float]) -> Observation:
    pieces = [(thing_look(each.kind, each.colour), each.pose) for each in things]
    for side, share in zip(DRAWERS.values(), shares, strict=True):
        slid = np.eye(4)
        slid[0, 3] = -share * TRAVEL
        pieces.append((drawer_look(side), slid))
    rgb, depth = renderer.render(FRONT.mount, FRONT.intrinsics, pieces)
    return dataclasses.replace(picture(renderer, []), rgb=rgb, depth=depth)
