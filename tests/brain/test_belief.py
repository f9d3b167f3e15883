import numpy as np
import pytest

from embodied_mem.brain.arm.library import arm_skills
from embodied_mem.brain.arm.senses import ArmSenses
from embodied_mem.brain.skill import Status
from watched_table import WatchedTable, put, watched

IN_DRAWER = (0.64, 0.13, 0.0205)
"""A place in the left drawer while that is open, m."""


def test_things_are_named_by_what_is_seen_and_keep_their_names() -> None:
    with watched(
        put("block", "red", 0.35, -0.10, 0.3),
        put("block", "red", 0.35, 0.20, 0.9),
        put("mug", "white", 0.42, 0.05),
    ) as table:
        first = table.look(2)
        assert set(first) == {"red_block", "red_block_2", "white_mug"}
        assert all(each.place == "table" and each.visible for each in first.values())
        nearer = min(("red_block", "red_block_2"), key=lambda n: abs(first[n].position[1] - 0.20))
        table.body.place_object("red_block_2", (0.45, 0.25, 0.0005), 0.9)
        second = table.look()
        assert set(second) == set(first)
        assert table.error(nearer, "red_block_2") < 0.004


def test_what_touches_and_what_is_stacked_is_told_apart() -> None:
    with watched(
        put("block", "green", 0.40, 0.0, 0.2),
        put("block", "green", 0.40, 0.0, 0.2, z=0.0405),
        put("block", "yellow", 0.40, -0.15),
        put("can", "red", 0.40, -0.15, z=0.0405),
        put("brick", "blue", 0.33, 0.15),
        put("brick", "blue", 0.33, 0.1805),
    ) as table:
        things = table.look(2)
        truth = table.body.truth().things.values()
        for each in (t for t in truth if (t.kind, t.colour) != ("block", "yellow")):
            alike = [e for e in things.values() if e.category == each.kind]
            assert min(np.linalg.norm(e.position - each.position) for e in alike) < 0.006
        assert len(things) == len(truth)


def test_what_was_seen_going_into_a_drawer_stays_in_it_and_comes_out_with_it() -> None:
    with watched(put("duck", "yellow", 0.40, 0.1), put("block", "blue", 0.40, -0.1)) as table:
        table.look(2)
        table.drawer("left_drawer", 1.0)
        opened = table.belief.state(table.body.sense()).entities
        table.look()
        opened = table.belief.state(table.body.sense()).entities
        assert opened["left_drawer"].opened == pytest.approx(1.0, abs=0.04)
        table.body.place_object("yellow_duck", IN_DRAWER, 0.4)
        assert table.look()["yellow_duck"].place == "left_drawer"
        table.drawer("left_drawer", 0.0, ["yellow_duck"])
        hidden = table.look(2)["yellow_duck"]
        assert (hidden.place, hidden.visible, hidden.missing) == ("left_drawer", False, False)
        assert table.error("yellow_duck") < 0.015
        table.drawer("left_drawer", 0.8, ["yellow_duck"])
        again = table.look(2)["yellow_duck"]
        assert again.visible and again.place == "left_drawer"
        assert table.error("yellow_duck") < 0.01
        assert set(table.things()) == {"yellow_duck", "blue_block"}


def test_a_thing_that_went_unseen_is_missing_and_known_again_where_it_reappears() -> None:
    with watched(put("teddy", "brown", 0.40, 0.1), put("ball", "red", 0.40, -0.1)) as table:
        table.look(2)
        table.body.place_object("brown_teddy", (0.84, 0.13, 0.0205))
        table.pass_by()
        gone = table.look()["brown_teddy"]
        assert gone.missing and not gone.visible
        assert not table.things()["red_ball"].missing
        table.body.place_object("brown_teddy", (0.32, 0.25, 0.0005))
        back = table.look()["brown_teddy"]
        assert back.visible and not back.missing
        assert len(table.things()) == 2 and table.error("brown_teddy") < 0.01


def test_a_look_alike_in_the_same_place_is_not_taken_for_the_thing() -> None:
    with watched(put("block", "red", 0.40, 0.0), put("can", "red", 0.40, 0.2)) as table:
        table.look(2)
        table.body.place_object("red_block", (0.84, 0.13, 0.0205))
        table.body.place_object("red_can", (0.40, 0.0, 0.0005))
        things = table.look()
        assert things["red_block"].missing
        assert table.error("red_can") < 0.005


def test_what_the_arm_hides_stays_where_it_was() -> None:
    with watched(put("block", "green", 0.45, 0.0), put("plate", "white", 0.33, 0.12)) as table:
        before = table.look(2)
        over = table.model.solve(_down(0.64, 0.0, 0.30), np.array(table.model.home))
        assert over is not None
        _move(table, over)
        covered = table.look(2)
        assert set(covered) == set(before)
        for name, each in covered.items():
            assert not each.missing
            assert np.linalg.norm(each.position - before[name].position) < 0.006
        assert not covered["green_block"].visible


def test_the_hand_carries_what_it_grasps_and_puts_it_where_it_lets_go() -> None:
    with watched(put("block", "red", 0.40, -0.1), put("block", "blue", 0.40, 0.1)) as table:
        table.look(2)
        assert _do(table, "pick", target="red_block") is Status.SUCCEEDED
        state = table.belief.state(table.body.sense())
        assert state.hand is not None and state.hand.holding == "red_block"
        assert state.entities["red_block"].place == "hand"
        assert table.error("red_block") < 0.02
        assert _do(table, "place", target="red_block", destination="red_bin") is Status.SUCCEEDED
        state = table.belief.state(table.body.sense())
        assert state.hand is not None and state.hand.holding == ""
        assert state.entities["red_block"].place == "red_bin"
        table.look(2)
        assert table.error("red_block") < 0.01
        assert set(table.things()) == {"red_block", "blue_block"}


def test_black_and_torn_pictures_change_nothing() -> None:
    with watched(put("block", "red", 0.40, -0.1), put("cup", "blue", 0.40, 0.1)) as table:
        before = table.look(2)
        arm, picture = table.body.sense(), table.body.observe()
        rng = np.random.default_rng(0)
        seen = table.belief.state(arm).camera_tick
        picture.rgb[:], picture.depth[:] = 0, 0.0
        assert not table.belief.observe(picture, arm)
        torn = table.body.observe()
        torn.depth[:] += rng.normal(0.0, 0.03, torn.depth.shape).astype(np.float32)
        assert not table.belief.observe(torn, arm)
        assert table.belief.state(arm).camera_tick == seen
        noisy = table.body.observe()
        noisy.depth[:] += rng.normal(0.0, 0.003, noisy.depth.shape).astype(np.float32)
        assert table.belief.observe(noisy, arm)
        after = table.things()
        assert set(after) == set(before)
        for name, each in after.items():
            assert not each.missing and table.error(name) < 0.01


def test_without_memory_only_what_is_in_view_is_believed() -> None:
    with watched(put("duck", "yellow", 0.40, 0.1), put("block", "blue", 0.40, -0.1)) as table:
        table.begin(memory=False)
        assert set(table.look(2)) == {"yellow_duck", "blue_block"}
        table.body.place_object("yellow_duck", (0.84, 0.13, 0.0205))
        assert set(table.look()) == {"blue_block"}
        assert table.belief.remembered() == ()
        assert table.belief.arrangement("before") == {}


def test_a_snapshot_is_shared_while_nothing_new_is_seen() -> None:
    with watched(put("block", "blue", 0.40, -0.1)) as table:
        table.look(2)
        arm = table.body.sense()
        first, second = table.belief.state(arm), table.belief.state(arm)
        assert first.entities is second.entities
        table.look()
        assert table.belief.state(arm).entities is not first.entities


def _down(x: float, y: float, z: float) -> np.ndarray:
    pose = np.diag([1.0, -1.0, -1.0, 1.0])
    pose[:3, 3] = x, y, z
    return pose


def _move(table: WatchedTable, goal: np.ndarray) -> None:
    from embodied_mem.types import Command

    start = table.body.sense().joints
    for share in np.linspace(0.0, 1.0, 240):
        table.body.act(Command(joints=tuple(start + share * (goal - start))))
    for _ in range(60):
        table.body.act(Command(joints=tuple(goal)))


def _do(table: WatchedTable, name: str, **arguments: str) -> Status:
    """Runs one skill as a brain does: feels every tick, looks at times."""
    spec = arm_skills(table.model, table.body.cell)[name]
    given = {
        key: arguments.get(key, parameter.default) for key, parameter in spec.parameters.items()
    }
    skill = spec.make(given)
    arm = table.body.sense()
    skill.enter(ArmSenses(arm, table.belief.state(arm)))
    for tick in range(4000):
        arm = table.body.sense()
        table.belief.feel(arm)
        if tick % 60 == 0:
            table.belief.observe(table.body.observe(), arm)
        command = skill.step(ArmSenses(arm, table.belief.state(arm)))
        if skill.status is not Status.RUNNING:
            break
        table.body.act(command)
    skill.leave()
    return skill.status
