"""Every fault acts on the world when its moment comes, as badly as it is told, and says when."""

import numpy as np
import pytest

from embodied_mem.errors import ConfigError
from embodied_mem.types import Command
from embodied_mem_envs.tabletop import FaultSpec, Placed, TabletopBody
from embodied_mem_envs.tabletop.faults import FAULTS, NATURES, FaultName
from embodied_mem_envs.tabletop.truth import Truth
from tabletop_operator import Operator, by

RED, BLUE = "red_brick", "blue_brick"
SPOTS = {RED: by(0.40, 0.05, 0.015), BLUE: by(0.32, -0.20, 0.015)}


def make(*faults: FaultSpec, seed: int = 0) -> tuple[TabletopBody, Operator]:
    layout = [
        Placed(
            kind="brick", colour=name.split("_")[0], position=(*SPOTS[name][:2].tolist(), 0.0),
            yaw=0.4,
        )
        for name in (RED, BLUE)
    ]  # fmt: skip
    body = TabletopBody(layout, faults=faults, seed=seed)
    body.connect()
    body.settle(0.2)
    return body, Operator(body)


def taken(*faults: FaultSpec, seed: int = 0) -> tuple[Truth, TabletopBody]:
    body, operator = make(*faults, seed=seed)
    operator.take(RED)
    truth = body.truth()
    body.close()
    return truth, body


def test_nothing_goes_wrong_by_itself() -> None:
    truth, _ = taken()
    assert truth.held == (RED,)


def test_incomplete_grasp_leaves_the_thing_until_the_fingers_are_opened() -> None:
    body, operator = make(FaultSpec(name="incomplete_grasp"))
    operator.take(RED)
    fault = body.faults[0]
    assert fault.fired_at is not None and fault.victim == RED
    assert body.truth().held == ()
    assert body.truth().things[RED].position[2] < 0.02
    assert body.sense().grip == 0.0
    operator.take(RED)
    assert fault.ended_at is not None
    assert body.truth().held == (RED,)
    body.close()


def test_the_second_occurrence_spares_the_first_grasp() -> None:
    body, operator = make(FaultSpec(name="incomplete_grasp", occurrence=2))
    operator.take(RED)
    assert body.truth().held == (RED,)
    assert body.faults[0].fired_at is None
    operator.grip(0.08, 60)
    body.settle(0.5)
    operator.take(RED)
    assert body.faults[0].fired_at is not None
    assert body.truth().held == ()
    body.close()


def test_slip_loses_what_is_carried_and_then_the_fingers_hold_again() -> None:
    body, operator = make(FaultSpec(name="slip"))
    operator.take(RED, lift=0.2)
    body.settle(0.6)
    assert body.faults[0].fired_at is not None
    assert body.truth().held == ()
    operator.take(RED)
    assert body.truth().held == (RED,)
    body.close()


@pytest.mark.parametrize("way", [0.02, 0.04])
def test_translation_pushes_the_target_by_the_magnitude(way: float) -> None:
    body, operator = make(FaultSpec(name="translation", magnitude=way))
    operator.move(SPOTS[RED] + by(0.0, 0.0, 0.10), 0.4 + 0.5 * np.pi)
    assert body.faults[0].fired_at is None
    while body.faults[0].fired_at is None:
        operator.line(operator.tool() - by(0.0, 0.0, 0.01), 0.4 + 0.5 * np.pi, 1)
    moved = body.truth().things[RED].position - SPOTS[RED]
    assert np.linalg.norm(moved[:2]) == pytest.approx(way, abs=2e-3)
    body.close()


def test_rotation_spares_what_looks_alike_from_all_sides() -> None:
    body = TabletopBody(
        [Placed(kind="can", position=(0.4, 0.05, 0.0))], faults=[FaultSpec(name="rotation")]
    )
    body.connect()
    Operator(body).take("red_can")
    assert body.faults[0].fired_at is None
    body.close()


def test_rotation_turns_the_target_by_the_magnitude() -> None:
    body, operator = make(FaultSpec(name="rotation", magnitude=0.5))
    operator.move(SPOTS[RED] + by(0.0, 0.0, 0.04), 0.4 + 0.5 * np.pi)
    assert body.faults[0].victim == RED
    assert abs(body.truth().things[RED].yaw - 0.4) == pytest.approx(0.5, abs=0.02)
    body.close()


def test_wrong_object_swaps_lookalikes() -> None:
    truth, body = taken(FaultSpec(name="wrong_object"))
    assert truth.held == (BLUE,)
    assert np.allclose(truth.things[RED].position, SPOTS[BLUE], atol=2e-3)
    assert body.faults[0].victim == RED


def test_wrong_object_cannot_act_where_nothing_looks_alike() -> None:
    body = TabletopBody(
        [
            Placed(kind="brick", position=(0.4, 0.05, 0.0)),
            Placed(kind="plate", position=(0.3, -0.2, 0)),
        ],
        faults=[FaultSpec(name="wrong_object")],
    )
    body.connect()
    Operator(body).take(RED)
    assert body.faults[0].fired_at is None
    assert body.truth().held == (RED,)
    body.close()


@pytest.mark.parametrize("seed", range(3))
def test_object_moved_takes_the_target_elsewhere_on_the_table(seed: int) -> None:
    truth, _ = taken(FaultSpec(name="object_moved", magnitude=0.15), seed=seed)
    now = truth.things[RED].position
    assert np.linalg.norm(now[:2] - SPOTS[RED][:2]) > 0.14
    assert (
        0.28 <= now[0] <= 0.50 and abs(now[1]) <= 0.32 and now[2] == pytest.approx(0.015, abs=2e-3)
    )
    assert truth.held == ()


def test_blocked_path_stands_in_the_way_for_a_while() -> None:
    body, operator = make(FaultSpec(name="blocked_path", magnitude=0.3, seconds=3.0))
    operator.take(RED)
    joints = body.sense().joints
    operator.go(joints + np.array([0.8, 0, 0, 0, 0, 0, 0]), 0.7)
    assert body.faults[0].fired_at is not None
    assert body.sense().contact > 20.0
    obstacle = body.truth().things["obstacle"]
    assert obstacle.position[2] + 0.5 * obstacle.size[2] == pytest.approx(0.3)
    body.settle(3.0)
    assert body.faults[0].ended_at is not None
    assert body.truth().things["obstacle"].position[0] > 2.0
    body.close()


def test_camera_dropout_blackens_pictures_for_its_time() -> None:
    body, _ = make(FaultSpec(name="camera_dropout", magnitude=0.5, trigger="tick", at=60))
    body.settle(0.2)
    fired = body.faults[0].fired_at
    assert fired == 60
    assert not body.observe().rgb.any() and not body.observe("wrist").depth.any()
    body.settle(0.5)
    assert body.observe().rgb.any() and body.observe().depth.any()
    body.close()


def test_depth_noise_is_as_large_as_it_is_told() -> None:
    body, _ = make(FaultSpec(name="depth_noise", magnitude=0.02, trigger="tick", at=60))
    exact = body.observe().depth
    body.settle(0.2)
    noisy = body.observe().depth
    seen = (noisy > 0) & (exact > 0)
    assert 0.75 < seen.mean() / (exact > 0).mean() < 0.85
    relative = (noisy[seen] - exact[seen]) / exact[seen] ** 2
    assert relative.std() == pytest.approx(0.02, rel=0.05)
    body.close()


def test_gripper_jam_stops_the_fingers_for_its_time() -> None:
    body, operator = make(FaultSpec(name="gripper_jam", magnitude=0.5, trigger="tick", at=50))
    operator.grip(0.02, 60)
    stuck = body.sense().opening
    assert stuck > 0.06
    operator.grip(0.02, 120)
    assert body.sense().opening == pytest.approx(0.02, abs=2e-3)
    body.close()


def test_model_timeout_is_not_the_bodys() -> None:
    body, _ = make(FaultSpec(name="model_timeout"))
    assert body.faults == ()
    body.close()


def test_a_fault_for_another_target_spares_this_one() -> None:
    truth, body = taken(FaultSpec(name="translation", target=BLUE))
    assert body.faults[0].fired_at is None
    assert truth.held == (RED,)


def test_two_runs_with_the_same_seed_go_wrong_alike() -> None:
    one, first = taken(FaultSpec(name="object_moved"), seed=9)
    two, second = taken(FaultSpec(name="object_moved"), seed=9)
    assert first.faults[0].fired_at == second.faults[0].fired_at
    assert np.array_equal(one.things[RED].T_world_thing, two.things[RED].T_world_thing)


@pytest.mark.parametrize("name", FAULTS)
def test_specs_refuse_what_is_out_of_range(name: FaultName) -> None:
    nature = NATURES[name]
    assert FaultSpec(name=name).size == nature.magnitude
    with pytest.raises(ConfigError, match="magnitude"):
        FaultSpec(name=name, magnitude=nature.high * 1.01)
    with pytest.raises(ConfigError, match="triggered"):
        FaultSpec(name=name, trigger="call" if nature.trigger != "call" else "tick")


def test_specs_refuse_unknown_faults() -> None:
    with pytest.raises(ConfigError, match="slip"):
        FaultSpec(name="slipp")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="occurrence"):
        FaultSpec(name="slip", occurrence=0)


def test_sealing_does_not_hinder_faults() -> None:
    body, operator = make(FaultSpec(name="translation"))
    with body.sealed():
        home = body.sense().joints
        target = operator.solve(SPOTS[RED] + by(0.0, 0.0, 0.04), 0.4 + 0.5 * np.pi)
        for share in np.linspace(0.0, 1.0, 200):
            body.act(Command(joints=tuple((home + share * (target - home)).tolist())))
    assert body.faults[0].fired_at is not None
    body.close()
