"""From the records of two memories to those of the memory of both."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from embodied_mem.memory.links import LinkType
from embodied_mem.memory.merging import rooms, things
from embodied_mem.memory.merging.classes import Decision, Pool, believed, changes_of, ended, tells
from embodied_mem.memory.merging.grounds import UNITED, Grounds
from embodied_mem.memory.merging.held import Held
from embodied_mem.memory.merging.join import join_all, without_links
from embodied_mem.memory.merging.levels import levelled
from embodied_mem.memory.merging.names import qualified, renamed, rendered
from embodied_mem.memory.merging.overlay import laid_over, taken_off

_SAME_OBJECT: Final[LinkType] = "same_object"
_SAME_PLACE: Final[LinkType] = "same_place"
_DERIVED: Final[LinkType] = "derived_from"
Changes = dict[str, dict[str, Any]]


def union(first: Sequence[Held], second: Sequence[Held]) -> list[Held]:
    """Returns the records of two memories as one: commutative, associative and idempotent.

    What earlier merges decided is taken off both, the records are joined by id, and everything is
    decided anew over all of them.

    Raises:
        StoreError: If one id stands for two different records.
    """
    joined = join_all(_by_id(_bare(first)), _by_id(_bare(second)))
    base = _believable(list(joined.values()))
    level = levelled(base)
    grounds = Grounds(level)
    over, made, hidden = _decided(level, grounds)
    laid = [laid_over(before, after) for before, after in zip(base, over, strict=True)]
    return rendered([*laid, *made], hidden, base)


def _bare(holdings: Sequence[Held]) -> list[Held]:
    """Returns records as they were before any merge, their names tagged."""
    made = {held.id for held in holdings if held.record.content.get(UNITED) is True}
    plain = [taken_off(held) for held in holdings if held.id not in made]
    return qualified(without_links(plain, made))


def _by_id(holdings: Iterable[Held]) -> dict[str, Held]:
    return {held.id: held for held in holdings}


def _believable(holdings: Sequence[Held]) -> list[Held]:
    """Leaves out what was made from records that are forgotten, and links to them."""
    gone = {held.id for held in holdings if held.record.status == "tombstone"}
    fallen: set[str] = set()
    while more := {held.id for held in holdings if held.id not in fallen and _rests_on(held, gone)}:
        fallen |= more
        gone |= more
    kept = [held for held in holdings if held.id not in fallen]
    return sorted(without_links(kept, gone), key=lambda held: held.id)


def _rests_on(held: Held, gone: set[str]) -> bool:
    if held.record.status == "tombstone":
        return False
    return any(link.type == _DERIVED and link.id in gone for link in held.record.links)


def _is_explored(held: Held, grounds: Grounds) -> bool:
    content = held.record.content
    return content.get("type") == "frontier" and believed(held.record) and grounds.explored(held)


def _decided(base: Sequence[Held], grounds: Grounds) -> tuple[list[Held], list[Held], set[str]]:
    """Changes records by what follows from all of them.

    Returns:
        The records in their order, those that were made of them, and the names that stay tagged.
    """
    objects = things.same_things(base, grounds)
    places = rooms.same_places(base, grounds, objects)
    changes: Changes = defaultdict(dict)
    _gather(changes, objects, _SAME_OBJECT, things.pooled)
    _gather(changes, places, _SAME_PLACE, rooms.pooled)
    lost = {h.id for decision in objects for h in (*decision.here, *decision.past)}
    now = [h for h in base if h.id not in lost and believed(h.record)]
    for record_id, content in things.gone(now, grounds).items():
        changes[record_id]["content"] = {**changes[record_id].get("content", {}), **content}
    for held in base:
        if _is_explored(held, grounds):
            changes[held.id] |= ended(held.record, held.record)
    united = grounds.united()
    for made, parts in united:
        for part in parts:
            end = made.record.recorded_at
            changes[part.id] |= {"status": "archived", "valid_to": end, "superseded_at": end}
    alias, kept, hidden = _aliases([*objects, *places])
    over = []
    for held in base:
        after = _changed(held, changes.get(held.id, {}))
        over.append(after if held.id in kept else renamed(after, lambda n: alias.get(n, n)))
    return _named_apart(over), [made for made, _ in united], hidden


def _gather(changes: Changes, decisions: Sequence[Decision], link: str, pool: Pool) -> None:
    for decision in decisions:
        for record_id, fields in changes_of(decision, link, pool).items():
            known = changes[record_id]
            links = [*known.get("links", ()), *fields.get("links", ())]
            known |= fields
            if links:
                known["links"] = links


def _aliases(decisions: Sequence[Decision]) -> tuple[dict[str, str], set[str], set[str]]:
    """Returns new names by old ones, records that keep theirs, and the names only those hold."""
    alias: dict[str, str] = {}
    kept: set[str] = set()
    for decision in decisions:
        alias |= dict.fromkeys(decision.aliases, decision.name)
        alias.pop(decision.name, None)
        chosen = decision.chosen.record
        kept |= {held.id for held in decision.here if tells(held.record, chosen)}
    return alias, kept, set(alias)


def _changed(held: Held, changes: Mapping[str, Any]) -> Held:
    if not changes:
        return held
    fields = dict(changes)
    if "content" in fields:
        fields["content"] = {**held.record.content, **fields["content"]}
    if "links" in fields:
        known = held.record.links
        new = sorted({*fields["links"]} - {*known}, key=lambda link: (link.type, link.id))
        fields["links"] = (*known, *new)
    return held.changed(**fields)


def _named_apart(holdings: Sequence[Held]) -> list[Held]:
    """Gives believed places names that tell them apart."""
    places = {
        held.record.content["place_id"]: held
        for held in holdings
        if held.record.content.get("type") == "place" and believed(held.record)
    }
    names = rooms.numbered(sorted(places.values(), key=lambda held: held.id))
    return [
        held.changed(content={**held.record.content, "name": names[held.id]})
        if held.id in names
        else held
        for held in holdings
    ]
