"""The sentences that answers are made of."""

from collections import Counter
from collections.abc import Sequence

from embodied_mem.brain.language.morphology import with_article
from embodied_mem.brain.language.question import NounPhrase, RoomPhrase
from embodied_mem.brain.language.recollection import Recollection, Seen
from embodied_mem.brain.language.vocabulary import Vocabulary
from embodied_mem.memory.facts import PlaceFact
from embodied_mem.perception.segmentation import UNKNOWN_CATEGORY


def joined(words: Sequence[str], last: str = "and") -> str:
    """Joins words as a list in a sentence.

    >>> joined(["a mug"]), joined(["a mug", "a pot", "a bowl"])
    ('a mug', 'a mug, a pot and a bowl')
    """
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def capital(sentence: str) -> str:
    """Starts a sentence with a capital letter."""
    return sentence[:1].upper() + sentence[1:]


def noun_of(seen: Seen, *, coloured: bool = False) -> str:
    """Names an object: `mug`, `red mug`, `unnamed object`."""
    noun = "unnamed object" if seen.category == UNKNOWN_CATEGORY else seen.category
    return f"{seen.fact.colour} {noun}" if coloured and seen.fact.colour else noun


def counted(number: int, noun: str, vocabulary: Vocabulary) -> str:
    """Counts a noun: `no mugs`, `1 mug`, `3 mugs`."""
    if number == 1:
        return f"1 {noun}"
    return f"{number or 'no'} {vocabulary.plural(noun)}"


def kinds(objects: Sequence[Seen], vocabulary: Vocabulary) -> str:
    """Lists objects by kind in their order: `2 chairs, a vase and a mug`."""
    counts = Counter(noun_of(seen) for seen in objects)
    return joined(
        [
            with_article(noun) if number == 1 else f"{number} {vocabulary.plural(noun)}"
            for noun, number in counts.items()
        ]
    )


def described(phrase: NounPhrase) -> str:
    """Says a noun phrase again, in the singular: `red couch`."""
    return f"{phrase.colour} {phrase.label}" if phrase.colour else phrase.label


def in_place(place: PlaceFact | None) -> str:
    """Says where in the house a place is: `in the kitchen`, `in bedroom 2`; empty if unknown."""
    if place is None:
        return ""
    if place.category == "room":
        return "in a room whose use I cannot tell"
    if place.name == place.category or not place.name:
        return f"in the {place.category}"
    return f"in {place.name}"


def in_storey(seen: Seen) -> str:
    """Says where in the house an object is, with the floor where there are several."""
    return f"{in_place(seen.place)} {seen.storey}".strip()


def in_room(room: RoomPhrase) -> str:
    """Says a room of a question: `in the kitchen`, `in bedroom 2`."""
    if room.number is not None:
        return f"in {room.category} {room.number}"
    return f"in the {room.category}"


def at(position: Sequence[float]) -> str:
    """Writes a position in metres: `(3.2, 1.4, 0.9) m`."""
    return f"({', '.join(f'{round(value, 1) + 0.0:.1f}' for value in position)}) m"


def whereabouts(seen: Seen, memory: Recollection) -> str:
    """Says where an object is: `in the kitchen, on the desk, at (3.2, 1.4, 0.9) m`."""
    parts = [in_storey(seen)]
    supporter = memory.by_id.get(seen.fact.on) if seen.fact.on is not None else None
    if supporter is not None and not seen.gone:
        parts.append(f"on the {noun_of(supporter)}")
    parts.append(f"at {at(seen.fact.position)}")
    return ", ".join(part for part in parts if part)


def situation(seen: Seen, memory: Recollection, *, firm: bool, coloured: bool = False) -> str:
    """Tells in one sentence, without the full stop, where an object is and how sure that is."""
    fact = seen.fact
    noun = noun_of(seen, coloured=coloured)
    where = whereabouts(seen, memory)
    if seen.gone:
        return f"the {noun} was {where} until tick {fact.last_tick}; it is no longer there"
    if fact.state == "unknown":
        return f"the {noun} was {where} at tick {fact.last_tick}; I do not know if it still is"
    if not firm:
        frames = "1 frame" if fact.views == 1 else f"{fact.views} frames"
        return (
            f"what may be {with_article(noun)} is {where}; last seen at tick {fact.last_tick}"
            f" (seen in {frames}, confidence {fact.confidence:.2f})"
        )
    return f"the {noun} is {where}; last seen at tick {fact.last_tick}"
