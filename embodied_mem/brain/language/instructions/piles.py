"""Towers: in which order things are to be piled, from whatever way it was said."""

from dataclasses import replace

from embodied_mem.brain.instruction import Reference
from embodied_mem.brain.language.instructions.nouns import Phrase
from embodied_mem.brain.language.instructions.reading import Part, Reading

_LISTED = ("", "of", "with", "from")
_LEVELS = {"bottom": 0, "middle": 1, "": 1, "top": 2}


def pile_of(reading: Reading) -> tuple[Reference, ...]:
    """Returns the things of a pile from the lowest to the highest."""
    parts = [part for part in reading.parts if part.phrase.pronoun or not part.phrase.fixture]
    labelled = [part.phrase for part in parts if part.phrase.order]
    if any(part.role in ("on", "over", "under") for part in parts):
        phrases = _chain(parts)
    else:
        phrases = [p.phrase for p in parts if not p.phrase.pronoun and p.role in _LISTED]
        if reading.direction == "down":
            phrases.reverse()
    phrases = _completed([_single(phrase) for phrase in phrases])
    references = list(reading.references(phrases))
    return tuple(_by_level(references, _completed(labelled), reading))


def _completed(phrases: list[Phrase]) -> list[Phrase]:
    """Leaves out words for the whole, and takes bare colours for blocks.

    "A tower of three blocks: green, blue and red", "stack red on blue": towers are built of blocks.
    """
    coloured = [phrase for phrase in phrases if phrase.colour]
    kept = [p for p in phrases if p.colour or (p.category and len(coloured) < 2)]
    return [p if p.category else replace(p, category="block") for p in kept]


def _single(phrase: Phrase) -> Phrase:
    """A pile is of single things, even where all were named in one plural."""
    return Phrase(category=phrase.category, colour=phrase.colour)


def _by_level(
    references: list[Reference], labelled: list[Phrase], reading: Reading
) -> list[Reference]:
    """Brings what was said to be at the bottom or the top there; the rest keeps its order."""
    levels = {
        phrase.references(reading.lexicon)[0]: _LEVELS[phrase.order]
        for phrase in map(_labelled, labelled)
    }
    return sorted(references, key=lambda reference: levels.get(reference, 1))


def _labelled(phrase: Phrase) -> Phrase:
    return Phrase(category=phrase.category, colour=phrase.colour, order=phrase.order)


def _chain(parts: list[Part]) -> list[Phrase]:
    """Orders "a on b", "a on b on c", "b on a and then c on top of it"."""
    below: dict[Phrase, Phrase] = {}
    waiting: list[Phrase] = []
    order: list[Phrase] = []
    last: Phrase | None = None
    for part in parts:
        phrase = _single(part.antecedent or part.phrase)
        if part.role in ("on", "over") and (waiting or last):
            base = order[-1] if part.phrase.pronoun and not waiting else phrase
            if part.phrase.pronoun and order:
                base = _top_of(below, order, but=waiting)
            for upper in waiting or ([last] if last else []):
                below[upper] = base
                base = upper
            waiting = []
        elif part.role == "under" and (waiting or last):
            below[phrase] = waiting[-1] if waiting else (last or phrase)
            waiting = []
        elif not part.phrase.pronoun:
            waiting.append(phrase)
        if not part.phrase.pronoun:
            last = phrase
            if phrase not in order:
                order.append(phrase)
    return _unwound(below, order)


def _top_of(below: dict[Phrase, Phrase], order: list[Phrase], but: list[Phrase]) -> Phrase:
    """Returns what "it" is in "and then c on top of it": the top of the pile so far."""
    tops = [p for p in order if p not in below.values() and p not in but]
    return tops[-1] if tops else order[-1]


def _unwound(below: dict[Phrase, Phrase], order: list[Phrase]) -> list[Phrase]:
    """Sorts so that what is below comes first."""
    found: list[Phrase] = []

    def add(phrase: Phrase, depth: int = 0) -> None:
        if phrase in below and depth < len(below):
            add(below[phrase], depth + 1)
        if phrase not in found:
            found.append(phrase)

    for phrase in order:
        add(phrase)
    return found
