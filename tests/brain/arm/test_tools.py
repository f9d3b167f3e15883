"""Drawers, pushing, tilting, wiping and handing over in the real simulator."""

import numpy as np
import pytest

pytest.importorskip("pybullet")

from arm_bench import ArmBench, stand


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
        assert bench.settled_place("red_block") == drawer
        assert bench.can("pick", target="red_block") == 0.0
        assert "not open" in bench.do("pick", target="red_block")
        assert bench.do("open", drawer=drawer) == ""
        assert bench.do("pick", target="red_block") == ""
        assert bench.do("hand_over", target="red_block") == ""
        assert bench.settled_place("red_block") == "tray"
        assert bench.fastest < 1.0


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
