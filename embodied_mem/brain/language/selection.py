"""Picks the remembered objects that a question speaks of."""

from dataclasses import dataclass, field

import numpy as np

from embodied_mem.brain.language.question import Extreme, NounPhrase, Question, RoomPhrase
from embodied_mem.brain.language.recollection import Recollection, Seen, boxes_of, gaps_to
from embodied_mem.brain.language.relations import AnswerConfig, is_firm, near, related
from embodied_mem.brain.language.vocabulary import Vocabulary
from embodied_mem.memory.facts import PlaceFact


@dataclass(frozen=True, kw_only=True)
class Context:
    """All that an answer is made from."""

    question: Question
    memory: Recollection
    vocabulary: Vocabulary
    config: AnswerConfig
    here: tuple[float, float] | None


@dataclass(kw_only=True)
class Selection:
    """The objects that fit a description, and what was odd about finding them."""

    found: tuple[Seen, ...]
    """The likeliest first; missing ones last."""
    wider: tuple[Seen, ...] = ()
    """Those that fit all but the colour, the room or the relation."""
    doubts: list[str] = field(default_factory=list)
    """Sentences on why the choice may be wrong."""
    unseen_anchor: NounPhrase | None = None
    """The thing that the description leans on, if that was never seen: "on the piano"."""

    @property
    def present(self) -> tuple[Seen, ...]:
        """Those that are not known to be gone."""
        return tuple(seen for seen in self.found if not seen.gone)


def select(context: Context, phrase: NounPhrase) -> Selection:
    """Finds the objects that a phrase and the question's room and relation describe."""
    wider = _of_kind(context, phrase)
    selection = Selection(found=() if phrase.how == "compound" else wider, wider=wider)
    _keep_colour(context, phrase, selection)
    if context.question.room is not None:
        room = context.question.room
        selection.found = tuple(s for s in selection.found if fits_room(s.place, room))
    if context.question.relation is not None:
        relation = context.question.relation
        anchors = present_of_kind(context, relation.anchor)
        if not anchors:
            selection.unseen_anchor = relation.anchor
        selection.found = related(relation.kind, selection.found, anchors, context.config)
    if phrase.unverified and selection.found:
        words = " and ".join(f'"{word}"' for word in phrase.unverified)
        selection.doubts.append(f"I cannot tell which of them is {words}.")
    selection.found = tuple(sorted(selection.found, key=lambda s: _rank(context, phrase, s)))
    return selection


def present_of_kind(context: Context, phrase: NounPhrase) -> tuple[Seen, ...]:
    """Returns the objects of a phrase's kind and colour that are not gone, wherever they are."""
    if phrase.how == "compound":
        return ()
    selection = Selection(found=_of_kind(context, phrase))
    _keep_colour(context, phrase, selection)
    return selection.present


def fits_room(place: PlaceFact | None, room: RoomPhrase) -> bool:
    """Whether a place is the room, or one of the rooms, that a phrase names."""
    if place is None or place.category != room.category:
        return False
    if room.number is None:
        return True
    return place.name in (
        f"{room.category} {room.number}",
        room.category if room.number == 1 else "",
    )


def _of_kind(context: Context, phrase: NounPhrase) -> tuple[Seen, ...]:
    if phrase.how == "everything":
        return context.memory.objects
    objects = context.memory.objects
    if phrase.room is not None:
        objects = tuple(seen for seen in objects if fits_room(seen.place, phrase.room))
    return tuple(seen for seen in objects if seen.category in phrase.categories)


def _keep_colour(context: Context, phrase: NounPhrase, selection: Selection) -> None:
    if phrase.colour is None:
        return
    before = selection.found
    selection.found = tuple(seen for seen in before if seen.fact.colour == phrase.colour)
    if selection.found:
        return
    near_colours = context.vocabulary.near_colours(phrase.colour)
    selection.found = tuple(seen for seen in before if seen.fact.colour in near_colours)
    if selection.found:
        seen_as = " or ".join(dict.fromkeys(seen.fact.colour for seen in selection.found))
        selection.doubts.append(f"I saw none that was clearly {phrase.colour}, but {seen_as}.")


def _rank(context: Context, phrase: NounPhrase, seen: Seen) -> tuple[float, ...]:
    """Sorts the likeliest object first: there, well seen, of the size that was said, near."""
    fact = seen.fact
    order = {"present": 0, "moved": 0, "unknown": 1, "missing": 2}[fact.state]
    firm = 0 if is_firm(seen, context.config) else 1
    size = 0.0
    if phrase.prefers_large is not None:
        size = -volume(seen) if phrase.prefers_large else volume(seen)
    far = 0.0
    if context.here is not None:
        far = round(distance_from((seen,), context.here)[0], 3)
    return (order, firm, size, far, -fact.confidence, -fact.views)


def volume(seen: Seen) -> float:
    """Returns the volume of an object's box, cubic metres."""
    x, y, z = seen.fact.size
    return x * y * z


def distance_from(objects: tuple[Seen, ...], here: tuple[float, float]) -> list[float]:
    """Returns each object's distance over the floor from a point, metres."""
    lower, upper = boxes_of(objects)
    point = np.asarray(here, np.float64)
    apart = np.maximum(np.maximum(point - upper[:, :2], lower[:, :2] - point), 0.0)
    gaps: list[float] = np.linalg.norm(apart, axis=1).tolist()
    return gaps


def measure(
    context: Context, extreme: Extreme, objects: tuple[Seen, ...]
) -> list[tuple[Seen, float]] | None:
    """Measures objects for a superlative.

    Returns:
        The objects with their measure (metres or cubic metres), or None where a distance is
        asked for and the point it starts from is not known.
    """
    if extreme.measure != "distance":
        return [(seen, _extent(extreme, seen)) for seen in objects]
    if extreme.reference is None:
        here = context.here or context.memory.standpoint
        if here is None:
            return None
        return list(zip(objects, distance_from(objects, here), strict=True))
    anchors = present_of_kind(context, extreme.reference)
    if not anchors:
        return None
    own = {anchor.id for anchor in anchors}
    others = tuple(seen for seen in objects if seen.id not in own)
    beside = near(others, anchors)
    if beside and not extreme.largest and context.question.subjects[:1] and _any_thing(context):
        return beside  # the nearest thing at all is not the one behind the wall
    gaps: dict[str, float] = {}
    for anchor in anchors:
        distances = gaps_to(others, anchor.fact.box_min, anchor.fact.box_max).tolist()
        for seen, gap in zip(others, distances, strict=True):
            gaps[seen.id] = min(gap, gaps.get(seen.id, gap))
    return [(seen, gaps[seen.id]) for seen in others]


def _any_thing(context: Context) -> bool:
    return context.question.subjects[0].how == "everything"


def _extent(extreme: Extreme, seen: Seen) -> float:
    x, y, z = seen.fact.size
    if extreme.measure == "height":
        return z
    if extreme.measure == "width":
        return max(x, y)
    if extreme.measure == "top":
        return seen.fact.box_max[2]
    return x * y * z
