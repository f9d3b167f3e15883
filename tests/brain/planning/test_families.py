"""Every family of tasks, planned from hand-made scenes and carried out on symbols."""

import pytest

from embodied_mem.brain.plan.checks import answer_parts, check_plan
from embodied_mem.brain.plan.conditions import parse_condition
from embodied_mem.brain.plan.schema import Plan
from embodied_mem.brain.planning.cortex import GivenUpError, PlanningCortex
from embodied_mem.brain.planning.situation import Arranged, Arrangement, Remembered, Situation
from embodied_mem.models import load_model_client
from symbolic_table import Table, cell, skills, thing


def planned(
    text: str,
    table: Table,
    *,
    before: Arrangement | None = None,
    last_time: Arrangement | None = None,
    remembered: tuple[Remembered, ...] = (),
) -> Plan:
    situation = Situation(
        instruction=text,
        state=table.state(),
        cell=cell(),
        skills=skills(),
        before=before or {},
        last_time=last_time or {},
        remembered=remembered,
    )
    cortex = PlanningCortex(load_model_client("scripted"))
    plan = cortex.plan(situation)
    assert cortex.calls == 1
    check_plan(plan, skills(), set(table.state().entities))
    return plan


def carried_out(text: str, table: Table, **memory: object) -> Plan:
    plan = planned(text, table, **memory)  # type: ignore[arg-type]
    table.run(plan)
    assert not table.holding
    assert all(map(table.holds, plan.root.post))
    return plan


def count(table: Table, skill: str) -> int:
    return sum(done.split()[0] == skill for done in table.done)


def block(colour: str, x: float, y: float, **about: object):  # type: ignore[no-untyped-def]
    return thing(f"{colour}_block", "block", colour, (x, y), **about)  # type: ignore[arg-type]


# -- sort ------------------------------------------------------------------------------------------


def test_sort_puts_every_block_that_has_a_bin_into_it() -> None:
    table = Table.of(
        block("red", 0.3, 0.1),
        block("green", 0.4, -0.2),
        block("blue", 0.45, 0.2),
        block("yellow", 0.35, -0.1),
        thing("red_can", "can", "red", (0.3, 0.25)),
    )
    carried_out("Sort the blocks by colour into the bins", table)
    assert {n: e.place for n, e in table.things.items()} == {
        "red_block": "red_bin",
        "green_block": "green_bin",
        "blue_block": "blue_bin",
        "yellow_block": "table",
        "red_can": "table",
    }


def test_sort_corrects_wrong_bins_and_takes_piles_down_from_the_top() -> None:
    table = Table.of(
        block("red", 0.3, 0.1),
        block("green", 0.3, 0.1, bottom=0.04),
        block("blue", 0.32, 0.46, place="red_bin"),
    )
    carried_out("Sort the blocks by colour into the bins", table)
    assert next(d for d in table.done if d.startswith("pick")) == "pick green_block"
    assert table.things["blue_block"].place == "blue_bin"


def test_sort_reaches_into_a_drawer_and_closes_it_again() -> None:
    table = Table.of(
        block("red", 0.3, 0.1),
        block("blue", 0.8, 0.13, place="left_drawer", bottom=0.02, visible=False),
    )
    carried_out("Sort the blocks by colour into the bins", table)
    assert table.things["blue_block"].place == "blue_bin"
    assert table.opened["left_drawer"] == 0.0


# -- stack -----------------------------------------------------------------------------------------


def test_stack_of_two() -> None:
    table = Table.of(block("red", 0.3, 0.1), block("blue", 0.4, -0.1))
    carried_out("Stack the red block on the blue block", table)
    assert table.holds("on(red_block, blue_block)")
    assert count(table, "pick") == 1


def test_a_tower_of_three_frees_what_is_covered() -> None:
    table = Table.of(
        block("red", 0.3, 0.1),
        block("blue", 0.4, -0.1),
        block("green", 0.45, 0.2),
        thing("can", "can", "yellow", (0.4, -0.1), bottom=0.04),
    )
    carried_out("Build a tower of the blue, green and red blocks from bottom to top", table)
    assert table.holds("on(green_block, blue_block) and on(red_block, green_block)")


def test_a_pile_that_stands_the_wrong_way_round_is_turned_over() -> None:
    table = Table.of(
        block("red", 0.3, 0.1),
        block("blue", 0.3, 0.1, bottom=0.04),
        block("green", 0.3, 0.1, bottom=0.08),
    )
    text = "Stack the red block on the blue block and the blue block on the green block"
    carried_out(text, table)
    assert table.holds("on(red_block, blue_block) and on(blue_block, green_block)")


def test_a_pile_that_stands_already_is_let_be() -> None:
    table = Table.of(block("blue", 0.3, 0.1), block("red", 0.3, 0.1, bottom=0.04))
    carried_out("Stack the red block on the blue block", table)
    assert count(table, "pick") == 0


# -- put away --------------------------------------------------------------------------------------


@pytest.mark.parametrize("side", ["left", "right"])
def test_put_away_opens_and_closes_the_drawer(side: str) -> None:
    table = Table.of(thing("duck", "duck", "yellow", (0.35, 0.0)))
    carried_out(f"Put the duck away in the {side} drawer", table)
    drawer = f"{side}_drawer"
    assert [d.split()[0] for d in table.done] == ["open", "pick", "place", "close", "home"]
    assert table.things["duck"].place == drawer and table.opened[drawer] == 0.0


def test_put_away_makes_room_for_the_drawer() -> None:
    table = Table.of(
        thing("duck", "duck", "yellow", (0.35, 0.0)),
        thing("mug", "mug", "red", (0.6, 0.13)),
        block("red", 0.6, 0.05),
        block("blue", 0.6, 0.05, bottom=0.04),
    )
    carried_out("Put the duck away in the left drawer", table)
    assert table.things["duck"].place == "left_drawer"


def test_put_away_what_stands_before_the_drawer_itself() -> None:
    table = Table.of(thing("duck", "duck", "yellow", (0.6, 0.13)))
    carried_out("Put the duck away in the left drawer", table)
    assert table.things["duck"].place == "left_drawer"


def test_put_away_uses_an_open_drawer_and_closes_it() -> None:
    table = Table.of(thing("duck", "duck", "yellow", (0.35, 0.0)))
    table.opened["left_drawer"] = 1.0
    carried_out("Put the duck away in the left drawer", table)
    assert count(table, "open") == 0 and table.opened["left_drawer"] == 0.0


def test_a_drawer_can_be_left_open() -> None:
    table = Table.of(thing("duck", "duck", "yellow", (0.35, 0.0)))
    carried_out("Put the duck in the left drawer and leave it open", table)
    assert table.opened["left_drawer"] == 1.0


# -- fetch and find --------------------------------------------------------------------------------


def in_drawer(name: str, drawer: str, category: str = "mug", **about: object):  # type: ignore[no-untyped-def]
    y = 0.13 if drawer == "left_drawer" else -0.13
    return thing(
        name, category, "red", (0.83, y), bottom=0.02, place=drawer, visible=False, **about
    )  # type: ignore[arg-type]


def test_fetch_from_the_drawer_where_it_was_seen_last() -> None:
    table = Table.of(in_drawer("mug", "right_drawer"))
    carried_out("Bring me the mug", table)
    assert table.things["mug"].place == "tray"
    assert table.opened == {"left_drawer": 0.0, "right_drawer": 0.0}
    assert count(table, "open") == 1


def test_fetch_past_things_before_the_drawer() -> None:
    table = Table.of(in_drawer("mug", "right_drawer"), block("red", 0.6, -0.1))
    carried_out("Bring me the mug", table)
    assert table.things["mug"].place == "tray"


def test_fetch_what_is_under_something() -> None:
    table = Table.of(
        thing("bowl", "bowl", "red", (0.4, 0.1)),
        block("blue", 0.4, 0.1, bottom=0.04),
    )
    carried_out("Bring me the bowl", table)
    assert table.things["bowl"].place == "tray"


@pytest.mark.parametrize("truly", ["left_drawer", "right_drawer"])
@pytest.mark.parametrize("believed", ["left_drawer", "right_drawer", "table"])
def test_a_moved_thing_is_found_with_one_plan(truly: str, believed: str) -> None:
    if believed == "table":
        thought = thing("teddy", "teddy", "brown", (0.4, 0.1), missing=True, visible=False)
    else:
        thought = in_drawer("teddy", believed, "teddy")
    table = Table.of(thought, where={"teddy": in_drawer("teddy", truly, "teddy")})
    carried_out("Bring me the teddy", table)
    assert table.things["teddy"].place == "tray"
    assert table.opened == {"left_drawer": 0.0, "right_drawer": 0.0}


def test_the_search_starts_where_memory_says() -> None:
    thought = thing("teddy", "teddy", "brown", (0.4, 0.1), missing=True, visible=False)
    table = Table.of(thought, where={"teddy": in_drawer("teddy", "right_drawer", "teddy")})
    facts = tuple(
        Remembered(entity="teddy", place=place, position=(0.8, 0.0, 0.04), tick=tick)
        for tick, place in enumerate(("left_drawer", "right_drawer", "table"))
    )
    carried_out("Bring me the teddy", table, remembered=facts)
    assert table.done[0] == "open right_drawer"
    assert count(table, "open") == 1


def test_a_thing_seen_elsewhere_is_simply_brought() -> None:
    table = Table.of(thing("teddy", "teddy", "brown", (0.56, 0.46), place="green_bin"))
    carried_out("Bring me the teddy", table)
    assert [d.split()[0] for d in table.done] == ["pick", "place", "home"]


def test_an_unknown_thing_is_refused_with_words_for_a_person() -> None:
    with pytest.raises(GivenUpError, match="I know of no giraffe"):
        planned("Bring me the giraffe", Table.of(block("red", 0.3, 0.1)))


# -- restore, set the table, swap ------------------------------------------------------------------


def lay(entity) -> Arranged:  # type: ignore[no-untyped-def]
    x, y, z = map(float, entity.position)
    return Arranged((x, y, z), float(entity.yaw), entity.place)


def test_restore_moves_only_what_was_moved() -> None:
    red, blue = block("red", 0.3, 0.1), block("blue", 0.4, -0.1)
    table = Table.of(block("red", 0.48, 0.28), block("blue", 0.405, -0.1))
    carried_out(
        "Put everything back as it was",
        table,
        before={"red_block": lay(red), "blue_block": lay(blue)},
    )
    assert count(table, "pick") == 1
    assert table.holds("at(red_block, 0.3, 0.1, tol=0.01)")


def test_restore_breaks_cycles_and_frees_spots() -> None:
    spots = [(0.3, 0.1), (0.4, -0.1), (0.45, 0.2)]
    names = ("red", "green", "blue")
    before = {f"{n}_block": lay(block(n, *spot)) for n, spot in zip(names, spots, strict=True)}
    turned = [block(n, *spot) for n, spot in zip(names, spots[1:] + spots[:1], strict=True)]
    table = Table.of(*turned)
    carried_out("Put everything back as it was", table, before=before)
    assert count(table, "pick") == 4


def test_restore_from_bins_drawers_and_piles() -> None:
    before = {
        "red_block": lay(block("red", 0.3, 0.1)),
        "green_block": lay(block("green", 0.3, 0.1, bottom=0.04)),
        "blue_block": lay(block("blue", 0.8, 0.13, place="left_drawer", bottom=0.02)),
        "mug": lay(thing("mug", "mug", "red", (0.4, -0.2))),
    }
    table = Table.of(
        block("red", 0.56, 0.46, place="green_bin"),
        block("green", 0.35, -0.05),
        block("blue", 0.4, -0.2),
        in_drawer("mug", "right_drawer"),
    )
    carried_out("Put everything back as it was", table, before=before)
    assert table.holds("on(green_block, red_block) and inside(blue_block, left_drawer)")
    assert table.holds("at(mug, 0.4, -0.2)")
    assert table.opened == {"left_drawer": 0.0, "right_drawer": 0.0}


def test_restore_finds_what_has_gone() -> None:
    before = {"mug": lay(thing("mug", "mug", "red", (0.4, -0.2)))}
    thought = thing("mug", "mug", "red", (0.4, -0.2), missing=True, visible=False)
    table = Table.of(thought, where={"mug": in_drawer("mug", "right_drawer")})
    carried_out("Put everything back as it was", table, before=before)
    assert table.holds("at(mug, 0.4, -0.2)")


@pytest.mark.parametrize("drawers", [("left", "right"), ("right", "left"), ("left", "left")])
def test_restore_finds_several_things_in_one_round(drawers: tuple[str, str]) -> None:
    names = ("mug", "cup")
    before = {
        n: lay(thing(n, n, "red", at))
        for n, at in zip(names, [(0.4, -0.2), (0.4, 0.2)], strict=True)
    }
    thought = [
        thing(n, n, "red", before[n].position[:2], missing=True, visible=False) for n in names
    ]
    where = {n: in_drawer(n, f"{d}_drawer", n) for n, d in zip(names, drawers, strict=True)}
    table = Table.of(*thought, block("red", 0.6, 0.1), where=where)
    carried_out("Put everything back as it was", table, before=before)
    assert table.holds("at(mug, 0.4, -0.2) and at(cup, 0.4, 0.2)")
    assert table.opened == {"left_drawer": 0.0, "right_drawer": 0.0}
    assert count(table, "open") <= 4


def test_restore_one_thing_only() -> None:
    before = {"red_block": lay(block("red", 0.3, 0.1)), "blue_block": lay(block("blue", 0.4, 0.2))}
    table = Table.of(block("red", 0.45, -0.2), block("blue", 0.3, -0.2))
    carried_out("Put the red block back where it was", table, before=before)
    assert table.holds("at(red_block, 0.3, 0.1) and at(blue_block, 0.3, -0.2)")


def test_restore_without_memory_is_refused() -> None:
    with pytest.raises(GivenUpError, match="do not remember"):
        planned("Put everything back as it was", Table.of(block("red", 0.3, 0.1)))


def table_setting() -> dict[str, Arranged]:
    return {
        "plate": lay(thing("plate", "plate", "white", (0.38, 0.0))),
        "fork": lay(thing("fork", "fork", "steel", (0.38, 0.12), yaw=0.1)),
        "spoon": lay(thing("spoon", "spoon", "steel", (0.38, -0.12), yaw=-0.1)),
        "mug": lay(thing("mug", "mug", "red", (0.47, -0.2))),
    }


def test_set_the_table_as_last_time() -> None:
    table = Table.of(
        thing("plate", "plate", "white", (0.4, -0.22)),
        thing("fork", "fork", "steel", (0.3, 0.25), yaw=1.4),
        in_drawer("spoon", "left_drawer", "spoon"),
        thing("mug", "mug", "red", (0.35, 0.0)),
    )
    carried_out("Set the table as last time", table, last_time=table_setting())
    for name, view in table_setting().items():
        assert table.holds(f"at({name}, {view.position[0]}, {view.position[1]}, tol=0.02)")
    assert table.things["fork"].yaw == pytest.approx(0.1)


def test_set_the_table_knows_things_by_what_they_are() -> None:
    table = Table.of(thing("mug_2", "mug", "red", (0.3, 0.2)))
    carried_out("Set the table as last time", table, last_time={"mug": table_setting()["mug"]})
    assert table.holds("at(mug_2, 0.47, -0.2)")


def test_swap_goes_through_a_free_spot() -> None:
    table = Table.of(block("red", 0.3, 0.1), thing("green_can", "can", "green", (0.45, -0.1)))
    carried_out("Swap the red block and the green can", table)
    assert table.holds("at(red_block, 0.45, -0.1) and at(green_can, 0.3, 0.1)")
    assert count(table, "pick") == 3


def test_swap_with_what_is_in_a_bin() -> None:
    table = Table.of(
        block("red", 0.32, 0.46, place="red_bin"), thing("green_can", "can", "green", (0.45, -0.1))
    )
    carried_out("Swap the red block and the green can", table)
    assert table.holds("at(red_block, 0.45, -0.1) and inside(green_can, red_bin)")


def test_swap_turns_a_pile_over() -> None:
    table = Table.of(block("red", 0.35, 0.1), block("blue", 0.35, 0.1, bottom=0.04))
    carried_out("Swap the red block and the blue block", table)
    assert table.holds("on(red_block, blue_block) and at(blue_block, 0.35, 0.1)")


def test_swap_in_a_crowd() -> None:
    crowd = [
        block(f"c{i}", x, y)
        for i, (x, y) in enumerate([(0.3, 0.02), (0.3, 0.18), (0.38, 0.1), (0.45, -0.18)])
    ]
    table = Table.of(
        block("red", 0.3, 0.1), thing("green_can", "can", "green", (0.45, -0.1)), *crowd
    )
    carried_out("Swap the red block and the green can", table)
    assert table.holds("at(red_block, 0.45, -0.1) and at(green_can, 0.3, 0.1)")


# -- count, clear ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("How many red things are on the table?", 2),
        ("How many red things are there in all?", 3),
        ("How many blocks are on the table?", 1),
        ("How many things are in the left drawer?", 1),
        ("How many green things are on the table?", 0),
        ("How many bins are there?", 3),
    ],
)
def test_count_answers_from_what_is_believed(text: str, number: int) -> None:
    table = Table.of(
        block("red", 0.3, 0.1),
        thing("red_can", "can", "red", (0.45, -0.1)),
        in_drawer("mug", "left_drawer"),
        thing("duck", "duck", "yellow", (0.4, 0.2)),
    )
    plan = carried_out(text, table)
    (part,) = answer_parts(plan.answer)
    assert parse_condition(part, type="number").value(table.state()) == number


def test_clear_the_lane() -> None:
    table = Table.of(
        block("red", 0.41, 0.1),
        thing("green_can", "can", "green", (0.37, -0.1)),
        block("blue", 0.41, 0.1, bottom=0.04),
        thing("fork", "fork", "steel", (0.45, 0.25), yaw=1.5),
        block("yellow", 0.29, 0.0),
    )
    carried_out("Clear the lane", table)
    assert table.holds("clear(lane)")
    assert "pick yellow_block" not in table.done


def test_clear_a_lane_that_is_free_does_nothing() -> None:
    table = Table.of(block("red", 0.29, 0.1))
    carried_out("Clear the lane", table)
    assert count(table, "pick") == 0


# -- the rest --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("Push the red block to the left", "left_of(red_block, mug)"),
        ("Push the mug off the lane", "not inside(mug, lane)"),
        ("Move the mug off the lane", "not inside(mug, lane)"),
        ("Open both drawers", "opened(left_drawer) and opened(right_drawer)"),
        ("Close the left drawer", "closed(left_drawer)"),
        ("Pour the mug into the bowl", "at(mug, 0.4, -0.2)"),
        ("Wipe the lane", "true"),
        ("Hand over the mug", "inside(mug, tray)"),
        ("Look into the right drawer", "closed(right_drawer)"),
        ("Put the red block next to the mug", "near(red_block, mug, 0.1)"),
        ("Put the red block to the right of the mug", "right_of(red_block, mug)"),
        ("Put the red block in the blue bin", "inside(red_block, blue_bin)"),
        ("Put the red block on the tray", "inside(red_block, tray)"),
        ("Put the red block into the lane", "inside(red_block, lane)"),
        ("Put the red block on the bowl", "on(red_block, bowl)"),
    ],
)
def test_other_requests(text: str, holds: str) -> None:
    table = Table.of(
        block("red", 0.3, -0.2),
        thing("mug", "mug", "white", (0.4, -0.2)),
        thing("bowl", "bowl", "green", (0.4, 0.2)),
    )
    carried_out(text, table)
    assert table.holds(holds)


@pytest.mark.parametrize(
    ("text", "skill"),
    [
        ("Pour the mug into the bowl", "tilt"),
        ("Wipe the lane", "wipe"),
        ("Hand over the mug", "hand_over"),
        ("Hand over the duck", "hand_over"),
        ("Push the bowl to the left", "push"),
        ("Look into the right drawer", "look"),
        ("Open the left drawer", "open"),
    ],
)
def test_what_is_asked_for_is_really_done(text: str, skill: str) -> None:
    table = Table.of(
        thing("mug", "mug", "white", (0.4, -0.2)),
        thing("bowl", "bowl", "green", (0.4, 0.2)),
        thing("sponge", "sponge", "yellow", (0.32, 0.0)),
        in_drawer("duck", "left_drawer", "duck"),
    )
    carried_out(text, table)
    assert count(table, skill) == 1
    assert table.opened["right_drawer"] == 0.0
