"""Walks, places and rules of patch walks, each against a plain reading of what it says."""

from itertools import pairwise

import numpy as np
import pytest

from embodied_mem_envs.patch_walk.grid import (
    CELL_BLOCKS,
    CELL_NEIGHBOURS,
    draw_walks,
    make_places,
    patches_of,
)
from embodied_mem_envs.patch_walk.memories import PatchMemories
from embodied_mem_envs.patch_walk.pictures import draw_pictures
from embodied_mem_envs.patch_walk.rules import RULES, balanced, cover, k_center, keep_asked, keep_by
from embodied_mem_envs.patch_walk.walks import coverage, draw_patch_walks


def test_pictures_have_large_and_small_structure() -> None:
    pictures = draw_pictures(20, np.random.default_rng(1)).astype(float)
    assert pictures.shape == (20, 88, 88, 3)
    assert (pictures.std(axis=(1, 2, 3)) > 30).all()
    blocks = pictures.reshape(20, 11, 8, 11, 8, 3)
    within = blocks.var(axis=(2, 4)).mean()
    between = blocks.mean(axis=(2, 4)).var(axis=(1, 2)).mean()
    assert 0.2 < within / between < 2.0
    again = draw_pictures(20, np.random.default_rng(1))
    np.testing.assert_array_equal(pictures, again)


def test_patches_overlap_by_half() -> None:
    picture = draw_pictures(1, np.random.default_rng(2))
    patches = patches_of(picture)
    for cell in (0, 9, 37, 99):
        row, column = divmod(cell, 10)
        true = picture[0, 8 * row : 8 * row + 16, 8 * column : 8 * column + 16]
        np.testing.assert_array_equal(patches[0, cell], true)
    assert CELL_BLOCKS[37].tolist() == [3 * 11 + 7, 3 * 11 + 8, 4 * 11 + 7, 4 * 11 + 8]


def test_walks_go_where_they_were_least() -> None:
    walks = draw_walks(30, 256, np.random.default_rng(3))
    for walk in walks:
        visits = np.zeros(100, int)
        for at, then in pairwise(walk):
            visits[at] += 1
            beside = CELL_NEIGHBOURS[at][CELL_NEIGHBOURS[at] >= 0]
            assert then in beside and visits[then] == visits[beside].min()
    first = draw_walks(4000, 2, np.random.default_rng(4))
    inside = first[first[:, 0] == 55, 1]
    assert set(inside.tolist()) == {45, 65, 54, 56}
    assert len({tuple(walk) for walk in walks.tolist()}) == 30


@pytest.mark.parametrize("count", [1, 8, 16, 32, 100])
def test_places_are_nearest_to_their_own_centre(count: int) -> None:
    places = make_places(count)
    assert sorted(set(places.tolist())) == list(range(count))
    at = np.stack(np.divmod(np.arange(100), 10), axis=1)
    centres = np.stack([at[places == place].mean(axis=0) for place in range(count)])
    distance = np.square(at[:, None] - centres).sum(axis=2)
    assert (distance[np.arange(100), places] == distance.min(axis=1)).all()
    if 1 < count < 100:
        assert (make_places(count, seed=3) != places).any()


def memory_of(cells: list[int], new: int) -> PatchMemories:
    memories = PatchMemories(1, len(cells))
    for slot, cell in enumerate(cells):
        memories.arrive(np.array([cell]))
        memories.put(np.array([slot]))
    memories.arrive(np.array([new]))
    return memories


def test_rules_drop_what_they_say() -> None:
    rng = np.random.default_rng(0)
    places = make_places(16)
    mates = np.flatnonzero(places == np.bincount(places).argmax()).tolist()
    others = [int(np.flatnonzero(places == place)[0]) for place in range(16)]
    others = [cell for cell in others if cell not in mates]
    crowded = memory_of([others[0], mates[0], mates[1], others[1]], mates[2])
    assert balanced(places)(crowded, rng).tolist() == [1]
    assert k_center(memory_of([0, 99, 9, 90], 90), rng).tolist() == [3]
    assert k_center(memory_of([0, 99, 8, 9], 90), rng).tolist() == [2]
    assert cover(memory_of([0, 22, 11, 99], 44), rng).tolist() == [2]
    assert cover(memory_of([0, 22, 44, 99], 33), rng).tolist() == [4]
    assert cover(memory_of([0, 22, 44, 99], 22), rng).tolist() == [1]


@pytest.mark.parametrize("name", sorted(RULES))
def test_rules_keep_as_much_as_fits_of_the_walk(name: str) -> None:
    rng = np.random.default_rng(5)
    walks = draw_patch_walks(10, rng, steps=80)
    kept = keep_by(RULES[name], walks, 20, rng)
    assert kept.shape == (10, 20) and kept.min() >= 0 and kept.max() < 80
    assert all(len(set(row)) == 20 for row in kept.tolist())
    roomy = keep_by(RULES[name], walks, 90, rng)
    assert sorted(roomy[0].tolist()) == [-1] * 10 + list(range(80))
    assert (coverage(walks, roomy).patches >= coverage(walks, kept).patches).all()


def test_reservoirs_hold_every_tick_alike() -> None:
    rng = np.random.default_rng(6)
    walks = draw_patch_walks(200, rng, steps=50)
    kept = keep_by(RULES["reservoir"], walks, 10, rng)
    counts = np.bincount(kept.ravel(), minlength=50)
    assert np.abs(counts - 40).max() < 5 * 5.7


def test_knowing_what_is_asked_for_keeps_it_and_covering_shows_most() -> None:
    rng = np.random.default_rng(7)
    walks = draw_patch_walks(60, rng)
    asked = coverage(walks, keep_asked(walks, 32, rng))
    visited = (walks.walk[:, :, None] == walks.asked[:, None]).any(axis=1).mean(axis=1)
    np.testing.assert_allclose(asked.patches, visited)
    few = coverage(walks, keep_asked(walks, 8, rng))
    assert few.patches.mean() < 0.6 and (few.pixels >= few.patches).all()
    pixels = {
        name: coverage(walks, keep_by(RULES[name], walks, 32, rng)).pixels.mean()
        for name in ("fifo", "place_16", "place_32", "cover")
    }
    assert pixels["fifo"] < pixels["place_16"] < pixels["place_32"] < pixels["cover"]
    assert pixels["cover"] > 0.93
