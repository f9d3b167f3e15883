"""Plans that worked once serve other scenes, and never at any price."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

from embodied_mem.brain.instruction import Instruction
from embodied_mem.brain.language.instructions import instruction_words, parse_instruction
from embodied_mem.brain.learning.skill_pool import SkillPool
from embodied_mem.brain.plan.checks import check_plan
from embodied_mem.brain.plan.report import ExecutionReport
from embodied_mem.brain.plan.schema import Plan, Step, Task
from embodied_mem.brain.plan.walk import steps
from embodied_mem.brain.planning.cortex import PlanningCortex
from embodied_mem.brain.planning.situation import Arranged, Arrangement, Situation
from embodied_mem.brain.state import Entity
from embodied_mem.memory import Delete, MemoryStore
from embodied_mem.models import load_model_client
from symbolic_table import Table, cell, skills, thing

WORDS = instruction_words(cell())


def frame_of(text: str) -> Instruction:
    return parse_instruction(text, WORDS)


def situation(
    text: str,
    table: Table,
    before: Arrangement | None = None,
    last_time: Arrangement | None = None,
) -> Situation:
    return Situation(
        instruction=text,
        state=table.state(),
        cell=cell(),
        skills=skills(),
        before=before or {},
        last_time=last_time or {},
    )


def worked(text: str, replans: int = 0) -> ExecutionReport:
    return ExecutionReport(instruction=text, outcome="succeeded", verified=True, replans=replans)


def modelled(text: str, table: Table, now: Situation | None = None) -> Plan:
    return PlanningCortex(load_model_client("scripted")).plan(now or situation(text, table))


def taught(pool: SkillPool, text: str, table: Table, **lay: Arrangement) -> tuple[Situation, Plan]:
    """Has the scripted model plan, carries that out and lets the pool learn from it."""
    now = situation(text, table, **lay)
    plan = modelled(text, table, now)
    table.run(plan)
    assert pool.add(frame_of(text), now, plan, worked(text)), pool.why
    return now, plan


def found(pool: SkillPool, text: str, table: Table, **lay: Arrangement) -> Plan:
    """Has the pool plan, and carries that out."""
    plan = pool.find(frame_of(text), situation(text, table, **lay))
    assert plan is not None, pool.why
    check_plan(plan, skills(), set(table.state().entities))
    table.run(plan)
    assert not table.holding
    assert plan.root.post and all(map(table.holds, plan.root.post))
    assert table.opened == {"left_drawer": 0.0, "right_drawer": 0.0}
    return plan


@pytest.fixture
def pool() -> SkillPool:
    return SkillPool(MemoryStore(), skills(), cell())


def block(colour: str, x: float, y: float, **about: object) -> Entity:
    return thing(f"{colour}_block", "block", colour, (x, y), **about)  # type: ignore[arg-type]


def lay(*entities: Entity) -> Arrangement:
    return {e.id: Arranged(tuple(e.position.tolist()), e.yaw, e.place) for e in entities}


def test_sorting_three_blocks_teaches_to_sort_six_of_other_colours_and_places(
    pool: SkillPool,
) -> None:
    taught(
        pool,
        "Sort the blocks by colour into the bins",
        Table.of(block("red", 0.3, 0.1), block("blue", 0.4, -0.2), block("yellow", 0.4, 0.2)),
    )
    table = Table.of(
        block("green", 0.33, 0.0),
        block("red", 0.42, 0.1),
        thing("red_block_2", "block", "red", (0.42, 0.1), bottom=0.04),
        thing("blue_block_3", "block", "blue", (0.3, 0.3)),
        block("purple", 0.3, -0.3),
        thing("red_can", "can", "red", (0.48, 0.3)),
        block("blue", 0.32, 0.46, place="red_bin"),
    )
    found(pool, "Put each block into the bin of its colour", table)
    places = {name: entity.place for name, entity in table.things.items()}
    assert places == {
        "green_block": "green_bin",
        "red_block": "red_bin",
        "red_block_2": "red_bin",
        "blue_block_3": "blue_bin",
        "blue_block": "blue_bin",
        "purple_block": "table",
        "red_can": "table",
    }


def test_a_tower_is_built_of_others_even_where_something_is_in_the_way(pool: SkillPool) -> None:
    text = "Stack the red block on the blue block and the blue block on the green block"
    blocks = [block("red", 0.3, 0.1), block("blue", 0.4, -0.2), block("green", 0.4, 0.2)]
    taught(pool, text, Table.of(*blocks))
    other = "Stack the blue block on the red block and the red block on the green block"
    table = Table.of(
        block("green", 0.3, 0.1),
        thing("red_can", "can", "red", (0.3, 0.1), bottom=0.04),
        block("blue", 0.4, -0.2),
        block("red", 0.4, -0.2, bottom=0.04),
    )
    found(pool, other, table)
    assert table.holds("on(blue_block, red_block) and on(red_block, green_block)")
    assert table.things["red_can"].place == "table"


def test_putting_away_takes_the_other_drawer_and_clears_the_way(pool: SkillPool) -> None:
    duck = thing("yellow_duck", "duck", "yellow", (0.35, 0.1))
    taught(pool, "Put the yellow duck away in the left drawer", Table.of(duck))
    table = Table.of(thing("red_duck", "duck", "red", (0.3, -0.2)), block("blue", 0.6, -0.1))
    plan = found(pool, "Stow the red duck in the right drawer", table)
    assert table.things["red_duck"].place == "right_drawer"
    assert plan.instruction == "Stow the red duck in the right drawer"
    names = " ".join(step.id for step in steps(plan.root))
    assert "yellow" not in names and "left" not in names


def test_fetching_opens_the_drawer_in_which_it_is(pool: SkillPool) -> None:
    mug = thing("mug", "mug", "red", (0.83, 0.13), bottom=0.02, place="left_drawer", visible=False)
    taught(pool, "Bring me the mug", Table.of(mug))
    for drawer, y in (("right_drawer", -0.13), ("left_drawer", 0.13)):
        mug = thing("mug", "mug", "blue", (0.83, y), bottom=0.02, place=drawer, visible=False)
        table = Table.of(mug, block("red", 0.6, y))
        found(pool, "Could you fetch the mug, please", table)
        assert table.things["mug"].place == "tray"
    table = Table.of(thing("mug", "mug", "blue", (0.3, 0.2)))
    found(pool, "Bring me the mug", table)
    assert [done.split()[0] for done in table.done if done != "home"][:2] == ["pick", "place"]


def test_what_is_not_where_it_was_is_looked_for(pool: SkillPool) -> None:
    believed = thing("teddy", "teddy", "brown", (0.3, 0.1))
    inside = thing("teddy", "teddy", "brown", (0.83, 0.13), bottom=0.02, place="left_drawer")
    taught(pool, "Bring me the teddy", Table.of(believed, where={"teddy": inside}))
    other = thing("teddy", "teddy", "brown", (0.83, -0.13), bottom=0.02, place="right_drawer")
    believed = thing("teddy", "teddy", "brown", (0.45, -0.1))
    table = Table.of(believed, block("red", 0.6, -0.1), where={"teddy": other})
    assert table.state().entities["teddy"].missing
    found(pool, "Bring me the teddy", table)
    assert table.things["teddy"].place == "tray"


def test_several_lost_things_are_found_wherever_they_are(pool: SkillPool) -> None:
    text = "Put everything back as it was"
    before = [block("red", 0.35, 0.1), thing("green_can", "can", "green", (0.45, -0.2))]

    def hidden(red: str, green: str) -> Table:
        where = {
            "red_block": block("red", 0.83, 0.1, bottom=0.02, place=red),
            "green_can": thing("green_can", "can", "green", (0.8, 0.0), bottom=0.02, place=green),
        }
        return Table.of(*before, where=where)

    left, right = "left_drawer", "right_drawer"
    taught(pool, text, hidden(left, left), before=lay(*before))
    for places in ((right, left), (left, right), (right, right)):
        table = hidden(*places)
        assert all(table.state().entities[each.id].missing for each in before)
        found(pool, text, table, before=lay(*before))
        # So near is near enough for the plan, which may have to put one aside for the other.
        assert table.holds("at(red_block, 0.35, 0.1, tol=0.03)")
        assert table.holds("at(green_can, 0.45, -0.2, tol=0.03)")


def test_points_are_those_of_the_new_arrangement(pool: SkillPool) -> None:
    first = [block("red", 0.3, 0.1), block("blue", 0.45, -0.2)]
    moved = [block("red", 0.45, 0.1), block("blue", 0.3, 0.1)]
    taught(pool, "Put everything back as it was", Table.of(*moved), before=lay(*first))
    then = [
        block("green", 0.34, -0.2),
        thing("red_mug", "mug", "red", (0.83, 0.13), bottom=0.02, place="left_drawer"),
        thing("blue_can", "can", "blue", (0.45, 0.2)),
    ]
    now = [
        block("green", 0.45, 0.2),
        thing("red_mug", "mug", "red", (0.34, -0.2)),
        thing("blue_can", "can", "blue", (0.3, 0.25)),
    ]
    assert pool.find(frame_of("Restore everything"), situation("", Table.of(*now))) is None
    table = Table.of(*now)
    plan = found(pool, "Put all things back to where they were", table, before=lay(*then))
    assert table.things["red_mug"].place == "left_drawer"
    assert table.holds("at(green_block, 0.34, -0.2, tol=0.01)")
    assert table.holds("at(blue_can, 0.45, 0.2, tol=0.01)")
    old = {(0.3, 0.1), (0.45, -0.2)}
    points = [step.args["point"] for step in steps(plan.root) if "point" in step.args]
    assert points and not old & {point[:2] for point in points}  # type: ignore[index]


def test_the_table_is_set_with_what_has_another_number_now(pool: SkillPool) -> None:
    def setting(number: str, x: float) -> list[Entity]:
        return [
            thing(f"white_plate{number}", "plate", "white", (x, 0.0)),
            thing(f"red_fork{number}", "fork", "red", (x, 0.13), yaw=0.2),
        ]

    def scattered(number: str) -> Table:
        return Table.of(
            thing(f"white_plate{number}", "plate", "white", (0.33, 0.24)),
            thing(f"red_fork{number}", "fork", "red", (0.45, -0.25)),
        )

    text = "Set the table as last time"
    taught(pool, text, scattered(""), last_time=lay(*setting("", 0.38)))
    table = scattered("_2")
    found(pool, "Lay the table like last time", table, last_time=lay(*setting("", 0.42)))
    assert table.holds("at(white_plate_2, 0.42, 0, tol=0.01)")
    assert table.things["red_fork_2"].yaw == pytest.approx(0.2)


def test_swapping_and_clearing_find_free_spots_of_their_own(pool: SkillPool) -> None:
    can = thing("green_can", "can", "green", (0.45, -0.2))
    taught(pool, "Swap the red block and the green can", Table.of(block("red", 0.3, 0.1), can))
    table = Table.of(
        block("blue", 0.31, -0.2),
        thing("red_can", "can", "red", (0.45, 0.25)),
        *(block(colour, 0.3 + 0.1 * n, 0.0) for n, colour in enumerate(["green", "yellow"])),
    )
    found(pool, "Exchange the blue block and the red can", table)
    assert table.holds("at(blue_block, 0.45, 0.25, tol=0.01)")
    assert table.holds("at(red_can, 0.31, -0.2, tol=0.01)")
    taught(pool, "Clear the lane", Table.of(block("red", 0.4, 0.1), block("blue", 0.3, 0.1)))
    table = Table.of(block("red", 0.4, -0.1), can, block("green", 0.3, 0.0))
    found(pool, "Free the lane", table)
    assert table.holds("clear(lane)")
    assert table.holds("at(green_block, 0.3, 0.0, tol=0.01)")


def test_frames_that_ask_for_the_same_are_one(pool: SkillPool) -> None:
    taught(
        pool,
        "Stack the red block on the blue block",
        Table.of(block("red", 0.3, 0.1), block("blue", 0.4, -0.2)),
    )
    table = Table.of(block("green", 0.45, 0.1), block("yellow", 0.3, -0.2))
    found(pool, "Put the yellow block on the green block", table)
    assert table.holds("on(yellow_block, green_block)")
    taught(pool, "Bring me the mug", Table.of(thing("mug", "mug", "red", (0.3, 0.1))))
    table = Table.of(thing("mug", "mug", "blue", (0.4, -0.1)))
    found(pool, "Put the blue mug on the tray", table)
    assert table.things["mug"].place == "tray"
    duck, can = thing("duck", "duck", "yellow", (0.3, 0.1)), thing("can", "can", "red", (0.4, -0.2))
    taught(pool, "Swap the duck and the can", Table.of(duck, can))
    table = Table.of(duck, can)
    found(pool, "Swap the can and the duck", table)
    assert table.holds("at(duck, 0.4, -0.2, tol=0.01) and at(can, 0.3, 0.1, tol=0.01)")
    plate, fork = thing("plate", "plate", "white", (0.33, 0.2)), thing("fork", "fork", "red")
    lay_of = lay(
        thing("plate", "plate", "white", (0.4, 0.0)), thing("fork", "fork", "red", (0.4, 0.2))
    )
    taught(pool, "Set the table as last time", Table.of(plate, fork), last_time=lay_of)
    table = Table.of(plate, fork, thing("mug", "mug", "red", (0.45, -0.25)))
    text = "Put the plates back as they were last time"
    found(
        pool, text, table, last_time={**lay_of, "mug": Arranged((0.3, -0.3, 0.034), 0.0, "table")}
    )
    assert table.holds("at(plate, 0.4, 0.0, tol=0.01)")
    assert not table.holds("at(fork, 0.4, 0.2, tol=0.1)")


def test_a_question_is_answered_again_but_no_other(pool: SkillPool) -> None:
    text = "How many red things are on the table?"
    taught(pool, text, Table.of(block("red", 0.3, 0.1)))
    table = Table.of(block("red", 0.3, 0.1), thing("red_can", "can", "red", (0.4, 0.2)))
    plan = pool.find(frame_of(text), situation(text, table))
    assert plan is not None and "colour=" in plan.answer and "red" in plan.answer
    other = "How many blue things are on the table?"
    assert pool.find(frame_of(other), situation(other, table)) is None


def test_only_verified_successes_enter(pool: SkillPool) -> None:
    text = "Sort the blocks by colour into the bins"
    table = Table.of(block("red", 0.3, 0.1))
    now = situation(text, table)
    plan = modelled(text, table, now)
    for report in (
        ExecutionReport(instruction=text, outcome="succeeded", verified=False),
        ExecutionReport(instruction=text, outcome="failed", reason="no grip"),
    ):
        assert not pool.add(frame_of(text), now, plan, report)
        assert len(pool) == 0
        assert pool.find(frame_of(text), now) is None
    assert pool.add(frame_of(text), now, plan, worked(text))
    assert pool.find(frame_of(text), now) is not None


def test_a_plan_that_its_instruction_does_not_explain_is_not_learned(pool: SkillPool) -> None:
    text = "Put the yellow duck away in the left drawer"
    duck = thing("yellow_duck", "duck", "yellow", (0.35, 0.1))
    now = situation(text, Table.of(duck, block("red", 0.45, -0.1)))
    step = Step(id="wipe", skill="push", args={"target": "red_block", "point": (0.3, 0.3)})
    plan = Plan(instruction=text, root=Task(id="root", goal=text, children=(step,)))
    assert not pool.add(frame_of(text), now, plan, worked(text))
    assert "red_block" in pool.why or "push" in pool.why or "wipe" in pool.why
    assert len(pool) == 0


def test_what_cannot_be_bound_is_left_to_the_model(pool: SkillPool) -> None:
    text = "Put the yellow duck away in the left drawer"
    taught(pool, text, Table.of(thing("yellow_duck", "duck", "yellow", (0.35, 0.1))))
    unknown = Table.of(block("red", 0.3, 0.1))
    assert pool.find(frame_of(text), situation(text, unknown)) is None
    assert "not known here" in pool.why
    holding = Table.of(thing("yellow_duck", "duck", "yellow", (0.35, 0.1)), block("red", 0.4, 0.0))
    holding.run(Step(id="take", skill="pick", args={"target": "red_block"}))
    assert pool.find(frame_of(text), situation(text, holding)) is None
    assert "hand" in pool.why
    other = "Put the red can away in the left drawer"
    can = Table.of(thing("red_can", "can", "red", (0.35, 0.1)))
    assert pool.find(frame_of(other), situation(other, can)) is None
    assert "nothing was learned" in pool.why
    fewer = {name: spec for name, spec in skills().items() if name != "close"}
    poor = SkillPool(MemoryStore(), fewer, cell())
    table = Table.of(thing("yellow_duck", "duck", "yellow", (0.35, 0.1)))
    now = situation(text, table)
    assert poor.add(frame_of(text), now, modelled(text, table, now), worked(text))
    assert poor.find(frame_of(text), now) is None
    assert "no skill is called 'close'" in poor.why


def test_what_fails_again_and_again_is_retired(pool: SkillPool) -> None:
    text = "Sort the blocks by colour into the bins"
    now, _ = taught(pool, text, Table.of(block("red", 0.3, 0.1)))
    now = situation(text, Table.of(block("red", 0.4, 0.1)))
    failed = ExecutionReport(instruction=text, outcome="failed", reason="no grip")
    for tries in (1, 2):
        plan = pool.find(frame_of(text), now)
        assert plan is not None
        assert not pool.add(frame_of(text), now, plan, failed)
        assert [fact.failures for fact in pool.skills] == [tries][: 2 - tries]
    assert pool.find(frame_of(text), now) is None


def test_successes_are_counted_with_the_plan_that_was_handed_out(pool: SkillPool) -> None:
    text = "Sort the blocks by colour into the bins"
    taught(pool, text, Table.of(block("red", 0.3, 0.1)))
    table = Table.of(block("red", 0.4, 0.1))
    now = situation(text, table)
    plan = pool.find(frame_of(text), now)
    assert plan is not None
    # The brain hands back the state that it asked with, without what it remembered.
    assert pool.add(frame_of(text), now.state, plan, worked(text))
    assert [(fact.successes, fact.failures) for fact in pool.skills] == [(2, 0)]
    assert len(pool) == 1


def test_skills_last_in_the_store_and_travel_with_it(tmp_path: Path) -> None:
    text = "Put the yellow duck away in the left drawer"
    duck = thing("yellow_duck", "duck", "yellow", (0.35, 0.1))
    with MemoryStore(tmp_path / "m", session="monday") as store:
        taught(SkillPool(store, skills(), cell()), text, Table.of(duck))
        store.export(tmp_path / "skills.bin")
    with MemoryStore(tmp_path / "m", session="tuesday", budget_bytes=2 << 20) as store:
        again = SkillPool(store, skills(), cell())
        found(again, text, Table.of(duck))
        assert store.verify().ok
        # Others may forget it, or the store may.
        store.apply([Delete(id=record.id) for record in store.records()])
        assert again.find(frame_of(text), situation(text, Table.of(duck))) is None
    with MemoryStore.read(tmp_path / "skills.bin") as other:
        found(SkillPool(other, skills(), cell()), text, Table.of(duck))


def test_the_pool_is_bounded_and_keeps_what_worked_most() -> None:
    store = MemoryStore()
    pool = SkillPool(store, skills(), cell(), most=3)
    texts = [f"Put the red {name} away in the left drawer" for name in ("duck", "mug", "can")]
    for text in texts:
        name = text.split()[3]
        table = Table.of(thing(f"red_{name}", name, "red", (0.35, 0.1)))
        now, plan = taught(pool, text, table)
        for _ in range(1 if name == "duck" else 3):
            pool.add(frame_of(text), now, plan, worked(text))
    taught(pool, "Sort the blocks by colour into the bins", Table.of(block("red", 0.3, 0.1)))
    assert len(pool) == len(store) == 3
    assert {fact.text for fact in pool.skills} == {
        *texts[1:],
        "Sort the blocks by colour into the bins",
    }


def test_equal_lessons_leave_equal_stores() -> None:
    digests = set()
    for _ in range(2):
        store = MemoryStore(session="s", seed=4)
        pool = SkillPool(store, skills(), cell())
        taught(pool, "Clear the lane", Table.of(block("red", 0.4, 0.1), block("blue", 0.41, -0.1)))
        digests.add(store.digest())
    assert len(digests) == 1


@pytest.mark.parametrize("seed", range(4))
def test_whatever_lies_about_a_found_plan_can_be_carried_out(seed: int) -> None:
    rng = np.random.default_rng(seed)
    pool = SkillPool(MemoryStore(), skills(), cell())
    text = "Sort the blocks by colour into the bins"
    asked = 0
    for _ in range(6):
        spots = rng.permutation([(x, y) for x in (0.3, 0.38, 0.46, 0.58) for y in (-0.2, 0.0, 0.2)])
        places = rng.choice(["table", "table", "left_drawer", "red_bin"], 3)
        things = [
            block(colour, *map(float, spot), place=str(place), visible=place != "left_drawer")
            for colour, spot, place in zip(("red", "green", "blue"), spots, places, strict=False)
        ]
        cans = [thing("red_can", "can", "red", tuple(map(float, spots[3])))]  # type: ignore[arg-type]
        table = Table.of(*things, *cans)
        if pool.find(frame_of(text), situation(text, table)) is None:
            asked += 1
            taught(pool, text, table)
        else:
            found(pool, text, table)
        assert all(table.things[f"{c}_block"].place == f"{c}_bin" for c in ("red", "green", "blue"))
    assert asked <= 3


def test_nothing_of_the_scene_is_left_in_what_is_stored(pool: SkillPool) -> None:
    store = MemoryStore()
    pool = SkillPool(store, skills(), cell())
    taught(
        pool,
        "Sort the blocks by colour into the bins",
        Table.of(block("red", 0.3, 0.1), block("blue", 0.4, -0.2), block("red", 0.3, 0.1)),
    )
    (record,) = store.records()
    assert b"_block" not in record.payload[0] and b"red" not in record.payload[0]
    assert msgspec.json.decode(record.payload[0])["type"] == "assembled"
