"""Questions about what is not there, or was not shown: the honest answer is `not seen`."""

from collections.abc import Iterator

from embodied_mem_envs.evaluation.drafts import (
    Draft,
    Kind,
    RightAnswer,
    fitting,
    goes_by_other_name,
    instance_at,
)
from embodied_mem_envs.evaluation.nouns import NEVER_THERE, SPOKEN, UNCOUNTED, Noun
from embodied_mem_envs.evaluation.truth import HouseView

UNSEEN_KINDS: tuple[Kind, ...] = (
    "where",
    "which_room",
    "how_many",
    "colour",
    "exists",
    "near",
    "which_floor",
)
"""The kinds that can be asked about a thing that is not there."""

_ALIKE: tuple[frozenset[str], ...] = (
    frozenset({"red", "orange", "pink", "brown"}),
    frozenset({"yellow", "orange", "beige", "brown"}),
    frozenset({"blue", "purple", "pink"}),
    frozenset({"white", "grey", "beige"}),
    frozenset({"black", "grey", "brown"}),
)
_COLOURS = (
    "red",
    "orange",
    "yellow",
    "green",
    "blue",
    "purple",
    "pink",
    "brown",
    "black",
    "white",
    "grey",
    "beige",
)


def unseen_drafts(view: HouseView, kind: Kind) -> list[list[Draft]]:
    """Returns questions of one kind about unseen things, grouped by why they are unseen.

    The groups: things that no house holds; categories that this house lacks; for `exists`, a
    category that is there in other colours, rooms or floors only; things that are in the house but
    did not show (there the truth and `not seen` are both right). Empty groups are left out.
    """
    groups = [
        [_draft(kind, Noun(category=name)) for name in NEVER_THERE],
        [_draft(kind, noun) for noun in _missing(view) if _can_ask(kind, noun)],
    ]
    if kind == "exists":
        groups.append([_draft(kind, noun) for noun in _other_variants(view)])
    if kind in ("where", "which_room", "which_floor", "exists"):
        groups.append([_hidden(view, kind, n) for n in _not_shown(view) if _can_ask(kind, n)])
    return [group for group in groups if group]


def _draft(kind: Kind, noun: Noun, right: RightAnswer | None = None) -> Draft:
    assert kind != "superlative"
    right = right or RightAnswer()
    return Draft(kind=kind, form=kind, noun=noun, right=right, about_unseen=True)


def _can_ask(kind: Kind, noun: Noun) -> bool:
    return kind not in ("how_many", "exists") or noun.category not in UNCOUNTED


def _missing(view: HouseView) -> Iterator[Noun]:
    for category in sorted(set(SPOKEN) - set(view.categories)):
        noun = Noun(category=category)
        if not goes_by_other_name(view, noun):
            yield noun


def _other_variants(view: HouseView) -> Iterator[Noun]:
    """Yields nouns whose category is in the house, but not in that colour, room or floor."""
    for category in sorted(set(view.categories) & set(SPOKEN) - UNCOUNTED):
        plain = Noun(category=category)
        rows = fitting(view, plain).nonzero()[0]
        held = {view.colours[row] for row in rows}
        alike = held.union(*(group for group in _ALIKE if group & held))
        rooms = {view.rooms[row] for row in rows}
        nouns = [Noun(category=category, colour=name) for name in _COLOURS if name not in alike]
        nouns += [Noun(category=category, room=r) for r in view.single_rooms if r not in rooms]
        floors = set(view.room_floors) - {view.floors[row] for row in rows}
        nouns += [Noun(category=category, floor=floor) for floor in sorted(floors)]
        if view.shown[rows].any():
            yield from (noun for noun in nouns if not goes_by_other_name(view, noun))


def _not_shown(view: HouseView) -> Iterator[Noun]:
    for category in sorted(set(view.categories)):
        noun = Noun(category=category)
        if not view.shown[fitting(view, noun)].any() and not goes_by_other_name(view, noun):
            yield noun


def _hidden(view: HouseView, kind: Kind, noun: Noun) -> Draft:
    rows = fitting(view, noun).nonzero()[0]
    found = tuple(instance_at(view, int(row)) for row in rows)
    return _draft(kind, noun, RightAnswer(instances=found, count=len(found)))
