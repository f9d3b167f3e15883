"""Plans that go wrong on the way: a new subtree reaches the same goal from how things are then."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from embodied_mem.brain.plan.replan import ReplanRequest
from embodied_mem.brain.plan.schema import Step, Task
from embodied_mem.brain.plan.walk import walk
from embodied_mem.brain.planning.cortex import GivenUpError, PlanningCortex
from embodied_mem.brain.planning.situation import Arranged, Arrangement, Situation
from embodied_mem.models import load_model_client
from symbolic_table import StuckError, Table, cell, skills, thing

Disturbance = Callable[[Table, Step], None]


def disturbed(
    text: str, table: Table, disturbance: Disturbance, *, before: Arrangement | None = None
) -> PlanningCortex:
    """Carries out a plan that something disturbs; asks again wherever it fails."""
    cortex = PlanningCortex(load_model_client("scripted"))

    def situation() -> Situation:
        return Situation(
            instruction=text,
            state=table.state(),
            cell=cell(),
            skills=skills(),
            before=before or {},
        )

    def replan(table: Table, task: Task, step: Step | None, why: str) -> Task:
        request = ReplanRequest(
            task=task,
            node=step.id if step is not None else task.id,
            step=step,
            anomaly="postcondition",
            detail=why,
            goals=(text, task.goal),
            number=table.replans,
        )
        new = cortex.replan(request, situation())
        taken = {node.id for node in walk(plan.root)}
        assert not taken & {node.id for node in walk(new)}
        return new

    plan = cortex.plan(situation())
    table.before_step, table.replan = disturbance, replan
    table.run(plan)
    assert all(map(table.holds, plan.root.post))
    assert not table.holding
    return cortex


def once(skill: str, act: Callable[[Table], None], *, number: int = 1) -> Disturbance:
    """Disturbs the nth step of a skill."""
    seen = 0

    def disturbance(table: Table, step: Step) -> None:
        nonlocal seen
        if step.skill == skill:
            seen += 1
            if seen == number:
                act(table)
                table.perceive()

    return disturbance


def moved(name: str, at: tuple[float, float], place: str = "table") -> Callable[[Table], None]:
    def act(table: Table) -> None:
        entity = table.things[name]
        spot = np.array([*at, 0.5 * entity.size[2]])
        table.things[name] = replace(entity, position=spot, place=place)

    return act


def dropped(name: str, at: tuple[float, float]) -> Callable[[Table], None]:
    def act(table: Table) -> None:
        moved(name, at)(table)
        table.holding = ""

    return act


def test_what_slips_from_the_hand_is_fetched_again() -> None:
    table = Table.of(thing("duck", "duck", "yellow", (0.35, 0.0)))
    text = "Put the duck away in the left drawer"
    cortex = disturbed(text, table, once("place", dropped("duck", (0.45, -0.2))))
    assert cortex.calls == 2
    assert table.things["duck"].place == "left_drawer"


def test_what_falls_before_the_drawer_does_not_stop_it_from_closing() -> None:
    table = Table.of(thing("duck", "duck", "yellow", (0.35, 0.0)))
    text = "Put the duck away in the left drawer"
    disturbed(text, table, once("place", dropped("duck", (0.5, -0.1))))
    assert table.opened["left_drawer"] == 0.0


def test_the_wrong_thing_in_the_hand_is_put_aside() -> None:
    table = Table.of(
        thing("duck", "duck", "yellow", (0.35, 0.0)), thing("mug", "mug", "red", (0.35, 0.1))
    )

    def wrong(table: Table) -> None:
        table.holding = "mug"
        table.things["mug"] = replace(table.things["mug"], place="hand")

    text = "Put the duck away in the left drawer"
    disturbed(text, table, once("pick", wrong))
    assert table.things["duck"].place == "left_drawer"
    assert table.things["mug"].place == "table"


def test_a_thing_that_is_taken_away_is_looked_for() -> None:
    table = Table.of(thing("duck", "duck", "yellow", (0.35, 0.0)))
    text = "Put the duck away in the left drawer"
    disturbed(text, table, once("pick", moved("duck", (0.8, -0.13), "right_drawer")))
    assert table.things["duck"].place == "left_drawer"
    assert table.opened == {"left_drawer": 0.0, "right_drawer": 0.0}


@pytest.mark.parametrize("drawer", ["left_drawer", "right_drawer"])
def test_what_was_never_seen_is_looked_for_and_then_brought(drawer: str) -> None:
    mug = thing("mug", "mug", "red", (0.83, 0.0), bottom=0.02, place=drawer, visible=False)
    duck = thing("duck", "duck", "yellow", (0.35, 0.0))
    table = Table.of(duck)
    table.things["mug"] = mug
    cortex = disturbed("Bring me the red mug", table, lambda table, step: None)
    assert cortex.calls == 2
    assert table.things["mug"].place == "tray"
    assert table.opened == {"left_drawer": 0.0, "right_drawer": 0.0}


def test_what_is_nowhere_is_given_up() -> None:
    table = Table.of(thing("duck", "duck", "yellow", (0.35, 0.0)))
    with pytest.raises(StuckError, match="find_what_was_never_seen"):
        disturbed("Bring me the mug", table, lambda table, step: None)


def test_something_that_is_put_in_the_way_is_put_aside() -> None:
    table = Table.of(
        thing("duck", "duck", "yellow", (0.35, 0.0)),
        thing("mug", "mug", "red", (0.3, 0.3)),
    )
    text = "Put the duck away in the left drawer"
    disturbed(text, table, once("open", moved("mug", (0.6, 0.13))))
    assert table.things["duck"].place == "left_drawer"


def test_swap_remembers_what_it_was_about() -> None:
    table = Table.of(
        thing("red_block", "block", "red", (0.32, 0.1)),
        thing("green_can", "can", "green", (0.45, -0.1)),
    )
    text = "Swap the red block and the green can"
    disturbed(text, table, once("place", dropped("red_block", (0.4, 0.25)), number=2))
    assert table.holds("at(red_block, 0.45, -0.1) and at(green_can, 0.32, 0.1)")


def test_a_spot_that_gets_taken_is_freed() -> None:
    before = {"red_block": Arranged((0.32, 0.1, 0.02), 0.0, "table")}
    table = Table.of(
        thing("red_block", "block", "red", (0.45, -0.2)),
        thing("mug", "mug", "red", (0.4, 0.25)),
    )
    disturbance = once("place", moved("mug", (0.32, 0.1)))
    disturbed("Put everything back as it was", table, disturbance, before=before)
    assert table.holds("at(red_block, 0.32, 0.1)")


def test_a_fork_that_slips_is_still_laid_the_right_way_round() -> None:
    before = {"fork": Arranged((0.38, 0.12, 0.01), 0.2, "table")}
    table = Table.of(thing("fork", "fork", "steel", (0.34, -0.2), yaw=1.4))
    disturbance = once("place", dropped("fork", (0.45, -0.1)))
    disturbed("Put everything back as it was", table, disturbance, before=before)
    assert table.holds("at(fork, 0.38, 0.12)")
    assert table.things["fork"].yaw == pytest.approx(0.2)


def test_what_cannot_be_picked_up_is_pushed_off_the_lane() -> None:
    table = Table.of(thing("plate", "plate", "white", (0.41, 0.1)))
    cortex = PlanningCortex(load_model_client("scripted"))
    told = Situation(
        instruction="Clear the lane", state=table.state(), cell=cell(), skills=skills()
    )
    plan = cortex.plan(told)
    move = plan.root.children[0]
    assert isinstance(move, Task)
    pick = move.children[0]
    assert isinstance(pick, Step)
    request = ReplanRequest(task=move, node=pick.id, step=pick, anomaly="bad_end")
    new = cortex.replan(request, told)
    table.run(new)
    assert table.holds("clear(lane)")
    assert [done.split()[0] for done in table.done] == ["push", "home"]


def test_a_pile_that_falls_over_is_built_again() -> None:
    table = Table.of(
        thing("red_block", "block", "red", (0.32, 0.1)),
        thing("blue_block", "block", "blue", (0.4, -0.1)),
        thing("green_block", "block", "green", (0.45, 0.2)),
    )
    text = "Stack the red block on the blue block and the green block on the red block"
    disturbed(text, table, once("pick", moved("red_block", (0.35, 0.25)), number=2))
    assert table.holds("on(red_block, blue_block) and on(green_block, red_block)")


def test_clearing_goes_on_with_what_came_onto_the_lane() -> None:
    table = Table.of(
        thing("red_block", "block", "red", (0.41, 0.1)), thing("mug", "mug", "red", (0.31, 0.25))
    )
    disturbed("Clear the lane", table, once("home", moved("mug", (0.41, 0.2))))
    assert table.holds("clear(lane)")


def test_too_many_revisions_are_ended_with_words() -> None:
    table = Table.of(thing("duck", "duck", "yellow", (0.35, 0.0)))
    cortex = PlanningCortex(load_model_client("scripted"))
    told = Situation(
        instruction="Put the duck away in the left drawer",
        state=table.state(),
        cell=cell(),
        skills=skills(),
    )
    plan = cortex.plan(told)
    request = ReplanRequest(
        task=plan.root, node="root", anomaly="timeout", detail="it takes too long", number=7
    )
    with pytest.raises(GivenUpError, match="gave up: it takes too long"):
        cortex.replan(request, told)


def test_what_crowds_a_thing_in_a_drawer_is_put_aside_and_back() -> None:
    """The hand does not fit in beside a tall thing: that makes room, and then goes back."""
    table = Table.of(
        thing("red_block", "block", "red", (0.65, 0.09), bottom=0.02, place="left_drawer"),
        thing("blue_mug", "mug", "blue", (0.65, 0.17), bottom=0.02, place="left_drawer"),
    )
    table.opened["left_drawer"] = 1.0
    cortex = PlanningCortex(load_model_client("scripted"))
    situation = Situation(
        instruction="Bring me the red block.", state=table.state(), cell=cell(), skills=skills()
    )
    plan = cortex.plan(situation)
    move = next(node for node in walk(plan.root) if node.id == "move_red_block")
    assert isinstance(move, Task)
    pick = next(node for node in move.children if isinstance(node, Step) and node.skill == "pick")
    request = ReplanRequest(
        task=move,
        node=pick.id,
        step=pick,
        anomaly="precondition",
        detail="the skill cannot do its work here and now",
    )
    again = cortex.replan(request, situation)
    moved = [
        (node.args["target"], node.args.get("destination", ""))
        for node in walk(again)
        if isinstance(node, Step) and node.skill == "place"
    ]
    assert [target for target, _ in moved] == ["blue_mug", "red_block", "blue_mug"]
    assert moved[1][1] == "tray" and moved[2][1] == "left_drawer"
