"""Plans that are repeated step by step: other things are put into their holes, nothing else.

That is right only where all is as it was that such a plan depends on: which drawers are open,
whether things lie in the way, where a theme is. That is its context, and part of it.
"""

from collections.abc import Collection, Mapping
from typing import Final

from embodied_mem.brain.learning.methods.method import Rigid
from embodied_mem.brain.learning.methods.scene import Scene
from embodied_mem.brain.learning.methods.template import (
    Filling,
    Names,
    NotGeneralError,
    Spot,
    abstract,
    abstract_condition,
    fill,
    fill_condition,
)
from embodied_mem.brain.plan.checks import answer_parts, fill_answer
from embodied_mem.brain.plan.conditions import parse_condition
from embodied_mem.brain.plan.schema import Plan, Task
from embodied_mem.brain.plan.walk import steps, walk
from embodied_mem.brain.planning.rules.world import World

_MARGIN = 0.005


def read_rigid(plan: Plan, scene: Scene) -> Rigid:
    """Takes the things of one scene out of a plan.

    Raises:
        NotGeneralError: If it names a thing that the instruction does not, or a point of the table
            that is not that of a theme.
    """
    roles = _roles(scene, _named(plan))
    holes = {name: role for role, name in roles.items()}
    spots = _spots(scene, roles)
    root = abstract(plan.root, holes, spots, foreign=scene.is_thing)
    parts = [
        abstract_condition(part, holes, spots, foreign=scene.is_thing, type="number")
        for part in answer_parts(plan.answer)
    ]
    answer = fill_answer(plan.answer, [f"{{{part}}}" for part in parts])
    fixtures = tuple(holes.get(name, name) for name in _fixtures(plan, scene))
    context = _context(scene, roles, fixtures)
    return Rigid(root=root, fixtures=fixtures, context=context, answer=answer)


def bind_rigid(method: Rigid, scene: Scene) -> Plan:
    """Puts a scene's things into a plan.

    Raises:
        NotGeneralError: If the scene is not as it must be.
    """
    roles = _roles(scene, ())
    if _context(scene, roles, method.fixtures) != method.context:
        raise NotGeneralError("the scene is not as it was when that worked")
    filling = Filling(things=roles, spots=_spots(scene, roles))
    root = fill(method.root, filling, Names())
    assert isinstance(root, Task)
    parts = [fill_condition(part, filling, "number") for part in answer_parts(method.answer)]
    answer = fill_answer(method.answer, [f"{{{part}}}" for part in parts])
    return Plan(instruction=scene.instruction.text, root=root, answer=answer)


def _roles(scene: Scene, used: Collection[str]) -> dict[str, str]:
    """Returns what the instruction speaks of by role: themes, destination, source, their places."""
    themes = scene.themes(used)
    roles = {f"theme{n}": name for n, name in enumerate(themes)}
    references = {"destination": scene.instruction.destination, "source": scene.instruction.source}
    for role, reference in references.items():
        if reference is not None:
            fitting = scene.meant(reference, but=themes)
            chosen = [name for name in fitting if name in used] or fitting
            if chosen and chosen[0] not in roles.values():
                roles[role] = chosen[0]
    for n, name in enumerate(themes):
        entity = scene.state.entities.get(name)
        place = "" if entity is None else entity.place
        if scene.kind(place) in ("bin", "drawer", "tray") and place not in roles.values():
            roles[f"place{n}"] = place
    if len(themes) < len(scene.instruction.themes) and not _means_all(scene):
        raise NotGeneralError("what the instruction speaks of is not known here")
    return roles


def _means_all(scene: Scene) -> bool:
    return any(reference.every for reference in scene.instruction.themes)


def _spots(scene: Scene, roles: Mapping[str, str]) -> list[Spot]:
    """Returns where the themes lie now."""
    spots = []
    for n in range(len(scene.instruction.themes)):
        entity = scene.state.entities.get(roles.get(f"theme{n}", ""))
        if entity is not None:
            spots.append(Spot(float(entity.position[0]), float(entity.position[1])))
    return spots


def _context(scene: Scene, roles: Mapping[str, str], fixtures: Collection[str]) -> tuple[str, ...]:
    """Says what a plan with these roles and fixtures depends on."""
    world = scene.believed
    lines = [f"{role}: {_standing(name, scene, world)}" for role, name in roles.items()]
    for fixture in fixtures:
        name = roles.get(fixture, fixture)
        if scene.kind(name) == "drawer":
            free = not world.in_way_of(world.sweep(name), margin=_MARGIN)
            lines.append(f"{fixture}: {_OPEN[world.opened.get(name)]}, {_WAY[free]}")
    lines.append("the hand holds something" if world.holding else "the hand is empty")
    return tuple(sorted(lines))


_OPEN: Final = {True: "open", False: "closed", None: "ajar"}
_WAY: Final = {True: "way free", False: "way blocked"}


def _standing(name: str, scene: Scene, world: World) -> str:
    """Says how one thing or fixture stands, as far as a plan may depend on it."""
    if name not in world.things:
        kind = scene.kind(name)
        return f"{kind}, {_OPEN[world.opened[name]]}" if kind == "drawer" else kind
    piece = world.things[name]
    kind = scene.kind(piece.place) or piece.place
    shut = ", shut in" if world.is_shut_in(name) else ""
    missing = ", missing" if piece.missing else ""
    covered = ", covered" if world.on_top_of(name) else ""
    return f"in or on {kind}{shut}{missing}{covered}"


def _named(plan: Plan) -> set[str]:
    """Returns what the steps of a plan name."""
    return {v for step in steps(plan.root) for v in step.args.values() if isinstance(v, str)}


def _fixtures(plan: Plan, scene: Scene) -> list[str]:
    """Returns the fixtures that a plan names anywhere, sorted."""
    named = _named(plan)
    for node in walk(plan.root):
        for text in node.post:
            named.update(parse_condition(text).entities)
    return sorted(name for name in named if name in scene.cell)
