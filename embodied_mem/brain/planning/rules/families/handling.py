"""Requests for one skill or two: push, open, close, pour, wipe, hand over, look."""

from embodied_mem.brain.instruction import Reference
from embodied_mem.brain.plan.schema import Step
from embodied_mem.brain.planning.rules import steps
from embodied_mem.brain.planning.rules.achieve import Mover, UnplannableError
from embodied_mem.brain.planning.rules.errand import Errand
from embodied_mem.brain.planning.rules.goals import At, said
from embodied_mem.brain.planning.rules.matching import described, matches
from embodied_mem.brain.planning.rules.placing import holder_of, spot_aside, spot_beside, spot_over
from embodied_mem.brain.planning.rules.search import search


def push(errand: Errand) -> None:
    """Slides a thing along the table."""
    instruction = errand.instruction
    thing = errand.themes()[0]
    if not errand.world.lies_loose(errand.world.things[thing]):
        raise UnplannableError(f"the {said(thing)} must lie on the table to be pushed")
    Mover(errand.draft, {}).uncover(thing)
    if instruction.side and instruction.destination is not None:
        target = spot_beside(errand, thing)
    elif instruction.destination is not None:
        zone = holder_of(errand, instruction.destination, [thing])
        if errand.world.kind(zone) not in ("zone", "table"):
            raise UnplannableError(f"things can be pushed along the table, not into {said(zone)}")
        target = spot_over(errand, thing, zone, [])
    else:
        target = spot_aside(errand, thing)
    errand.draft.push(thing, target)
    errand.post.append(target.condition(thing))


def _drawers(errand: Errand) -> list[str]:
    found: list[str] = []
    for reference in errand.instruction.themes:
        name = reference.fixture or holder_of(errand, reference, [])
        if errand.world.kind(name) != "drawer":
            raise UnplannableError(f"the {said(name)} cannot be opened or closed")
        found.append(name)
    return found


def open_(errand: Errand) -> None:
    """Opens drawers that are not open."""
    mover = Mover(errand.draft, {}, keep_open=errand.world.opened)
    for drawer in _drawers(errand):
        if errand.world.opened[drawer] is not True:
            mover.open(drawer)
        errand.post.append(f"opened({drawer})")


def close(errand: Errand) -> None:
    """Closes drawers that are not closed."""
    for drawer in _drawers(errand):
        if errand.world.opened[drawer] is not False:
            errand.draft.close(drawer)
        errand.post.append(f"closed({drawer})")


def pour(errand: Errand) -> None:
    """Takes a thing, tips it over another, and puts it back."""
    thing = errand.themes()[0]
    piece = errand.world.things[thing]
    if errand.instruction.destination is None:
        raise UnplannableError(f"I do not know what to pour the {said(thing)} into")
    into = holder_of(errand, errand.instruction.destination, [thing])
    back = At(x=piece.position[0], y=piece.position[1])
    if not errand.world.lies_loose(piece):
        raise UnplannableError(f"the {said(thing)} must stand on the table to be poured from")
    Mover(errand.draft, {}).uncover(thing)
    taken = steps.pick(errand.draft.name(f"pick_{thing}"), thing)
    tipped = Step(
        id=errand.draft.name(f"tilt_{thing}"),
        skill="tilt",
        args={"target": thing, "destination": into},
        pre=(f"holding({thing})",),
        invariant=(f"holding({thing})",),
        post=(f"holding({thing})",),
        handlers=steps.dropped(thing, taken.id),
    )
    placed = steps.place(errand.draft.name(f"place_{thing}"), thing, back, picked="")
    goal = f"pour from the {said(thing)} into the {said(into)}"
    # Afterwards all lies as before: no condition of the end could tell that it was done.
    errand.draft.add(f"pour_{thing}", goal, [taken, tipped, placed])


def wipe(errand: Errand) -> None:
    """Wipes a zone with a sponge if there is one, else with the fingers."""
    zone = errand.instruction.themes[0].fixture
    draft, world = errand.draft, errand.world
    if world.kind(zone) not in ("zone", "tray", "table"):
        what = described(errand.instruction.themes[0])
        raise UnplannableError(f"the {what} cannot be wiped")
    sponges = [
        name
        for name in matches(Reference(category="sponge"), world)
        if world.lies_loose(world.things[name])
    ]
    step = Step(
        id=draft.name(f"wipe_{zone}"),
        skill="wipe",
        args={"zone": zone},
        timeout=2.0 * steps.PUSH_SECONDS,
    )
    if not sponges:
        draft.add(f"have_{zone}_wiped", f"wipe the {said(zone)}", [step])
        return
    sponge = sponges[0]
    back = At(x=world.things[sponge].position[0], y=world.things[sponge].position[1])
    taken = steps.pick(draft.name(f"pick_{sponge}"), sponge)
    placed = steps.place(draft.name(f"place_{sponge}"), sponge, back, picked="")
    draft.add(f"have_{zone}_wiped", f"wipe the {said(zone)}", [taken, step, placed])


def hand_over(errand: Errand) -> None:
    """Takes a thing and holds it out to the person."""
    thing = errand.themes()[0]
    draft, world = errand.draft, errand.world
    mover = Mover(draft, {}, hints={thing: errand.hints(thing)})
    used: tuple[str, ...] = ()
    if world.things[thing].missing:
        used = search(draft, thing, errand.hints(thing), mover.clear_sweep)
    elif world.is_shut_in(thing):
        used = (world.things[thing].place,)
        mover.open(used[0])
    else:
        mover.uncover(thing)
    taken = steps.pick(draft.name(f"pick_{thing}"), thing)
    given = Step(
        id=draft.name(f"hand_over_{thing}"),
        skill="hand_over",
        args={"target": thing},
        pre=(f"holding({thing})",),
        post=(f"not holding({thing})",),
        handlers=steps.dropped(thing, taken.id),
    )
    draft.add(f"give_{thing}", f"hand over the {said(thing)}", [taken, given])
    for drawer in used if errand.instruction.shut else ():
        draft.close(drawer)


def look(errand: Errand) -> None:
    """Looks for a thing, or at a place; a drawer is opened for it and closed again."""
    draft, world = errand.draft, errand.world
    mover = Mover(draft, {})
    for reference in errand.instruction.themes or (Reference(fixture="table"),):
        if not reference.fixture and matches(reference, world):
            thing = matches(reference, world)[0]
            if not world.things[thing].visible:
                first = errand.hints(thing)
                if world.is_shut_in(thing):
                    first = (world.things[thing].place, *first)
                search(draft, thing, first, mover.clear_sweep)
            errand.post.append(f"visible({thing})")
            continue
        place = holder_of(errand, reference, [])
        shut = place in world.opened and world.opened[place] is not True
        if shut:
            mover.open(place)
        goal = f"look at the {said(place)}"
        draft.add(f"see_{place}", goal, [steps.look(draft.name(f"look_at_{place}"), place)])
        if shut and errand.instruction.shut:
            draft.close(place)
