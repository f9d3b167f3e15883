"""Fills forms on a partner's behalf from what is known of them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from embodied_mem.brain.partners.profiles import Derived, profile
from embodied_mem.memory.store import MemoryStore

_NOISE: Final = re.compile(
    r"\b(my|your|the|favourite|favorite|preferred|preference|of choice|usual)\b"
)
_LISTS: Final = {"place": "places", "session": "sessions", "last session": "sessions"}
_SPELLED: Final = {"color": "colour", "date of birth": "birthday"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Filled:
    """One field of a form."""

    value: str | None
    """One of the allowed values, as the form spells it; None where it is not known."""
    citations: tuple[str, ...] = ()
    """Ids of the records that say so."""


def prefill(
    store: MemoryStore,
    form: Mapping[str, Sequence[str] | None],
    partner: str,
    *,
    viewer: str | None = "",
) -> dict[str, Filled]:
    """Fills a form from a partner's profile; nothing is guessed.

    Args:
        store: Never changed.
        form: By the name of each field the values that it allows; None where it allows any. Names
            are as people write them: `favourite drink`, `preferred_colour`, `shoe size`.
        partner: Whom the form is about.
        viewer: Who gets to read it; the partner where empty, and None for the robot itself.
    """
    known = profile(store, partner, viewer=partner if viewer == "" else viewer)
    return {name: _filled(name, allowed, known) for name, allowed in form.items()}


def _filled(name: str, allowed: Sequence[str] | None, known: Derived) -> Filled:
    part, candidates = _candidates(_plain(name), known)
    for value in candidates:
        if allowed is None:
            return Filled(value=value, citations=known.citations.get(part, ()))
        for option in allowed:
            if _same(option) == _same(value):
                return Filled(value=option, citations=known.citations.get(part, ()))
    return Filled(value=None)


def _candidates(name: str, known: Derived) -> tuple[str, tuple[str, ...]]:
    """Returns the part of the profile that a field asks for, and its values, the best first."""
    held = known.profile
    for part, values in (("preferences", held.preferences), ("facts", held.facts)):
        for key, value in values.items():
            if _plain(key) == name:
                return f"{part}.{key}", (value,)
    part = _LISTS.get(name, "")
    if part == "sessions":
        return part, tuple(str(number) for number in reversed(held.sessions))
    return part, held.places if part == "places" else ()


def _plain(name: str) -> str:
    words = re.sub(r"[_\-\s]+", " ", name.casefold())
    words = " ".join(_NOISE.sub(" ", words).split())
    return _SPELLED.get(words, words)


def _same(value: str) -> str:
    return re.sub(r"^(the|a|an|on|at|in) ", "", value.casefold().strip(" .!?"))
