"""Skills of a hand in the real simulator; the test plays perception."""

import numpy as np
import pytest

pytest.importorskip("pybullet")

from arm_bench import ArmBench, stand

REACH = ("block", "can", "mug", "fork", "plate", "duck", "banana", "bottle")


def place_of(bench, name):
    bench.body.settle(0.3)
    return bench.place(name)


@pytest.mark.parametrize("kind", REACH)
def test_things_are_picked_and_placed_where_asked(kind):
    rng = np.random.default_rng(len(kind))
    start = stand(kind, *rng.uniform((0.3, -0.2), (0.46, 0.0)), yaw=rng.uniform(-3, 3), name="it")
    with ArmBench(start, stand("block", 0.4, 0.25, colour="red")) as bench:
        assert bench.can("pick", target="it") > 0.5
        assert bench.do("pick", target="it") == ""
        assert bench.thing("it").position[2] > 0.1
        assert bench.can("place", target="it", point=(0.36, 0.1)) > 0.5
        assert bench.do("place", target="it", point=(0.36, 0.1)) == ""
        bench.body.settle(0.3)
        thing = bench.thing("it")
        assert np.linalg.norm(thing.position[:2] - (0.36, 0.1)) < 0.02
        assert thing.position[2] < 0.5 * thing.size[2] + 0.008
        assert thing.tilt < 0.1
        assert bench.fastest < 1.0 and bench.hardest < 40.0


def test_three_blocks_are_stacked():
    colours = ("red", "green", "blue")
    blocks = (
        stand("block", 0.33 + 0.06 * k, -0.15 + 0.15 * k, yaw=0.4 * k, colour=colour)
        for k, colour in enumerate(colours)
    )
    with ArmBench(*blocks) as bench:
        for above, below in (("green_block", "red_block"), ("blue_block", "green_block")):
            assert bench.do("pick", target=above) == ""
            assert bench.do("place", target=above, destination=below) == ""
        assert bench.do("home") == ""
        bench.body.settle(0.5)
        heights = [bench.thing(f"{colour}_block").position[2] for colour in colours]
        np.testing.assert_allclose(heights, (0.02, 0.06, 0.10), atol=0.004)


@pytest.mark.parametrize("drawer", ["left_drawer", "right_drawer"])
def test_a_thing_goes_into_a_drawer_and_out_again(drawer):
    with ArmBench(stand("block", 0.4, 0.05, colour="red")) as bench:
        assert bench.can("place", target="red_block", destination=drawer) == 0.0
        assert bench.do("open", drawer=drawer) == ""
        assert bench.opened(drawer) > 0.9
        assert bench.do("pick", target="red_block") == ""
        assert bench.do("place", target="red_block", destination=drawer) == ""
        assert bench.do("close", drawer=drawer) == ""
        assert bench.opened(drawer) < 0.03
        assert place_of(bench, "red_block") == drawer
        assert bench.can("pick", target="red_block") == 0.0
        assert "not open" in bench.do("pick", target="red_block")
        assert bench.do("open", drawer=drawer) == ""
        assert bench.do("pick", target="red_block") == ""
        assert bench.do("hand_over", target="red_block") == ""
        assert place_of(bench, "red_block") == "tray"
        assert bench.fastest < 1.0


def test_a_bin_takes_several_things():
    kinds = ("block", "can", "ball", "brick")
    things = (
        stand(kind, 0.30 + 0.06 * k, -0.2 + 0.1 * k, name=kind) for k, kind in enumerate(kinds)
    )
    with ArmBench(*things) as bench:
        for kind in kinds:
            assert bench.do("pick", target=kind) == ""
            assert bench.do("place", target=kind, destination="green_bin") == ""
        bench.body.settle(0.5)
        assert [bench.place(kind) for kind in kinds] == ["green_bin"] * 4
        assert bench.do("pick", target="can") == ""


def test_a_pushed_thing_goes_to_the_point():
    with ArmBench(stand("block", 0.45, 0.2, yaw=0.2, colour="red")) as bench:
        assert bench.can("push", target="red_block", point=(0.38, 0.05)) > 0.0
        assert bench.do("push", target="red_block", point=(0.38, 0.05)) == ""
        assert np.linalg.norm(bench.thing("red_block").position[:2] - (0.38, 0.05)) < 0.02


def test_what_is_tilted_leans_over_its_destination_and_comes_back():
    layout = (stand("cup", 0.35, 0.1, name="cup"), stand("bowl", 0.42, -0.2, name="bowl"))
    with ArmBench(*layout) as bench:
        assert bench.can("tilt", target="cup", destination="bowl") == 0.0
        assert bench.do("pick", target="cup") == ""
        leans, gaps = [], []

        def watch(_):
            cup, bowl = bench.thing("cup"), bench.thing("bowl")
            leans.append(cup.tilt)
            gaps.append(np.linalg.norm((cup.position - bowl.position)[:2]))

        assert bench.do("tilt", target="cup", destination="bowl", angle=1.6, every=watch) == ""
        most = int(np.argmax(leans))
        assert leans[most] == pytest.approx(1.6, abs=0.1)
        assert gaps[most] < 0.06
        assert bench.thing("cup").tilt < 0.1


def test_a_sponge_wipes_the_lane_with_light_contact():
    with ArmBench(stand("sponge", 0.31, -0.1, yaw=1.0, name="sponge")) as bench:
        assert bench.do("pick", target="sponge") == ""
        rows = []

        def watch(_):
            if bench.body.sense().contact > 0.5:
                rows.append((*bench.thing("sponge").position[:2], bench.body.sense().contact))

        assert bench.do("wipe", zone="lane", every=watch, seconds=60.0) == ""
        wiped = np.array(rows)
        assert np.ptp(wiped[:, 1]) > 0.5
        assert wiped[:, 2].max() < 12.0
        assert bench.thing("sponge").held


def test_wiping_waits_for_an_empty_zone():
    with ArmBench(stand("block", 0.4, 0.1, colour="red")) as bench:
        assert bench.can("wipe", zone="lane") == 0.0
        assert bench.do("wipe", zone="lane") == "red_block stands on lane"


def test_who_pulls_gets_what_is_held_out():
    with ArmBench(stand("can", 0.4, 0.0, colour="red")) as bench:
        assert bench.do("pick", target="red_can") == ""
        ticks = []

        def pull(tick):
            ticks.append(tick)
            tool = bench.model.tool_pose(bench.body.sense().joints)[:3, 3]
            if np.linalg.norm(tool - (0.56, -0.46, 0.245)) < 0.01:
                body, at = bench.body._world.things["red_can"], bench.thing("red_can").position
                bench.body._world._pb.applyExternalForce(
                    body, -1, [0, -15, 0], at.tolist(), 1, physicsClientId=bench.body._world.client
                )

        bench.do("hand_over", target="red_can", every=pull)
        assert not bench.body.truth().held


def test_the_camera_looks_down_on_what_was_asked_for():
    with ArmBench(stand("cup", 0.35, 0.15, name="cup")) as bench:
        for what, where in (("cup", (0.35, 0.15)), ("tray", (0.56, -0.46))):
            assert bench.do("look", place=what) == ""
            camera = bench.body.observe("wrist").T_world_camera
            np.testing.assert_allclose(camera[:2, 3], where, atol=0.01)
            assert 0.28 < camera[2, 3] < 0.40 and camera[2, 2] < -0.999
        assert bench.do("look") == ""
        np.testing.assert_allclose(bench.body.sense().joints, bench.model.home, atol=0.01)


def test_what_cannot_be_done_is_known_before():
    layout = (stand("block", 0.93, 0.5, colour="red"), stand("block", 0.4, 0.0, colour="blue"))
    with ArmBench(*layout) as bench:
        assert bench.can("pick", target="red_block") == 0.0
        assert "out of reach" in bench.do("pick", target="red_block")
        assert bench.can("pick", target="unheard_of") == 0.0
        assert bench.can("place", target="blue_block", destination="lane") == 0.0
        assert bench.can("open", drawer="lane") == 0.0
        bench.changes["blue_block"] = {"missing": True}
        assert bench.can("pick", target="blue_block") == 0.0
        assert "not where it was" in bench.do("pick", target="blue_block")


def test_a_thing_that_is_elsewhere_is_not_between_the_fingers():
    with ArmBench(stand("block", 0.4, 0.1, colour="red")) as bench:
        bench.changes["red_block"] = {"position": np.array([0.35, -0.15, 0.02])}
        assert bench.do("pick", target="red_block") == "nothing between the fingers"
        height = bench.model.tool_pose(bench.body.sense().joints)[2, 3]
        assert height > 0.07


def test_a_target_that_moves_is_followed_until_the_hand_comes_down():
    with ArmBench(stand("block", 0.4, 0.1, colour="red")) as bench:

        def shove(tick):
            if tick == 60:
                bench.body.place_object("red_block", (0.34, -0.1, 0.0))

        assert bench.do("pick", target="red_block", every=shove) == ""
        assert bench.thing("red_block").held


@pytest.mark.slow
def test_random_things_are_picked_and_binned_nineteen_times_of_twenty():
    from embodied_mem_envs.tabletop.kinds import RAW_KINDS

    rng = np.random.default_rng(11)
    done = 0
    for _ in range(40):
        kind = str(rng.choice(sorted(RAW_KINDS)))
        x, y = rng.uniform((0.29, -0.22), (0.48, 0.22))
        with ArmBench(stand(kind, x, y, yaw=rng.uniform(-3, 3), name="it")) as bench:
            bin_ = str(rng.choice(["red_bin", "green_bin", "blue_bin", "tray"]))
            good = bench.do("pick", target="it") == ""
            good = good and bench.do("place", target="it", destination=bin_) == ""
            done += good and place_of(bench, "it") == bin_
    assert done >= 38
