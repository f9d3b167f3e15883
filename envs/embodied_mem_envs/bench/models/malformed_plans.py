"""Situations of the tabletop for which a plan is asked, without a simulator."""

import itertools
from collections.abc import Iterator

import numpy as np

from embodied_mem.brain.arm.library import arm_skills
from embodied_mem.brain.arm.model import ArmModel
from embodied_mem.brain.fixtures import fixture_entities
from embodied_mem.brain.plan.checks import check_plan
from embodied_mem.brain.plan.schema import Plan
from embodied_mem.brain.planning.cortex import GivenUpError, PlanningCortex, known_ids
from embodied_mem.brain.planning.situation import Situation
from embodied_mem.brain.state import Entity, Hand, State
from embodied_mem.errors import PlanError
from embodied_mem.models.scripted import Scripted
from embodied_mem.testing.garbling import Garbling
from embodied_mem_envs.bench.models.malformed_tally import Tally
from embodied_mem_envs.tabletop import TabletopBody, default_cell
from embodied_mem_envs.tabletop.catalogue import kind
from embodied_mem_envs.tabletop.layout import Placed, named
from embodied_mem_envs.tabletop.tasks import FAMILIES, LEVELS, make_episode
from embodied_mem_envs.tabletop.tasks.playing import starting_layout


def plan_malformed(seed: int, *, rate: float, retries: int, count: int) -> Tally:
    """Asks for plans of which a share is malformed; right is the plan that was meant."""
    tally, rng = Tally(), np.random.default_rng([seed, 31])
    for situation in situations(seed):
        if tally.asked >= count:
            break
        try:
            meant = PlanningCortex(Scripted()).plan(situation)
        except GivenUpError:
            continue

        def accepts(plan: Plan, situation: Situation = situation) -> bool:
            try:
                check_plan(plan, situation.skills, known_ids(situation))
            except PlanError:
                return False
            return True

        garbling = Garbling(Scripted(), rate, rng, reply=Plan, accepts=accepts)
        cortex = PlanningCortex(garbling, retries=retries)
        try:
            plan: Plan | None = cortex.plan(situation)
        except PlanError:
            plan = None
        tally.add(plan == meant, refused=plan is None, calls=cortex.calls)
    return tally


def situations(seed: int) -> Iterator[Situation]:
    """Gives one situation of every family and level, then the next of each."""
    cell, description = default_cell(), TabletopBody().description
    skills = arm_skills(ArmModel(description), cell)
    hand = Hand(position=np.array([0.3, 0.0, 0.4]), yaw=0.0, opening=0.08, grip=0.0, contact=0.0)
    cases = itertools.product(range(seed, seed + 100), FAMILIES, LEVELS)
    for number, family, level in cases:
        episode = make_episode(family, level, number)
        layout = named(starting_layout(episode, cell))
        things = {name: _entity(name, placed) for name, placed in layout.items()}
        state = State(
            tick=0, seconds=0.0, entities={**things, **fixture_entities(cell, {}, 0)}, hand=hand
        )
        yield Situation(instruction=episode.instruction, state=state, cell=cell, skills=skills)


def _entity(name: str, placed: Placed) -> Entity:
    size = np.array(kind(placed.kind).size)
    return Entity(
        id=name,
        kind="object",
        category=placed.kind,
        colour=placed.colour,
        position=np.array(placed.position) + np.array([0.0, 0.0, 0.5 * size[2]]),
        size=size,
        yaw=placed.yaw,
    )
