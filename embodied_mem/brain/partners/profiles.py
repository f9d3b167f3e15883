"""What is known of a partner, put together from what was told of them; after Second Me.

Second Me (Wei et al., 2025, section 3.1) derives a layer of descriptions from raw records. Here
that layer is only ever derived: from claims that can be looked at, anew whenever it is asked for.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from embodied_mem.brain.partners.claims import Told, claims_for, session_of
from embodied_mem.memory.filter import Filter
from embodied_mem.memory.record import MemoryRecord
from embodied_mem.memory.store import MemoryStore

TAG: Final = "profile"
FAVOURITE: Final = "favourite "


class Profile(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=TAG):
    """What holds now of a partner, as far as somebody may know. Kind `summary`; `about` them.

    Things told by the partner count before what others say of them.
    """

    partner: str
    preferences: dict[str, str] = {}
    """By what it is of: `drink`, `colour`."""
    facts: dict[str, str] = {}
    """Other attributes: `birthday`, `shoe size`."""
    places: tuple[str, ...] = ()
    """Where their things are that they spoke of, the most frequent first."""
    open_requests: tuple[str, ...] = ()
    """Things that they asked to keep or to bring and did not take back."""
    done_requests: tuple[str, ...] = ()
    sessions: tuple[int, ...] = ()
    """Numbers of the meetings with them."""


class Derived(msgspec.Struct, frozen=True, kw_only=True):
    """A profile and where each part of it comes from."""

    profile: Profile
    citations: dict[str, tuple[str, ...]]
    """Ids of records by part: `preferences.drink`, `facts.birthday`, `places`, `open_requests`,
    `done_requests`, `sessions`."""

    @property
    def sources(self) -> tuple[str, ...]:
        """Ids of all records that it was made from, sorted."""
        return tuple(sorted({each for ids in self.citations.values() for each in ids}))


def profile(store: MemoryStore, partner: str, *, viewer: str | None = None) -> Derived:
    """Derives what is known of a partner from what a viewer may know.

    Args:
        store: Never changed.
        partner: Whom it is of.
        viewer: Who is to be told; None for the robot itself.
    """
    told = [each for each in claims_for(store, viewer) if _concerns(each, partner)]
    met = store.query(Filter(kind="event", observer=partner, viewer=viewer), payload=False)
    return derive(partner, told, met)


def derive(partner: str, told: Sequence[Told], met: Iterable[MemoryRecord]) -> Derived:
    """Derives a profile from claims, oldest first, and from what the partner said at all."""
    citations: dict[str, list[str]] = {}
    attributes: dict[str, str] = {}
    own: set[str] = set()
    current = [each for each in told if each.record.status == "active"]
    for each in current:
        claim = each.claim
        by_self = claim.teller == partner
        if claim.topic != "attribute" or claim.subject != partner:
            continue
        if not by_self and claim.attribute in own:
            continue
        if by_self:
            own.add(claim.attribute)
        attributes[claim.attribute] = claim.value
        citations[_part(claim.attribute)] = [each.record.id]
    requests = [each for each in current if each.claim.topic != "attribute"]
    requests = [each for each in requests if each.claim.subject == partner]
    places = Counter(each.claim.attribute for each in requests if each.claim.attribute)
    parts = {
        "places": [each for each in requests if each.claim.attribute],
        "open_requests": [each for each in requests if not each.claim.ended],
        "done_requests": [each for each in requests if each.claim.ended],
    }
    sessions: dict[int, str] = {}
    for record in sorted(met, key=lambda record: record.id):
        if number := session_of(record):
            sessions.setdefault(number, record.id)
    for name, found in parts.items():
        if found:
            citations[name] = [each.record.id for each in found]
    if sessions:
        citations["sessions"] = list(sessions.values())
    return Derived(
        profile=Profile(
            partner=partner,
            preferences=_split(attributes, favourite=True),
            facts=_split(attributes, favourite=False),
            places=tuple(sorted(places, key=lambda place: (-places[place], place))),
            open_requests=tuple(each.claim.value for each in parts["open_requests"]),
            done_requests=tuple(each.claim.value for each in parts["done_requests"]),
            sessions=tuple(sorted(sessions)),
        ),
        citations={name: tuple(ids) for name, ids in sorted(citations.items())},
    )


def _concerns(told: Told, partner: str) -> bool:
    return told.claim.subject == partner


def _part(attribute: str) -> str:
    if attribute.startswith(FAVOURITE):
        return f"preferences.{attribute.removeprefix(FAVOURITE)}"
    return f"facts.{attribute}"


def _split(attributes: dict[str, str], *, favourite: bool) -> dict[str, str]:
    return {
        name.removeprefix(FAVOURITE): value
        for name, value in sorted(attributes.items())
        if name.startswith(FAVOURITE) == favourite
    }
