"""Why a thing ended up where it did, told by the instruction and by how things lay before."""

import math
from collections.abc import Collection
from typing import Final

from embodied_mem.brain.learning.methods.arrangement import arranged_target
from embodied_mem.brain.learning.methods.method import GoalRule, How
from embodied_mem.brain.learning.methods.parts import Part
from embodied_mem.brain.learning.methods.scene import Scene
from embodied_mem.brain.learning.methods.template import NEAR, NotGeneralError
from embodied_mem.brain.planning.rules.footprint import gap, rectangle
from embodied_mem.brain.planning.rules.goals import At
from embodied_mem.brain.planning.rules.world import World

_BESIDE: Final = 0.002
"""A thing this near to a zone is not off it, m."""


def goal_rule(part: Part, scene: Scene, moved: Collection[str]) -> GoalRule | None:
    """Returns the rule by which a thing was put where it was put last.

    Args:
        part: The last move of the thing.
        scene: As it was before.
        moved: All things that were moved.

    Returns:
        None for a thing that was only put aside.

    Raises:
        NotGeneralError: If nothing explains where it was put.
    """
    thing = part.thing
    themes = scene.themes(moved)
    if thing in themes:
        return _of_theme(part, scene, themes, themes.index(thing))
    if scene.instruction.time and thing in scene.arrangement:
        if _as_arranged(part, scene):
            return GoalRule(how="arranged")
    elif scene.instruction.action == "clear":
        if reaches_zone(thing, scene, scene.believed) and part.spot is not None:
            return GoalRule(how="away")
    elif _means_all(scene) and thing in scene.every():
        return _of_theme(part, scene, themes, -1)
    if part.spot is None:
        raise NotGeneralError(f"{thing} was not spoken of, and was put on or into {part.holder}")
    return None


def _means_all(scene: Scene) -> bool:
    return any(reference.every for reference in scene.instruction.themes)


def _of_theme(part: Part, scene: Scene, themes: list[str], theme: int) -> GoalRule | None:
    if scene.instruction.time and _as_arranged(part, scene):
        return GoalRule(theme=theme, how="arranged")
    rule = _at(part, scene, themes, theme) if part.spot else _held(part, scene, themes, theme)
    if rule is None and part.spot is not None and scene.instruction.action == "stack":
        return None  # the lowest of a pile, which lay where no pile can be built
    if rule is None:
        where = part.holder or f"at {part.spot}"
        raise NotGeneralError(f"nothing tells why {part.thing} ends up {where}")
    return rule


def _held(part: Part, scene: Scene, themes: list[str], theme: int) -> GoalRule | None:
    """Explains the holder that a thing was put in or on."""
    holder, instruction = part.holder, scene.instruction
    kind, entity = scene.kind(holder), scene.state.entities[part.thing]
    how: How = "on" if kind == "object" else "in"
    if instruction.destination is not None and holder in scene.meant(instruction.destination):
        return GoalRule(theme=theme, how=how, holder_from="destination")
    if holder in themes:
        other = themes.index(holder)
        return GoalRule(theme=theme, how=how, holder_from="theme", other=other)
    if how == "on":
        return None
    if instruction.by == "colour" and scene.cell[holder].colour == entity.colour != "":
        return GoalRule(theme=theme, how="in", holder_from="colour", holder=kind)
    if instruction.by == "category":
        return GoalRule(
            theme=theme, how="in", holder_from="fixture", holder=holder, category=entity.category
        )
    for other, name in enumerate(themes):
        if instruction.action == "swap" and scene.state.entities[name].place == holder:
            return GoalRule(theme=theme, how="in", holder_from="place", other=other)
    return GoalRule(theme=theme, how="in", holder_from="fixture", holder=holder)


def _at(part: Part, scene: Scene, themes: list[str], theme: int) -> GoalRule | None:
    """Explains the spot that a thing was put at: another theme's, before that one was moved."""
    assert part.spot is not None
    for other, name in enumerate(themes):
        entity = scene.state.entities.get(name)
        if entity is None or name == part.thing:
            continue
        x, y = float(entity.position[0]), float(entity.position[1])
        if math.hypot(part.spot.x - x, part.spot.y - y) <= NEAR:
            return GoalRule(theme=theme, how="at", other=other)
    return None


def _as_arranged(part: Part, scene: Scene) -> bool:
    if part.thing not in scene.arrangement:
        return False
    target = arranged_target(part.thing, scene, scene.believed)
    if isinstance(target, At):
        spot = part.spot
        return spot is not None and math.hypot(spot.x - target.x, spot.y - target.y) <= NEAR
    return part.holder == target.holder


def reaches_zone(thing: str, scene: Scene, world: World) -> bool:
    """Tells whether a loose thing is over a zone that the instruction speaks of, or touches it."""
    piece = world.things[thing]
    areas = (world.fixtures[name] for name in zones(scene))
    return world.lies_loose(piece) and any(
        gap(piece.footprint, rectangle(area.low, area.high)) < _BESIDE for area in areas
    )


def zones(scene: Scene) -> list[str]:
    """Returns the zones that an instruction speaks of."""
    instruction = scene.instruction
    references = [*instruction.themes, instruction.destination, instruction.source]
    named = [reference.fixture for reference in references if reference is not None]
    return [name for name in named if scene.kind(name) == "zone"]
