"""Looking for things that are not where they were: drawer by drawer, then all around.

One plan covers every case. Each part ends with a condition that already holds once the thing is
in sight, so that the rest is skipped: `visible(x) or opened(d)` lets a drawer be searched only
while nothing was found, `visible(x) or closed(d)` closes it only if it was searched in vain.
"""

from collections.abc import Callable, Sequence

from embodied_mem.brain.plan.schema import Handler, Node, Task
from embodied_mem.brain.planning.rules import steps
from embodied_mem.brain.planning.rules.draft import Draft
from embodied_mem.brain.planning.rules.goals import said
from embodied_mem.brain.planning.rules.world import World

AROUND = ("bin", "tray", "zone")
"""Kinds of fixtures over which the wrist camera looks in the end."""


def search(
    draft: Draft, thing: str, first: tuple[str, ...], clear_sweep: Callable[[str], None]
) -> tuple[str, ...]:
    """Adds what finds a thing.

    Args:
        draft: The plan so far; afterwards its world no longer knows which drawers are open.
        thing: What is looked for.
        first: Where to look first: drawers, the likeliest first.
        clear_sweep: Adds what makes room for a drawer to open.

    Returns:
        The drawers that may stand open afterwards.
    """
    world = draft.world
    drawers = order_of_drawers(world, thing, first)
    parts: list[Node] = []
    for drawer in drawers:
        parts += _one_drawer(draft, thing, drawer, clear_sweep)
    seen = (f"visible({thing})",)
    parts.append(_look_all_over(draft, thing, seen[0]))
    draft.add(
        f"find_{thing}",
        f"find the {said(thing)}",
        parts,
        seen,
        handlers=(Handler(on="postcondition", level="stop"),),
    )
    for drawer in drawers:
        world.opened[drawer] = None
    world.update(thing, lost=True, missing=False)
    return drawers


def survey(
    draft: Draft,
    things: Sequence[str],
    first: tuple[str, ...],
    clear_sweep: Callable[[str], None],
) -> tuple[str, ...]:
    """Adds what finds several things: every drawer is opened once, looked into and closed.

    What was seen in a drawer is known to be in it when that is closed again. Args are those of
    `search`.

    Returns:
        The drawers in which the things may be; they are closed afterwards.
    """
    found = " and ".join(f"not missing({thing})" for thing in things)
    drawers = [
        drawer
        for drawer in dict.fromkeys((*first, *sorted(draft.world.opened)))
        if draft.world.opened.get(drawer, True) is not True
    ]
    parts: list[Node] = []
    for drawer in drawers:
        before = len(draft.nodes)
        clear_sweep(drawer)
        clearing, draft.nodes[before:] = draft.nodes[before:], []
        opening = steps.open_drawer(draft.name(f"open_{drawer}"), drawer)
        looking = steps.look(draft.name(f"look_into_{drawer}"), drawer)
        closing = steps.close_drawer(draft.name(f"close_{drawer}"), drawer)
        goal = f"look what is in the {said(drawer)}"
        post = (f"{found} or opened({drawer})",)
        parts.append(draft.task(f"survey_{drawer}", goal, [*clearing, opening, looking], post))
        goal = f"close the {said(drawer)} again"
        post = (f"closed({drawer})",)
        parts.append(draft.task(f"leave_{drawer}", goal, [closing], post))
    parts.append(_look_all_over(draft, "", found))
    draft.add(
        "find_what_is_lost",
        f"find {' and '.join(f'the {said(thing)}' for thing in things)}",
        parts,
        (found,),
        handlers=(Handler(on="postcondition", level="stop"),),
    )
    for thing in things:
        draft.world.update(thing, lost=True, missing=False)
    return tuple(drawers)


def _look_all_over(draft: Draft, thing: str, found: str) -> Task:
    """Looks over every fixture that is open to the wrist camera."""
    suffix = f"_for_{thing}" if thing else ""
    looks = [steps.home(draft.name(f"look_around{suffix}"))]
    looks += [
        steps.look(draft.name(f"look_over_{place}{suffix}"), place)
        for kind in AROUND
        for place in draft.world.of_kind(kind)
    ]
    return draft.task(f"look_all_over{suffix}", "look everywhere else", looks, (found,))


def order_of_drawers(world: World, thing: str, first: tuple[str, ...]) -> tuple[str, ...]:
    """Returns the drawers worth opening: those remembered first, then by name.

    What an open drawer holds is seen; a thing that is missing from one is not in it.
    """
    piece = world.things[thing]
    known = [drawer for drawer in first if drawer in world.opened]
    drawers = dict.fromkeys((*known, *sorted(world.opened)))
    return tuple(
        d
        for d in drawers
        if world.opened[d] is not True and not (piece.missing and piece.place == d)
    )


def _one_drawer(
    draft: Draft, thing: str, drawer: str, clear_sweep: Callable[[str], None]
) -> list[Node]:
    where = said(drawer)
    before = len(draft.nodes)
    clear_sweep(drawer)
    clearing, draft.nodes[before:] = draft.nodes[before:], []
    opening = steps.open_drawer(draft.name(f"open_{drawer}"), drawer)
    looking = steps.look(draft.name(f"look_into_{drawer}"), drawer)
    closing = steps.close_drawer(draft.name(f"close_{drawer}"), drawer)
    return [
        draft.task(
            f"search_{drawer}_for_{thing}",
            f"look for the {said(thing)} in the {where}",
            [*clearing, opening, looking],
            (f"visible({thing}) or opened({drawer})",),
        ),
        draft.task(
            f"leave_{drawer}_without_{thing}",
            f"close the {where} if the {said(thing)} is not in it",
            [closing],
            (f"visible({thing}) or closed({drawer})",),
        ),
    ]
