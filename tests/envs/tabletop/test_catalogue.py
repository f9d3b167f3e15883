"""The catalogue and the cell keep what the brief of the table promises."""

import numpy as np
import pytest

from embodied_mem.errors import ConfigError
from embodied_mem_envs.tabletop.catalogue import colour_of, kind, kinds, rgb_of
from embodied_mem_envs.tabletop.cell import default_cell
from embodied_mem_envs.tabletop.palette import PALETTE
from embodied_mem_envs.tabletop.parts import part_triangles

WIDEST, TIP_BELOW, PALM_ABOVE = 0.08, 0.007, 0.039


def test_has_at_least_twenty_four_kinds_that_fit_between_the_fingers() -> None:
    known = kinds()
    assert len(known) >= 24
    for thing in known.values():
        assert 0.005 < thing.grasp_width <= 0.07
        assert thing.colours and set(thing.colours) <= set(PALETTE)
        assert 0.01 < thing.mass < 0.5
        assert thing.grasp_height > TIP_BELOW + 0.002
        assert thing.grasp_height + PALM_ABOVE > thing.size[2]


@pytest.mark.parametrize("name", sorted(kinds()))
def test_a_kinds_frame_is_the_middle_of_its_box(name: str) -> None:
    thing = kind(name)
    corners = np.concatenate([part_triangles(part) for part in thing.parts if part.solid])
    low, high = corners.min(axis=(0, 1)), corners.max(axis=(0, 1))
    assert np.allclose(low, -0.5 * np.array(thing.size))
    assert np.allclose(high, 0.5 * np.array(thing.size))
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    assert np.linalg.norm(normals, axis=1).min() > 0.0


def test_names_are_told_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match="'mug'"):
        kind("mugg")
    with pytest.raises(ConfigError, match="'red'"):
        colour_of(kind("can"), "rad")
    with pytest.raises(ConfigError, match="'pink'"):
        rgb_of("pinc")
    assert colour_of(kind("can"), "") == "red"
    assert "obstacle" not in kinds()


def test_colours_can_be_told_apart() -> None:
    names = sorted({colour for thing in kinds().values() for colour in thing.colours})
    values = np.array([rgb_of(name) for name in names], float)
    apart = np.linalg.norm(values[:, None] - values[None], axis=-1)
    np.fill_diagonal(apart, np.inf)
    assert apart.min() > 40.0


def test_the_cell_has_its_fixtures() -> None:
    cell = default_cell()
    counted = [fixture.kind for fixture in cell.values()]
    assert {k: counted.count(k) for k in ("bin", "drawer", "tray", "zone", "table")} == {
        "bin": 3, "drawer": 2, "tray": 1, "zone": 1, "table": 1,
    }  # fmt: skip
    for fixture in cell.values():
        assert all(a <= b for a, b in zip(fixture.low, fixture.high, strict=True))
    left, right = cell["left_drawer"], cell["right_drawer"]
    assert left.handle is not None and right.handle is not None
    assert left.low[1] > 0 > right.high[1]
    assert left.handle[1] == -right.handle[1]
    assert left.slides == (-1.0, 0.0, 0.0) and left.travel == 0.19
