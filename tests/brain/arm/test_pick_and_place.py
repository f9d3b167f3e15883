"""Picking and placing in the real simulator; the test plays perception."""

import numpy as np
import pytest

pytest.importorskip("pybullet")

from arm_bench import ArmBench, stand
from embodied_mem_envs.tabletop.faults.spec import FaultSpec

REACH = ("block", "can", "mug", "fork", "plate", "duck", "banana", "bottle")


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


@pytest.mark.parametrize("to", [(0.34, -0.1, 0.0), (0.412, 0.091, 0.0)])
def test_a_target_that_moves_is_followed_until_the_hand_comes_down(to):
    with ArmBench(stand("block", 0.4, 0.1, colour="red")) as bench:

        def shove(tick):
            if tick == 60:
                bench.body.place_object("red_block", to)

        assert bench.do("pick", target="red_block", every=shove) == ""
        assert bench.thing("red_block").held


def test_what_nobody_saw_is_felt_and_gone_around():
    with ArmBench(stand("block", 0.4, 0.2, colour="red")) as bench:
        assert bench.do("pick", target="red_block") == ""
        bench.body.inject(FaultSpec(name="blocked_path", seconds=60.0))
        assert bench.do("place", target="red_block", point=(0.4, -0.2)) == ""
        bench.body.settle(0.3)
        np.testing.assert_allclose(bench.thing("red_block").position, (0.4, -0.2, 0.02), atol=0.02)
        assert bench.body.faults[-1].fired_at is not None


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
            done += good and bench.settled_place("it") == bin_
    assert done >= 38
