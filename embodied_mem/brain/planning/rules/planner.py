"""Plans every request that the language understands, and revises plans that went wrong."""

import math
import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace

from embodied_mem.brain.instruction import Action, Instruction
from embodied_mem.brain.language.instructions import instruction_words, parse_instruction
from embodied_mem.brain.plan.replan import ReplanRequest
from embodied_mem.brain.plan.schema import Plan, Task
from embodied_mem.brain.plan.walk import steps as steps_of
from embodied_mem.brain.planning.rules import steps
from embodied_mem.brain.planning.rules.achieve import Mover, UnplannableError
from embodied_mem.brain.planning.rules.draft import Draft
from embodied_mem.brain.planning.rules.errand import Errand, UnknownThingError
from embodied_mem.brain.planning.rules.exploring import GO_ON, can_explore, explore
from embodied_mem.brain.planning.rules.families import arranging, counting, handling, moving
from embodied_mem.brain.planning.rules.goals import At, In, Target, Wish, read_wish
from embodied_mem.brain.planning.rules.search import search
from embodied_mem.brain.planning.rules.spots import NoRoomError
from embodied_mem.brain.planning.rules.world import World
from embodied_mem.brain.planning.sections import MemoryView, SceneView, Stop
from embodied_mem.errors import InstructionError

MOST_REVISIONS = 6
"""So often one run is planned anew; then a person is told."""
_FAMILIES: dict[Action, Callable[[Errand], None]] = {
    "sort": moving.sort,
    "stack": moving.stack,
    "put": moving.put,
    "bring": moving.bring,
    "clear": moving.clear,
    "restore": arranging.arrange,
    "set": arranging.arrange,
    "swap": arranging.swap,
    "count": counting.count,
    "push": handling.push,
    "open": handling.open_,
    "close": handling.close,
    "pour": handling.pour,
    "wipe": handling.wipe,
    "hand_over": handling.hand_over,
    "look": handling.look,
}


def plan_request(
    text: str, scene: SceneView, memory: MemoryView, skills: Collection[str]
) -> Plan | Stop:
    """Plans a request from the scene and from memory.

    Args:
        text: What the person asks for.
        scene: What is believed now.
        memory: What was recalled.
        skills: Names of the skills that may be used.

    Returns:
        The plan, or what to tell the person where there is none.
    """
    try:
        instruction = _understood(text, scene)
        errand = _errand(instruction, Draft(World.of(scene)), memory)
    except (InstructionError, UnplannableError, NoRoomError) as refusal:
        return Stop(stop=str(refusal))
    return _checked(_finished(errand, "root", text), skills)


def _errand(instruction: Instruction, draft: Draft, memory: MemoryView) -> Errand:
    """Plans by the rules of the family; what was never seen is looked for first.

    Raises:
        UnplannableError: If there is no plan.
        NoRoomError: If there is no room on the table.
    """
    errand = Errand(instruction, draft, memory)
    try:
        _FAMILIES[instruction.action](errand)
    except UnknownThingError as unknown:
        if draft.nodes or not can_explore(errand, unknown.reference):
            raise
        explore(errand, unknown.reference)
    return errand


def _understood(text: str, scene: SceneView) -> Instruction:
    categories = {thing.category for thing in scene.things.values()}
    return parse_instruction(text, instruction_words(scene.fixtures, categories))


def _finished(errand: Errand, name: str, goal: str) -> Plan:
    """Ends with a look from where the arm hides nothing, so that the camera can confirm."""
    *_, last = ("", *(step.skill for node in errand.draft.nodes for step in steps_of(node)))
    if last != "home":
        errand.draft.nodes.append(steps.home(errand.draft.name("look_over_all")))
    root = Task(
        id=name,
        goal=goal,
        children=tuple(errand.draft.nodes),
        post=tuple(dict.fromkeys(errand.post)),
    )
    return Plan(instruction=goal, root=root, answer=errand.answer)


def _checked(plan: Plan, skills: Collection[str]) -> Plan | Stop:
    wanted = {step.skill for step in steps_of(plan.root)} - set(skills)
    if wanted:
        return Stop(stop=f"this takes skills that I do not have: {', '.join(sorted(wanted))}")
    return plan


def revise(
    text: str,
    scene: SceneView,
    memory: MemoryView,
    skills: Collection[str],
    request: ReplanRequest,
) -> Task | Stop:
    """Plans a subtree anew, from how things are now, for what it was to reach.

    What that is, is read off the conditions that end the subtree: what the request as a whole
    asked for may be half done, and "swap" would mean something else by now.

    Args:
        text: What the person asked for.
        scene: What is believed now.
        memory: What was recalled.
        skills: Names of the skills that may be used.
        request: What went wrong, and where.
    """
    if request.number > MOST_REVISIONS:
        return Stop(stop=f"I tried {MOST_REVISIONS} other ways and gave up: {request.detail}")
    world = World.of(scene)
    wish = read_wish(request.task.post, world)
    suffix = f"_r{request.number}"
    try:
        if wish.empty or request.node.startswith(GO_ON):
            errand = _errand(_understood(text, scene), Draft(world, suffix), memory)
            _shut(errand, wish.shut)
        else:
            errand = _for_wish(wish, Draft(world, suffix), memory, text, request)
    except (InstructionError, UnplannableError, NoRoomError) as refusal:
        return Stop(stop=f"{refusal} ({request.detail})" if request.detail else str(refusal))
    name = re.sub(r"(_anew)?_r\d+$", "", request.task.id)
    plan = _checked(_finished(errand, f"{name}_anew{suffix}", request.task.goal), skills)
    return plan if isinstance(plan, Stop) else plan.root


def _for_wish(
    wish: Wish, draft: Draft, memory: MemoryView, text: str, request: ReplanRequest
) -> Errand:
    """Plans for what the conditions of a subtree ask for."""
    errand = Errand(Instruction(text=text, action="put"), draft, memory)
    unpickable = _unpickable(request)
    for zone in wish.cleared:
        moving.clear_zone(errand, zone, unpickable=unpickable)
    mover = Mover(draft, {}, keep_open=wish.opened)
    for thing in wish.seen:
        if thing in draft.world.things and not draft.world.things[thing].visible:
            search(draft, thing, errand.hints(thing), mover.clear_sweep)
        errand.post.append(f"visible({thing})")
    if wish.targets:
        targets = {t: _with_turn(t, target, request) for t, target in wish.targets.items()}
        for other in _crowding(request, draft.world):
            # It makes room for the hand, and goes back into the drawer afterwards.
            targets.setdefault(other, In(holder=draft.world.things[other].place))
            mover.put_aside(other)
        errand.bring_about(targets, thorough=True, unpickable=unpickable)
    for drawer in wish.opened:
        if draft.world.opened.get(drawer) is not True:
            mover.open(drawer)
        errand.post.append(f"opened({drawer})")
    _shut(errand, wish.shut)
    return errand


def _shut(errand: Errand, drawers: Iterable[str]) -> None:
    """Closes what is to be closed in the end and stands open."""
    for drawer in drawers:
        if errand.world.opened.get(drawer, False) is not False:
            errand.draft.close(drawer)
        errand.post.append(f"closed({drawer})")


def _with_turn(thing: str, target: Target, request: ReplanRequest) -> Target:
    """Adds the turn that the old plan meant; conditions cannot say it."""
    for step in steps_of(request.task):
        yaw = step.args.get("yaw")
        placed = step.skill == "place" and step.args.get("target") == thing
        if not (placed and isinstance(target, At) and isinstance(yaw, float)):
            continue
        point = step.args.get("point")
        if isinstance(point, tuple | list) and math.dist(point[:2], (target.x, target.y)) < 0.005:
            return replace(target, yaw=yaw)
    return target


def _crowding(request: ReplanRequest, world: World) -> tuple[str, ...]:
    """Returns what lies in an open drawer beside a thing that the hand cannot get at."""
    step = request.step
    if step is None or step.skill != "pick" or request.anomaly != "precondition":
        return ()
    thing = world.things.get(str(step.args["target"]))
    if thing is None or world.opened.get(thing.place) is not True:
        return ()
    if request.detail.endswith("does not hold"):
        return ()  # it is not the skill that says so
    beside = (other for other in world.things.values() if other.place == thing.place)
    return tuple(other.id for other in beside if other.id != thing.id and not other.missing)


def _unpickable(request: ReplanRequest) -> frozenset[str]:
    """Returns what the hand could not take although it was there."""
    step = request.step
    tried = step is not None and step.skill == "pick"
    if step is None or not tried or request.anomaly not in ("bad_end", "postcondition", "timeout"):
        return frozenset()
    return frozenset({str(step.args["target"])})
