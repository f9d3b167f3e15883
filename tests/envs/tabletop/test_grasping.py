"""Every kind of the catalogue rests on the table and can be taken from above and carried."""

import numpy as np
import pytest

from embodied_mem_envs.tabletop import Placed, TabletopBody
from embodied_mem_envs.tabletop.catalogue import kind, kinds
from tabletop_operator import Operator, by

TURN = 0.4


@pytest.mark.parametrize("name", sorted(kinds()))
def test_a_thing_rests_and_is_lifted(name: str) -> None:
    body = TabletopBody([Placed(kind=name, position=(0.40, 0.05, 0.0005), yaw=TURN, name="it")])
    body.connect()
    body.settle(0.6)
    resting = body.truth().things["it"]
    height = 0.5 * kind(name).size[2]
    assert np.allclose(resting.position, [0.40, 0.05, height], atol=2e-3)
    assert resting.tilt < np.deg2rad(1.0)

    operator = Operator(body)
    operator.take("it")
    lifted, felt = body.truth().things["it"], body.sense()
    assert lifted.held and lifted.touches == {"arm"}
    assert lifted.position[2] - resting.position[2] == pytest.approx(0.15, abs=0.01)
    assert 30.0 < felt.grip < 50.0
    assert felt.contact < 1.0
    assert felt.opening == pytest.approx(kind(name).grasp_width, abs=0.016)

    before = lifted.position - operator.tool()
    joints = body.sense().joints
    operator.go(joints + np.array([0.6, 0.0, 0.0, 0.0, 0.0, 0.0, -0.3]), 1.5)
    after = body.truth().things["it"].position - operator.tool()
    assert body.truth().held == ("it",)
    assert np.linalg.norm(after) == pytest.approx(np.linalg.norm(before), abs=2e-3)
    body.close()


def test_three_blocks_stand_on_each_other() -> None:
    colours = ("red", "blue", "green")
    body = TabletopBody(
        [
            Placed(
                kind="block", colour=colour, position=(0.36 + 0.09 * k, 0.1, 0.0005), yaw=0.3 * k
            )
            for k, colour in enumerate(colours)
        ]
    )
    body.connect()
    body.settle(0.3)
    operator = Operator(body)
    below = body.truth().things["blue_block"].position
    for level, name in ((1, "red_block"), (2, "green_block")):
        operator.take(name)
        spot = np.array([below[0], below[1], 0.024 + 0.04 * level])
        operator.move(spot + by(0.0, 0.0, 0.08), 0.3)
        operator.line(spot, 0.3, 4)
        operator.grip(0.08, 60)
        operator.line(spot + by(0.0, 0.0, 0.1), 0.3, 3)
    operator.go(np.array(body.description.home))
    body.settle(5.0)
    truth = body.truth()
    heights = [truth.things[f"{c}_block"].position[2] for c in ("blue", "red", "green")]
    assert np.allclose(heights, [0.02, 0.06, 0.10], atol=1e-3)
    assert truth.things["red_block"].touches == {"blue_block", "green_block"}
    body.close()


def test_a_thing_pushed_over_the_edge_stays_on_the_floor() -> None:
    body = TabletopBody([Placed(kind="can", position=(0.4, 0.8, 0.0))])
    body.connect()
    body.settle(2.0)
    height = body.truth().things["red_can"].position[2]
    assert -0.72 < height < -0.65
    body.close()
