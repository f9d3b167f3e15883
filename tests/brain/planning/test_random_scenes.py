"""Random scenes: whatever lies where, a plan of the scripted planner reaches what was asked."""

import math
from collections.abc import Sequence

import numpy as np
import pytest

from embodied_mem.brain.plan.checks import check_plan
from embodied_mem.brain.plan.schema import Plan
from embodied_mem.brain.planning.cortex import PlanningCortex
from embodied_mem.brain.planning.rules.footprint import gap
from embodied_mem.brain.planning.situation import Arranged, Arrangement, Situation
from embodied_mem.brain.state import Entity
from embodied_mem.models import load_model_client
from symbolic_table import SIZES, Table, cell, footprint, skills, thing

COLOURS = ("red", "green", "blue", "yellow")
LEVELS = {1: 3, 2: 5, 3: 8}
"""How many things lie about, by difficulty."""
SEEDS = range(12)


def scattered(rng: np.random.Generator, number: int, *, must: Sequence[str] = ()) -> list[Entity]:
    """Draws things that lie apart; from level 2 on some lie in drawers, bins and on others."""
    names = list(must)
    kinds = list(SIZES)
    while len(names) < number:
        name = f"{rng.choice(COLOURS)}_{rng.choice(kinds)}"
        if name not in names:
            names.append(name)
    found: list[Entity] = []
    for name in names:
        colour, category = name.split("_")
        found.append(_drawn(rng, name, category, colour, found))
    return found


def _drawn(
    rng: np.random.Generator, name: str, category: str, colour: str, others: list[Entity]
) -> Entity:
    for _ in range(500):
        spot = (float(rng.uniform(0.28, 0.60)), float(rng.uniform(-0.30, 0.30)))
        yaw = float(rng.uniform(-math.pi / 2, math.pi / 2))
        made = thing(name, category, colour, spot, yaw=yaw)
        mine = footprint(made)
        if all(gap(mine, footprint(o)) > 0.005 for o in others if o.place == "table"):
            return made
    raise AssertionError("the table is too full")


def somewhere_else(rng: np.random.Generator, entity: Entity, others: list[Entity]) -> Entity:
    """Draws a drawer, a bin, the top of a block, or another spot for a thing."""
    where = rng.choice(["table", "table", "drawer", "bin", "top"])
    bases = [o for o in others if o.category == "block" and o.place == "table"]
    bases = [o for o in bases if not any(_rests(e, o) for e in others)]
    about = (entity.id, entity.category, entity.colour)
    if where == "drawer":
        drawer = str(rng.choice(["left_drawer", "right_drawer"]))
        return thing(*about, (0.83, 0.0), bottom=0.02, place=drawer, visible=False)
    if where == "bin":
        return thing(*about, (0.32, 0.46), place=str(rng.choice(["red_bin", "green_bin"])))
    if where == "top" and bases and entity.category in ("block", "can", "duck"):
        base = bases[0]
        spot = (float(base.position[0]), float(base.position[1]))
        return thing(*about, spot, bottom=0.04)
    return _drawn(rng, *about, others)


def _rests(upper: Entity, base: Entity) -> bool:
    return upper is not base and bool(np.hypot(*(upper.position - base.position)[:2]) < 0.02)


def moved_about(rng: np.random.Generator, entities: list[Entity], level: int) -> list[Entity]:
    """Moves some things: to other spots, from level 2 on anywhere."""
    found = list(entities)
    for index in rng.permutation(len(found))[: level + 1]:
        entity = found[index]
        if any(_rests(other, entity) for other in found):
            continue
        others = found[:index] + found[index + 1 :]
        if level == 1:
            found[index] = _drawn(rng, entity.id, entity.category, entity.colour, others)
        else:
            found[index] = somewhere_else(rng, entity, others)
    return found


def lay(entities: list[Entity]) -> Arrangement:
    return {
        e.id: Arranged(
            (float(e.position[0]), float(e.position[1]), float(e.position[2])), e.yaw, e.place
        )
        for e in entities
    }


def carried_out(
    text: str,
    table: Table,
    *,
    before: Arrangement | None = None,
    last_time: Arrangement | None = None,
) -> Plan:
    situation = Situation(
        instruction=text,
        state=table.state(),
        cell=cell(),
        skills=skills(),
        before=before or {},
        last_time=last_time or {},
    )
    plan = PlanningCortex(load_model_client("scripted")).plan(situation)
    check_plan(plan, skills(), set(table.state().entities))
    table.run(plan)
    assert not table.holding
    assert table.opened == {"left_drawer": 0.0, "right_drawer": 0.0}
    return plan


every_scene = pytest.mark.parametrize(
    ("level", "seed"), [(level, seed) for level in LEVELS for seed in SEEDS]
)


@every_scene
def test_sort(level: int, seed: int) -> None:
    rng = np.random.default_rng([level, seed, 0])
    must = ["red_block", "green_block", "blue_block"][: level + 1]
    table = Table.of(*moved_about(rng, scattered(rng, LEVELS[level], must=must), level))
    carried_out("Sort the blocks by colour into the bins", table)
    for entity in table.things.values():
        if entity.category == "block" and entity.colour != "yellow":
            assert entity.place == f"{entity.colour}_bin"


@every_scene
def test_stack(level: int, seed: int) -> None:
    rng = np.random.default_rng([level, seed, 1])
    must = ["red_block", "green_block", "blue_block"]
    table = Table.of(*moved_about(rng, scattered(rng, LEVELS[level], must=must), level))
    carried_out(
        "Stack the red block on the blue block and the blue block on the green block", table
    )
    assert table.holds("on(red_block, blue_block) and on(blue_block, green_block)")


@every_scene
def test_put_away(level: int, seed: int) -> None:
    rng = np.random.default_rng([level, seed, 2])
    must = ["yellow_duck"]
    table = Table.of(*moved_about(rng, scattered(rng, LEVELS[level], must=must), level))
    side = str(rng.choice(["left", "right"]))
    carried_out(f"Put the yellow duck away in the {side} drawer", table)
    assert table.things["yellow_duck"].place == f"{side}_drawer"


@every_scene
def test_bring(level: int, seed: int) -> None:
    rng = np.random.default_rng([level, seed, 3])
    must = ["red_mug"]
    entities = moved_about(rng, scattered(rng, LEVELS[level], must=must), level)
    mug = next(e for e in entities if e.id == "red_mug")
    others = [e for e in entities if e is not mug]
    truly = mug if any(_rests(o, mug) for o in others) else somewhere_else(rng, mug, others)
    table = Table.of(*entities, where={"red_mug": truly})
    carried_out("Bring me the red mug", table)
    assert table.things["red_mug"].place == "tray"


@every_scene
def test_several_lost_things(level: int, seed: int) -> None:
    rng = np.random.default_rng([level, seed, 8])
    must = ["red_mug", "blue_can"]
    entities = scattered(rng, LEVELS[level], must=must)
    where = {}
    for entity in entities[: level + 1]:
        drawer = str(rng.choice(["left_drawer", "right_drawer"]))
        about = (entity.id, entity.category, entity.colour)
        where[entity.id] = thing(*about, (0.83, 0.0), bottom=0.02, place=drawer, visible=False)
    table = Table.of(*entities, where=where)
    carried_out("Put the red mug and the blue can on the tray", table)
    assert table.things["red_mug"].place == table.things["blue_can"].place == "tray"


@every_scene
def test_restore(level: int, seed: int) -> None:
    rng = np.random.default_rng([level, seed, 4])
    before = scattered(rng, LEVELS[level], must=["red_block", "blue_block"])
    table = Table.of(*moved_about(rng, before, level))
    carried_out("Put everything back as it was", table, before=lay(before))
    for entity in before:
        x, y, _ = entity.position
        assert table.holds(f"at({entity.id}, {x}, {y}, tol=0.03)"), entity.id
        assert table.things[entity.id].place == "table"


@every_scene
def test_swap(level: int, seed: int) -> None:
    rng = np.random.default_rng([level, seed, 5])
    must = ["red_block", "green_can"]
    table = Table.of(*scattered(rng, LEVELS[level], must=must))
    spots = {name: table.things[name].position for name in must}
    carried_out("Swap the red block and the green can", table)
    for name, other in (must, must[::-1]):
        x, y, _ = spots[other]
        assert table.holds(f"at({name}, {x}, {y}, tol=0.01)")


@every_scene
def test_set_the_table(level: int, seed: int) -> None:
    rng = np.random.default_rng([level, seed, 6])
    places = {"white_plate": (0.38, 0.0), "red_fork": (0.38, 0.13), "red_spoon": (0.38, -0.13)}
    setting = [thing(n, n.split("_")[1], n.split("_")[0], at) for n, at in places.items()]
    table = Table.of(*moved_about(rng, scattered(rng, LEVELS[level], must=list(places)), level))
    carried_out("Set the table as last time", table, last_time=lay(setting))
    for name, (x, y) in places.items():
        assert table.holds(f"at({name}, {x}, {y}, tol=0.03)")


@every_scene
def test_clear(level: int, seed: int) -> None:
    rng = np.random.default_rng([level, seed, 7])
    table = Table.of(*moved_about(rng, scattered(rng, LEVELS[level]), level))
    plan = carried_out("Clear the lane", table)
    assert table.holds("clear(lane)")
    assert all(abs(e.position[1]) < 0.62 for e in table.things.values())
    assert plan.root.post == ("clear(lane)",)
