"""Varied sentences about rooms, objects and events, as an agent's log would hold them."""

from typing import Final

import numpy as np

_WORDS: Final = {
    "colour": """
        red, blue, green, white, black, yellow, brown, grey, orange, purple, silver,
        beige, turquoise
    """,
    "material": """
        wooden, metal, plastic, glass, ceramic, leather, cotton, paper, stone, wicker,
        woollen
    """,
    "state": """
        clean, dirty, broken, empty, full, wet, dusty, open, closed, folded, forgotten,
        borrowed, new
    """,
    "thing": """
        mug, plate, bowl, kettle, pan, knife, spoon, bottle, jug, toaster, cup, tray,
        basket, vase, lamp, clock, mirror, cushion, blanket, towel, rug, curtain,
        candle, picture, plant, book, laptop, phone, charger, remote, keyboard,
        headphones, camera, printer, radio, tablet, shoe, coat, scarf, hat, umbrella,
        bag, suitcase, wallet, key, glove, jacket, sock, belt, hammer, screwdriver,
        drill, ladder, bucket, broom, mop, brush, sponge, soap, tape, rope, ball,
        puzzle, guitar, bicycle, helmet, racket, tent, toy, drum, kite, skateboard,
        doll, apple, banana, orange, bread, cheese, milk, cereal, pasta, onion, carrot,
        cake, coffee, letter, parcel, newspaper, notebook, pencil, stapler, folder,
        medicine, bandage, razor
    """,
    "support": """
        table, shelf, counter, sofa, bed, chair, desk, floor, windowsill, stool, bench,
        dresser, bedside table, coffee table, top drawer, wardrobe, sideboard, bookcase
    """,
    "room": """
        kitchen, bathroom, bedroom, hallway, garage, attic, cellar, study, pantry,
        nursery, living room, dining room, laundry room, guest room, home office, porch
    """,
    "person": """
        Anna, Ben, Carla, David, Elena, Farid, Grace, Hugo, Ines, Jonas, Kira, Leo,
        Mara, Noah, the cleaner, a visitor, the neighbour, the postman, my grandmother
    """,
    "animal": """
        cat, dog, parrot, hamster, rabbit, spider, mouse, pigeon
    """,
    "time": """
        this morning, last night, at noon, after lunch, before breakfast, on Monday, on
        Friday evening, an hour ago, during the party, at dawn, while it rained, shortly
        after midnight, yesterday, two days ago
    """,
    "side": """
        left of, right of, behind, in front of, under, next to, on top of
    """,
    "verb": """
        moved, lost, cleaned, repaired, dropped, painted, hid, found, sold, bought,
        washed, picked up, put away, gave back, threw out, took apart
    """,
    "problem": """
        smells of smoke, is too dark to see, has a wet floor, is locked, is full of
        boxes, is being painted, has a broken window, is very cold, has no electricity,
        is noisy, was flooded, is being used by guests
    """,
    "number": """
        two, three, four, five, six, seven, eight, nine, ten
    """,
}
"""What each slot of a pattern is filled with, parted by commas."""
_PATTERNS: Final = (
    "The {colour} {thing} is on the {support} in the {room}.",
    "I saw a {material} {thing} {side} the {support} in the {room} {time}.",
    "{person} {verb} the {state} {thing} {time}.",
    "{time}, {person} carried the {thing} from the {room} to the {room2}.",
    "The {room} {problem} {time}.",
    "There are {number} {material} {thing}s on the {support}.",
    "The {animal} slept {side} the {support} in the {room}.",
    "Where did {person} leave the {colour} {thing}?",
    "The {thing} used to be in the {room}, now it is {side} the {colour} {thing2}.",
    "Nobody has touched the {material} {thing} since {person} {verb} it.",
    "A door connects the {room} with the {room2}; {person} closed it {time}.",
    "{person} asked me to bring the {colour} {thing} to the {room}.",
    "The {animal} knocked the {thing} off the {support} {time}.",
    "I could not reach the {room} because it {problem}.",
    "The {state} {material} {thing} belongs to {person}.",
    "Light in the {room} was off {time}, and the {support} stood {side} the door.",
    "{number} people sat around the {support} in the {room} {time}.",
    "I dropped the {thing} in the {room} and {person} {verb} it.",
    "The battery ran low in the {room}, {side} the {colour} {support}.",
    "On the {support} lie a {thing}, a {colour} {thing2} and {number} {material} boxes.",
)


def sentences(count: int, seed: int) -> list[str]:
    """Returns distinct sentences.

    >>> len(set(sentences(500, seed=1)))
    500
    """
    choices = {
        slot: [" ".join(word.split()) for word in words.split(",")]
        for slot, words in _WORDS.items()
    }
    choices |= {"room2": choices["room"], "thing2": choices["thing"]}
    rng = np.random.default_rng(seed)
    found: dict[str, None] = {}
    while len(found) < count:
        words = {slot: known[int(rng.integers(len(known)))] for slot, known in choices.items()}
        text = _PATTERNS[int(rng.integers(len(_PATTERNS)))].format(**words)
        found[text[0].upper() + text[1:]] = None
    return list(found)
