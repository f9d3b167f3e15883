"""The force sensors of fingers and wrist say what physics says."""

import numpy as np
import pytest

from embodied_mem.types import Command
from embodied_mem_envs.tabletop import Placed, TabletopBody
from tabletop_operator import Operator, by


def test_feels_nothing_in_free_motion_and_empty_fingers() -> None:
    body = TabletopBody()
    body.connect()
    operator = Operator(body)
    operator.go(np.array(body.description.home) + 0.3)
    operator.grip(0.0)
    felt = body.sense()
    assert felt.grip == 0.0 and felt.contact == 0.0
    assert felt.opening == pytest.approx(0.0, abs=1e-3)
    body.close()


def test_feels_the_table_that_it_presses_on() -> None:
    body = TabletopBody()
    body.connect()
    operator = Operator(body)
    operator.grip(0.0)
    operator.move(np.array([0.4, 0.0, 0.05]), 0.0)
    assert body.sense().contact == 0.0
    operator.line(np.array([0.4, 0.0, 0.004]), 0.0, 4)
    felt = body.sense()
    assert felt.contact > 20.0
    assert felt.grip == 0.0
    body.close()


def test_feels_through_what_it_holds_but_not_its_weight() -> None:
    body = TabletopBody([Placed(kind="bottle", position=(0.4, 0.05, 0.0))])
    body.connect()
    body.settle(0.3)
    operator = Operator(body)
    operator.take("green_bottle", lift=0.1)
    assert body.sense().contact < 0.5
    down = operator.tool() - by(0.0, 0.0, 0.103)
    operator.line(down, 0.0, 6)
    assert body.sense().contact > 3.0
    body.close()


def test_a_blow_is_felt_within_two_ticks() -> None:
    body = TabletopBody([Placed(kind="block", position=(0.4, 0.0, 0.0))])
    body.connect()
    body.settle(0.2)
    x, y, z = body._world.tool()[0]
    body.place_object("red_block", (x, y + 0.10, z - 0.02))
    body._world._pb.resetBaseVelocity(
        body._world.things["red_block"], [0.0, -2.0, 0.0], physicsClientId=body._world.client
    )
    felt = []
    for _ in range(12):
        body.act(Command())
        touching = bool(body.truth().arm_touches)
        felt.append((touching, body.sense().contact > 2.0))
    first = next(tick for tick, (touching, _) in enumerate(felt) if touching)
    assert any(noticed for _, noticed in felt[first : first + 2])
    body.close()
