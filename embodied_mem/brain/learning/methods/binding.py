"""Which things of a scene a method is about, and where each of them is to end up."""

from collections.abc import Mapping
from dataclasses import dataclass

from embodied_mem.brain.learning.methods.arrangement import HOLDERS, arranged_target
from embodied_mem.brain.learning.methods.method import GoalRule
from embodied_mem.brain.learning.methods.rules import reaches_zone, zones
from embodied_mem.brain.learning.methods.scene import Scene
from embodied_mem.brain.learning.methods.template import NotGeneralError, Spot
from embodied_mem.brain.planning.rules.goals import At, In, On, Target
from embodied_mem.brain.planning.rules.spots import NoRoomError, free_spot

_LOW = 0.02
"""The bottom of what lies on the table itself is lower than this, m."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Goal:
    """Where a thing is to end up."""

    thing: str
    target: Target | None
    """None where it only has to leave a zone."""
    zone: str = ""
    thorough: bool = False

    def move(self, scene: Scene) -> str:
        """Returns the name of the operator that reaches it."""
        match self.target:
            case None:
                return "away"
            case At():
                return "at"
            case On():
                return "on"
            case In(holder=holder):
                return f"in:{scene.kind(holder)}"

    @property
    def condition(self) -> str:
        """What holds once it is reached."""
        if self.target is None:
            return f"not inside({self.thing}, {self.zone})"
        return self.target.condition(self.thing)

    @property
    def holder(self) -> str:
        """Id of what it is put in or on, or of the zone that it leaves."""
        return self.target.holder if isinstance(self.target, In | On) else self.zone

    @property
    def spots(self) -> tuple[Spot, ...]:
        """The spot of the table that it is put at."""
        target = self.target
        return (Spot(target.x, target.y, target.yaw),) if isinstance(target, At) else ()


def bind_goals(rules: tuple[GoalRule, ...], scene: Scene) -> dict[str, Goal]:
    """Returns the goals of the things that a scene's instruction means, by id.

    Raises:
        NotGeneralError: If something that it speaks of is not known here, or no rule is for it.
    """
    goals: dict[str, Goal] = {}
    themes = scene.themes()
    for rule in rules:
        if rule.theme >= 0:
            thing = _theme(themes, rule.theme)
            goals[thing] = _goal(thing, rule, scene, themes)
    loops = {rule.category: rule for rule in rules if rule.theme < 0}
    for thing in _all_meant(next(iter(loops.values())), scene) if loops else ():
        each = loops.get(scene.state.entities[thing].category) or loops.get("")
        if each is None:
            raise NotGeneralError(f"nothing like {thing} was dealt with before")
        if each.holder_from != "colour" or _of_colour(thing, each, scene):
            goals[thing] = _goal(thing, each, scene, themes)
    if not goals:
        raise NotGeneralError("nothing that is meant is known here")
    return {**_freed(goals, scene), **goals}


def _freed(goals: Mapping[str, Goal], scene: Scene) -> dict[str, Goal]:
    """Returns goals for what others are to be put on and does not lie free on the table yet."""
    world = scene.believed
    freed: dict[str, Goal] = {}
    for goal in goals.values():
        holder = goal.target.holder if isinstance(goal.target, On) else ""
        if not holder or holder in goals or holder == world.holding:
            continue
        base = world.things[holder]
        if not (world.lies_loose(base) and base.bottom < _LOW):
            try:
                x, y = free_spot(world, holder)
            except NoRoomError as error:
                raise NotGeneralError(str(error)) from None
            freed[holder] = Goal(thing=holder, target=At(x=x, y=y))
    return freed


def _all_meant(rule: GoalRule, scene: Scene) -> list[str]:
    if rule.how == "arranged":
        meant = set(scene.every()) if scene.instruction.themes else set(scene.arrangement)
        return sorted(
            name
            for name, lay in scene.arrangement.items()
            if name in meant and scene.kind(name) == "object" and lay.place != "hand"
        )
    if rule.how == "away":
        world = scene.believed
        return sorted(thing for thing in world.things if reaches_zone(thing, scene, world))
    return scene.every()


def _goal(thing: str, rule: GoalRule, scene: Scene, themes: list[str]) -> Goal:
    if rule.how == "away":
        return Goal(thing=thing, target=None, zone=zones(scene)[0])
    return Goal(thing=thing, target=_target(thing, rule, scene, themes), thorough=rule.thorough)


def _target(thing: str, rule: GoalRule, scene: Scene, themes: list[str]) -> Target:
    if rule.how == "arranged":
        if thing not in scene.arrangement:
            raise NotGeneralError(f"it is not known how {thing} lay")
        return arranged_target(thing, scene, scene.believed)
    if rule.how == "at":
        other = scene.state.entities[_theme(themes, rule.other)]
        if other.place != "table" or other.missing:
            raise NotGeneralError(f"{other.id} does not lie on the table")
        return At(x=round(float(other.position[0]), 3), y=round(float(other.position[1]), 3))
    holder = _holder(thing, rule, scene, themes)
    if rule.how == "on":
        if scene.kind(holder) != "object":
            raise NotGeneralError(f"{holder} is no thing to put another one on")
        return On(holder=holder)
    if scene.kind(holder) not in HOLDERS:
        raise NotGeneralError(f"{holder} is nothing to put a thing into")
    return In(holder=holder)


def _holder(thing: str, rule: GoalRule, scene: Scene, themes: list[str]) -> str:
    if rule.holder_from == "destination":
        destination = scene.instruction.destination
        found = [] if destination is None else scene.meant(destination, but=(thing,))
        if not found:
            raise NotGeneralError("where it is to go is not known here")
        return found[0]
    if rule.holder_from == "theme":
        return _theme(themes, rule.other)
    if rule.holder_from == "place":
        return scene.state.entities[_theme(themes, rule.other)].place
    if rule.holder_from == "colour":
        return _of_colour(thing, rule, scene)
    return rule.holder


def _of_colour(thing: str, rule: GoalRule, scene: Scene) -> str:
    """Returns the fixture that has a thing's colour, empty where none has."""
    colour = scene.state.entities[thing].colour
    for name, fixture in scene.cell.items():
        if fixture.kind == rule.holder and fixture.colour == colour != "":
            return name
    return ""


def _theme(themes: list[str], index: int) -> str:
    if not 0 <= index < len(themes):
        raise NotGeneralError("what the instruction speaks of is not known here")
    return themes[index]
