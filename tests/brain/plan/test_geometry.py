"""Gaps and overlaps of turned boxes, against points drawn from the boxes themselves."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from embodied_mem.brain.plan.conditions.geometry import (
    box_of,
    gap_between,
    is_above,
    lies_within,
    reaches_over,
    rests_on,
)
from embodied_mem.brain.state import Entity

NUMBER = st.floats(-0.5, 0.5)
SIZE = st.floats(0.02, 0.4)


@st.composite
def entities(draw):
    return Entity(
        id="thing",
        kind="object",
        category="block",
        position=np.array([draw(NUMBER), draw(NUMBER), draw(NUMBER)]),
        size=np.array([draw(SIZE), draw(SIZE), draw(SIZE)]),
        yaw=draw(st.floats(-4.0, 4.0)),
    )


def points(entity, count=12):
    """Returns (N, 3) points on a grid through an entity's box, faces included."""
    steps = np.linspace(-0.5, 0.5, count)
    grid = np.stack(np.meshgrid(steps, steps, [-0.5, 0.0, 0.5]), axis=-1).reshape(-1, 3)
    local = grid * entity.size
    c, s = np.cos(entity.yaw), np.sin(entity.yaw)
    return local @ np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]]) + entity.position


@given(entities(), entities())
@settings(max_examples=100, deadline=None)
def test_gaps_are_the_shortest_way_between_points_of_the_boxes(a, b):
    one, two = points(a), points(b)
    sampled = np.sqrt(((one[:, None] - two[None]) ** 2).sum(-1)).min()
    gap = gap_between(a, b)
    assert gap == gap_between(b, a)
    assert gap <= sampled + 1e-9
    # The grid misses the nearest points by at most a cell's diagonal of each box.
    cells = sum(np.linalg.norm(each.size / [22, 22, 4]) for each in (a, b))
    assert sampled <= gap + cells + 1e-9


@given(entities(), entities(), st.floats(-3, 3), NUMBER, NUMBER)
@settings(max_examples=100, deadline=None)
def test_gaps_do_not_depend_on_where_the_world_begins(a, b, turn, x, y):
    c, s = np.cos(turn), np.sin(turn)

    def moved(entity):
        position = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]) @ entity.position + [x, y, 0.0]
        return Entity(
            id=entity.id, kind="object", category="block", position=position, size=entity.size,
            yaw=entity.yaw + turn,
        )  # fmt: skip

    assert np.isclose(gap_between(moved(a), moved(b)), gap_between(a, b), atol=1e-9)


@given(entities())
@settings(max_examples=50, deadline=None)
def test_a_box_covers_its_own_points_and_none_far_away(entity):
    box = box_of(entity)
    assert all(box.covers(x, y, 1e-9) for x, y, _ in points(entity, 4))
    assert not box.covers(entity.position[0] + 1.0, entity.position[1], 0.0)
    assert gap_between(entity, entity) == 0.0


def block(x, y, z, size=(0.04, 0.04, 0.04), yaw=0.0):
    return Entity(
        id="block", kind="object", category="block", position=np.array([x, y, z]),
        size=np.array(size), yaw=yaw,
    )  # fmt: skip


def test_a_cross_of_two_bars_overlaps_though_no_corner_is_inside():
    one, two = block(0, 0, 0, (0.4, 0.02, 0.02)), block(0, 0, 0, (0.02, 0.4, 0.02))
    assert gap_between(one, two) == 0.0
    assert reaches_over(one, two)


def test_what_rests_may_be_a_little_too_high_or_too_deep():
    low = block(0, 0, 0.02)
    assert rests_on(block(0.015, 0, 0.066), low)
    assert rests_on(block(0, 0.015, 0.052), low)
    assert not rests_on(block(0, 0, 0.08), low)
    assert not rests_on(block(0.03, 0, 0.06), low)
    assert is_above(block(0, 0, 0.3), low) and not is_above(low, low)


def test_what_is_within_is_below_the_rim():
    box = block(0, 0, 0.03, (0.18, 0.18, 0.06))
    assert lies_within(block(0.08, 0.08, 0.03), box)
    assert not lies_within(block(0, 0, 0.081), box)
    assert not lies_within(block(0.12, 0, 0.03), box)
    turned = block(0, 0, 0.03, (0.3, 0.06, 0.06), yaw=np.pi / 4)
    assert lies_within(block(0.08, 0.08, 0.03), turned)
    assert not lies_within(block(0.08, -0.08, 0.03), turned)
