"""The tabletop as a body: its protocol, limits, sealed truth, snapshots and determinism."""

import pickle
import sys

import numpy as np
import pybullet
import pytest

from embodied_mem.errors import BodyError, ConfigError, MissingExtraError
from embodied_mem.robots.arm import Arm
from embodied_mem.types import Command
from embodied_mem_envs.house.noise import SensorNoise
from embodied_mem_envs.tabletop import FaultSpec, Placed, TabletopBody
from embodied_mem_envs.tabletop.meshes import data_folder
from embodied_mem_envs.tabletop.seal import GROUND_TRUTH, bullet

THINGS = (
    Placed(kind="ball", position=(0.40, 0.05, 0.05)),
    Placed(kind="mug", position=(0.30, 0.05, 0.0)),
    Placed(kind="mug", position=(0.30, 0.15, 0.0), yaw=0.5),
)


def make(**settings: object) -> TabletopBody:
    body = TabletopBody(THINGS, **settings)  # type: ignore[arg-type]
    body.connect()
    return body


def wave(body: TabletopBody, ticks: int) -> list[bytes]:
    """Moves about and returns everything that was sensed, bit for bit."""
    felt = []
    home = np.array(body.description.home)
    for _ in range(ticks):
        joints = home + 0.3 * np.sin(0.03 * body.tick)
        body.act(Command(joints=tuple(joints.tolist()), gripper=0.02))
        state = body.sense()
        felt.append(state.joints.tobytes() + state.efforts.tobytes())
        if body.tick % 25 == 0:
            for camera in body.cameras:
                seen = body.observe(camera)
                felt.append(seen.rgb.tobytes() + seen.depth.tobytes())
    felt += [thing.T_world_thing.tobytes() for thing in body.truth().things.values()]
    return felt


def test_is_an_arm_whose_features_can_be_read_before_connecting() -> None:
    body = TabletopBody()
    assert isinstance(body, Arm)
    assert body.description.urdf.exists()
    assert len(body.description.joints) == len(body.description.home) == 7
    assert body.seconds_per_tick == 0.005
    assert set(body.action_features) == {*(f"joints.{k}" for k in range(7)), "gripper"}
    with pytest.raises(BodyError, match="connect"):
        body.observe()
    body.close()


def test_clamps_to_limits_and_says_what_was_sent() -> None:
    body = make()
    sent = body.act(Command(joints=(9.0, 0.0, 0.0, -9.0, 0.0, 1.0, 0.0), gripper=0.5))
    assert sent.joints == (2.8973, 0.0, 0.0, -3.0718, 0.0, 1.0, 0.0)
    assert sent.gripper == 0.08
    held = body.act(Command())
    assert held == sent
    body.close()


@pytest.mark.parametrize(
    "command",
    [
        Command(joints=(0.0,) * 6),
        Command(joints=(float("nan"),) * 7),
        Command(gripper=float("inf")),
    ],
)
def test_refuses_commands_that_mean_nothing(command: Command) -> None:
    body = make()
    with pytest.raises(BodyError):
        body.act(command)
    body.close()


def test_joints_follow_closely() -> None:
    body = make()
    home = np.array(body.description.home)
    worst = 0.0
    for tick in range(300):
        share = tick / 300
        target = home + 0.8 * (10 * share**3 - 15 * share**4 + 6 * share**5)
        target[3] = home[3]
        sent = body.act(Command(joints=tuple(target.tolist())))
        assert sent.joints is not None
        worst = max(worst, float(np.abs(body.sense().joints - sent.joints).max()))
    assert worst < 0.003
    body.close()


def test_two_bodies_run_bit_equal_in_one_process() -> None:
    noise = SensorNoise()
    one, two = make(seed=4, noise=noise), make(seed=4, noise=noise)
    other = make(seed=5, noise=noise)
    first = wave(one, 60)
    assert first == wave(two, 60)
    assert first != wave(other, 60)
    for body in (one, two, other):
        body.close()


def test_what_follows_a_restored_snapshot_is_the_same_again() -> None:
    faults = (FaultSpec(name="depth_noise", trigger="tick", at=55),)
    body = make(seed=1, noise=SensorNoise(), faults=faults)
    wave(body, 40)
    snapshot = body.save()
    first = wave(body, 60)
    fired = body.faults[0].fired_at
    assert fired == 55
    body.restore(snapshot)
    assert body.tick == 40 and body.faults[0].fired_at is None
    assert wave(body, 60) == first
    assert body.faults[0].fired_at == fired
    with pytest.raises(BodyError, match="another body"):
        stranger = make()
        try:
            stranger.restore(snapshot)
        finally:
            stranger.close()
    body.close()


def test_the_truth_is_sealed_while_an_agent_is_evaluated() -> None:
    body = make()
    with body.sealed():
        body.act(Command())
        body.sense()
        seen = body.observe("wrist")
        assert seen.instance is None and not seen.labels
        with pytest.raises(BodyError, match="sealed"):
            body.truth()
        with pytest.raises(BodyError, match="sealed"):
            _ = body.things
        for name in GROUND_TRUTH:
            with pytest.raises(BodyError, match=name):
                getattr(pybullet, name)(0)
        other = make()
        with other.sealed():
            other.observe()
        other.close()
        with pytest.raises(BodyError, match="sealed"):
            pybullet.getContactPoints(0)
    assert set(body.truth().things) == {"red_ball", "white_mug", "white_mug_2"}
    client = pybullet.connect(pybullet.DIRECT)
    assert pybullet.getNumBodies(physicsClientId=client) == 0
    pybullet.disconnect(client)
    body.close()


def test_close_is_safe_twice_and_ends_use() -> None:
    body = make()
    body.close()
    body.close()
    for use in (body.sense, body.observe, body.truth, body.settle, body.save, body.connect):
        with pytest.raises(BodyError):
            use()


@pytest.mark.parametrize("missing", ["pybullet", "pybullet_data"])
def test_says_which_extra_is_missing(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(MissingExtraError, match="tabletop"):
        bullet.__wrapped__() if missing == "pybullet" else data_folder.__wrapped__()


def test_hard_presses_and_wild_motion_stay_finite() -> None:
    body = make()
    chance = np.random.default_rng(0)
    home = np.array(body.description.home)
    hardest = 0.0
    for _ in range(12):
        target = home + chance.normal(0.0, 0.8, 7)
        for _ in range(50):
            step = 0.9 * body.sense().joints + 0.1 * target
            body.act(Command(joints=tuple(step.tolist()), gripper=chance.uniform(0.0, 0.08)))
            hardest = max(hardest, body.sense().contact)
    assert np.isfinite(hardest) and np.isfinite(body.sense().efforts).all()
    for thing in body.truth().things.values():
        assert np.isfinite(thing.T_world_thing).all()
    body.close()


def test_names_and_refuses_layouts() -> None:
    with pytest.raises(ConfigError, match="kind of thing"):
        TabletopBody([Placed(kind="blok", position=(0.4, 0.0, 0.0))])
    with pytest.raises(ConfigError, match="colour of a can"):
        TabletopBody([Placed(kind="can", colour="rde", position=(0.4, 0.0, 0.0))])
    twice = Placed(kind="can", position=(0.4, 0.0, 0.0), name="it")
    with pytest.raises(ConfigError, match="two things"):
        TabletopBody([twice, twice])


def test_place_object_puts_the_underside_where_it_is_told() -> None:
    body = make()
    body.place_object("red_ball", (0.45, -0.2, 0.1), 0.3)
    assert np.allclose(body.truth().things["red_ball"].position, [0.45, -0.2, 0.1225])
    assert body.truth().things["red_ball"].yaw == pytest.approx(0.3)
    with pytest.raises(ConfigError, match="thing"):
        body.place_object("red_bal", (0.45, -0.2, 0.1))
    body.close()


def test_configs_can_be_pickled() -> None:
    for config in (THINGS[0], FaultSpec(name="slip", magnitude=0.5)):
        assert pickle.loads(pickle.dumps(config)) == config
