"""What people call things: everyday names of the categories and rooms of the house.

Written from how people talk, apart from the parser's own vocabulary, so that the evaluation tests
what the parser understands rather than repeating it. Names that would mean a second category too
(`lamp`, `cabinet`, `throw pillow`) are left out: a question must have one right answer.
"""

from dataclasses import dataclass

import numpy as np

SPOKEN: dict[str, tuple[str, ...]] = {
    "alarm clock": ("clock", "bedside clock"),
    "armchair": ("easy chair", "arm chair"),
    "backpack": ("rucksack", "back pack"),
    "bathroom cabinet": ("medicine cabinet", "bathroom cupboard"),
    "bathtub": ("bath", "tub", "bath tub"),
    "bed": (),
    "bench": (),
    "book": (),
    "bookshelf": ("bookcase", "book shelf"),
    "bottle": (),
    "bowl": (),
    "broom": (),
    "bucket": ("pail",),
    "candle": (),
    "cardboard box": ("box", "carton", "cardboard carton"),
    "chair": (),
    "coat stand": ("coat rack", "hat stand", "coat tree"),
    "coffee table": (),
    "console table": ("hall table", "entry table"),
    "cushion": ("sofa cushion", "scatter cushion"),
    "desk": ("writing desk", "work desk"),
    "desk lamp": ("desk light",),
    "detergent bottle": ("bottle of detergent", "laundry detergent bottle"),
    "dining table": ("dinner table", "dining room table"),
    "dishwasher": ("dish washer",),
    "dresser": ("chest of drawers",),
    "dryer": ("tumble dryer", "clothes dryer", "drier"),
    "filing cabinet": ("file cabinet",),
    "floor lamp": ("standing lamp", "standard lamp"),
    "fruit basket": ("basket of fruit",),
    "globe": ("world globe",),
    "ironing board": (),
    "kettle": ("tea kettle", "electric kettle"),
    "keyboard": ("computer keyboard",),
    "kitchen counter": ("counter", "worktop", "countertop"),
    "ladder": ("stepladder", "step ladder"),
    "laptop": ("laptop computer", "notebook computer"),
    "laundry basket": ("laundry hamper", "washing basket", "hamper"),
    "microwave": ("microwave oven",),
    "monitor": ("computer monitor", "computer screen"),
    "mug": ("cup", "coffee mug", "coffee cup"),
    "nightstand": ("bedside table", "night stand", "night table"),
    "office chair": ("desk chair", "swivel chair", "computer chair"),
    "paint can": ("tin of paint", "can of paint", "paint tin"),
    "picture frame": ("picture", "photo frame", "framed picture"),
    "pillow": (),
    "plate": ("dinner plate",),
    "pot": ("cooking pot", "saucepan"),
    "potted plant": ("plant", "houseplant", "pot plant"),
    "printer": (),
    "refrigerator": ("fridge", "icebox"),
    "shoe": (),
    "shoe rack": ("shoe stand", "shoe shelf"),
    "sideboard": ("buffet", "credenza"),
    "sink": ("kitchen sink",),
    "soap dispenser": ("soap pump",),
    "sofa": ("couch", "settee"),
    "speaker": ("loudspeaker",),
    "storage shelf": ("storage rack", "shelving unit"),
    "stove": ("cooker", "oven"),
    "suitcase": ("travel case",),
    "table lamp": ("bedside lamp",),
    "teddy bear": ("teddy",),
    "television": ("telly", "TV", "tv", "TV set"),
    "toaster": (),
    "toilet": ("loo", "WC"),
    "toilet paper": ("loo roll", "toilet roll"),
    "toolbox": ("tool box", "tool chest"),
    "towel": ("bath towel",),
    "trash can": ("bin", "rubbish bin", "garbage can"),
    "tv stand": ("TV unit", "television stand", "TV bench"),
    "umbrella stand": ("umbrella holder",),
    "vacuum cleaner": ("hoover", "vacuum"),
    "vase": ("flower vase",),
    "wardrobe": ("closet", "armoire"),
    "washbasin": ("wash basin", "basin", "bathroom sink"),
    "washing machine": ("washer", "clothes washer"),
}
"""Every category that a house can hold, with the other names that people have for it."""

NEVER_THERE: tuple[str, ...] = (
    "piano",
    "guitar",
    "bicycle",
    "aquarium",
    "treadmill",
    "fireplace",
    "sewing machine",
    "drum kit",
    "telescope",
    "pool table",
    "hammock",
    "chandelier",
    "surfboard",
    "violin",
    "wheelchair",
    "birdcage",
)
"""Things that no house holds; `I have not seen one` is the only right answer about them."""

ALSO_CALLED: dict[str, tuple[str, ...]] = {
    "bottle": ("detergent bottle",),
    "chair": ("armchair", "office chair"),
    "sink": ("washbasin",),
}
"""Categories whose things many people would call by the name of another category."""

SPOKEN_ROOMS: dict[str, tuple[str, ...]] = {
    "bathroom": ("bathroom",),
    "bedroom": ("bedroom",),
    "dining room": ("dining room",),
    "hallway": ("hallway", "hall", "corridor"),
    "kitchen": ("kitchen",),
    "laundry": ("laundry room", "laundry", "utility room"),
    "living room": ("living room", "lounge", "sitting room"),
    "office": ("office", "study", "home office"),
    "storage": ("storage room", "storeroom"),
}
"""What each kind of room is called; the first name is the plain one."""

SPOKEN_FLOORS: tuple[tuple[str, ...], ...] = (
    ("downstairs", "on the ground floor", "on the lower floor"),
    ("upstairs", "on the upper floor", "on the top floor"),
)
"""How people say where the lower and the upper of two floors is; the first is the plain one."""

SPOKEN_COLOURS: dict[str, tuple[str, ...]] = {"grey": ("gray",)}

UNCOUNTED = frozenset({"toilet paper"})
"""Categories of which nobody says `a` or `how many`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Noun:
    """A thing as a question names it: a category, perhaps with a colour, a room or a floor."""

    category: str
    colour: str | None = None
    room: str | None = None
    floor: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Words:
    """One way to say a `Noun`."""

    name: str
    """Without article and room: `red mug`."""
    plural: str
    place: str
    """` in the kitchen`, ` upstairs`, ` in the hallway upstairs`, or nothing."""

    @property
    def definite(self) -> str:
        """What follows `the`: `red mug in the kitchen`."""
        return self.name + self.place

    @property
    def indefinite(self) -> str:
        """With its article, without its room: `a red mug`."""
        return f"{'an' if self.name[0] in 'aeiou' else 'a'} {self.name}"


def plain_words(noun: Noun) -> Words:
    """Returns the words with the category's own name.

    >>> words = plain_words(Noun(category="mug", colour="orange", room="laundry"))
    >>> words.indefinite, words.definite
    ('an orange mug', 'orange mug in the laundry room')
    >>> plain_words(Noun(category="mug", room="hallway", floor=1)).definite
    'mug in the hallway upstairs'
    """
    floor = None if noun.floor is None else SPOKEN_FLOORS[noun.floor][0]
    return _words(noun.category, noun.colour, noun.room and SPOKEN_ROOMS[noun.room][0], floor)


def spoken_words(noun: Noun, rng: np.random.Generator) -> Words:
    """Returns words as somebody might choose them: often another name for the same thing."""
    name = _choose((noun.category, *SPOKEN.get(noun.category, ()), noun.category), rng)
    colour = noun.colour and _choose((noun.colour, *SPOKEN_COLOURS.get(noun.colour, ())), rng)
    room = noun.room and _choose(SPOKEN_ROOMS[noun.room], rng)
    floor = None if noun.floor is None else _choose(SPOKEN_FLOORS[noun.floor], rng)
    return _words(name, colour, room, floor)


def _choose(options: tuple[str, ...], rng: np.random.Generator) -> str:
    return options[int(rng.integers(len(options)))]


def _words(name: str, colour: str | None, room: str | None, floor: str | None) -> Words:
    start = f"{colour} " if colour else ""
    place = (f" in the {room}" if room else "") + (f" {floor}" if floor else "")
    return Words(name=start + name, plural=start + plural_of(name), place=place)


def plural_of(name: str) -> str:
    """Returns the plural of a spoken name.

    >>> [plural_of(n) for n in ("bookshelf", "box", "tin of paint", "bench", "TV", "buffet")]
    ['bookshelves', 'boxes', 'tins of paint', 'benches', 'TVs', 'buffets']
    """
    head, of, rest = name.partition(" of ")
    if head.endswith("shelf"):
        head = head[:-1] + "ves"
    elif head.endswith(("ch", "sh", "x", "s", "ss")):
        head += "es"
    else:
        head += "s"
    return head + of + rest
