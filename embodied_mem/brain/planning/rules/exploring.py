"""Looking for a thing that was never seen: until something fits its description.

It has no id yet, so that no step can be planned for it. Once it is seen, the plan asks to be
revised: the last step needs that nothing was found.
"""

from embodied_mem.brain.instruction import Reference
from embodied_mem.brain.language.instructions.words import members_of, phrases
from embodied_mem.brain.plan.schema import Handler, Node, Step
from embodied_mem.brain.planning.rules import steps
from embodied_mem.brain.planning.rules.achieve import Mover
from embodied_mem.brain.planning.rules.errand import Errand
from embodied_mem.brain.planning.rules.goals import said
from embodied_mem.brain.planning.rules.matching import described

GO_ON = "go_on_with_what_was_found"
"""Beginning of the id of the step that asks for a revision."""


def can_explore(errand: Errand, reference: Reference) -> bool:
    """Tells whether there is anywhere to look for a thing of a kind that exists."""
    known = reference.category in phrases().categories or reference.category in phrases().groups
    return known and any(state is not True for state in errand.world.opened.values())


def explore(errand: Errand, reference: Reference) -> None:
    """Plans to look into the drawers that are not open, until something fits a description."""
    draft = errand.draft
    mover = Mover(draft, {})
    found = _found(reference)
    drawers = [name for name, state in errand.world.opened.items() if state is not True]
    for drawer in drawers:
        mover.clear_sweep(drawer)
    parts: list[Node] = []
    for drawer in drawers:
        opening = steps.open_drawer(draft.name(f"open_{drawer}"), drawer)
        looking = steps.look(draft.name(f"look_into_{drawer}"), drawer)
        closing = steps.close_drawer(draft.name(f"close_{drawer}"), drawer)
        goal = f"look into the {said(drawer)}"
        post = (f"{found} or opened({drawer})",)
        parts.append(draft.task(f"explore_{drawer}", goal, [opening, looking], post))
        goal = f"close the {said(drawer)} if it is not in there"
        post = (f"{found} or closed({drawer})",)
        parts.append(draft.task(f"leave_{drawer}", goal, [closing], post))
    draft.add(
        "find_what_was_never_seen",
        f"find a {described(reference)}",
        parts,
        (found,),
        handlers=(Handler(on="postcondition", level="stop"),),
    )
    draft.nodes.append(
        Step(
            id=draft.name(GO_ON),
            skill="home",
            pre=(f"not ({found})",),
            handlers=(Handler(on="precondition", level="replan"),),
        )
    )
    # What held from the start would skip everything: that it is found comes first.
    errand.post += [found, *(f"closed({drawer})" for drawer in drawers)]


def _found(reference: Reference) -> str:
    """Returns the condition that something fits a description."""
    colour = f', colour="{reference.colour}"' if reference.colour else ""
    counts = [
        f'count(category="{member}"{colour}) > 0' for member in members_of(reference.category)
    ]
    return " or ".join(counts)
