"""Drawers slide, stay, take their contents with them, and can be hooked and pushed."""

import numpy as np
import pytest

from embodied_mem.errors import ConfigError
from embodied_mem_envs.tabletop import Placed, TabletopBody
from tabletop_operator import Operator, by


def test_one_finger_pulls_a_drawer_open_and_pushes_it_shut() -> None:
    body = TabletopBody([Placed(kind="can", position=(0.85, 0.13, 0.0205))])
    body.connect()
    body.settle(0.3)
    operator = Operator(body)
    handle = np.array(body.cell["left_drawer"].handle) + by(0.0, 0.0, -0.005)
    operator.grip(0.05, 50)
    operator.move(handle + by(0.0, 0.0, 0.08), 0.0)
    operator.line(handle, 0.0, 4)
    assert body.sense().contact == 0.0
    assert body.truth().drawers["left_drawer"] == pytest.approx(0.0, abs=0.01)

    operator.line(handle + by(-0.10, 0.0, 0.0), 0.0, 10, 0.8)
    assert body.sense().grip == 0.0
    operator.line(handle + by(-0.20, 0.0, 0.0), 0.0, 10, 0.8)
    opened = body.truth()
    assert opened.drawers["left_drawer"] > 0.9
    assert opened.drawers["right_drawer"] == pytest.approx(0.0, abs=0.01)
    assert opened.things["red_can"].position[0] == pytest.approx(0.67, abs=0.02)
    assert "left_drawer" in opened.things["red_can"].touches

    operator.line(operator.tool() + by(0.02, 0.0, 0.0), 0.0, 2)
    operator.line(operator.tool() + by(0.0, 0.0, 0.12), 0.0, 3)
    body.settle(3.0)
    assert body.truth().drawers["left_drawer"] == pytest.approx(
        opened.drawers["left_drawer"], abs=2e-3
    )

    operator.grip(0.0, 60)
    bar = handle + by(-0.23, 0.0, 0.0)
    operator.move(bar + by(0.0, 0.0, 0.1), 0.0)
    operator.line(bar, 0.0, 3)
    operator.line(bar + by(0.21, 0.0, 0.0), 0.0, 12)
    shut = body.truth()
    assert shut.drawers["left_drawer"] < 0.03
    assert 0.02 < shut.things["red_can"].position[2] < 0.06
    body.close()


def test_set_drawer_takes_along_what_lies_in_it() -> None:
    body = TabletopBody(
        [
            Placed(kind="ball", position=(0.80, -0.15, 0.0205)),
            Placed(kind="block", position=(0.40, -0.15, 0.0)),
        ]
    )
    body.connect()
    body.settle(0.2)
    before = body.truth().things["red_ball"].position
    body.set_drawer("right_drawer", 0.8)
    body.settle(0.3)
    truth = body.truth()
    assert truth.drawers["right_drawer"] == pytest.approx(0.8, abs=0.01)
    moved = truth.things["red_ball"].position - before
    assert np.allclose(moved, [-0.8 * 0.19, 0.0, 0.0], atol=5e-3)
    assert truth.things["red_block"].position[0] == pytest.approx(0.40, abs=1e-3)
    body.close()


def test_refuses_what_is_no_drawer() -> None:
    body = TabletopBody()
    with pytest.raises(ConfigError, match="left_drawer"):
        body.set_drawer("left_drawr", 0.5)
    with pytest.raises(ConfigError, match=r"share is 1\.5"):
        body.set_drawer("left_drawer", 1.5)
    body.close()
