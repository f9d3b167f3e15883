"""Common sense about things, rooms and colours."""

import json

import pytest

from embodied_mem.assets import asset_path
from embodied_mem.brain.language import load_vocabulary
from embodied_mem.brain.language.lexicon import FORMS, Tag

ASSET = json.loads(asset_path("commonsense.json").read_text())
HOUSE = """
refrigerator, stove, kitchen counter, sink, microwave, kettle, toaster, pot, plate, bowl, mug,
bottle, trash can, dishwasher, fruit basket, sofa, armchair, coffee table, television, tv stand,
bookshelf, floor lamp, cushion, vase, potted plant, speaker, picture frame, book, bed, nightstand,
wardrobe, dresser, pillow, alarm clock, table lamp, teddy bear, toilet, bathtub, washbasin, towel,
soap dispenser, toilet paper, bathroom cabinet, laundry basket, desk, office chair, monitor,
keyboard, laptop, printer, filing cabinet, desk lamp, globe, backpack, dining table, chair, candle,
sideboard, shoe rack, coat stand, umbrella stand, console table, shoe, bench, washing machine,
dryer, ironing board, detergent bottle, bucket, storage shelf, cardboard box, toolbox, ladder,
suitcase, vacuum cleaner, paint can, broom
"""
CATEGORIES = [" ".join(name.split()) for name in HOUSE.split(",")]


def test_the_asset_is_sound() -> None:
    things, rooms = ASSET["things"], ASSET["room_types"]
    assert set(CATEGORIES) <= set(things)
    assert len(things) - len(CATEGORIES) >= 150
    assert sum(room["prior"] for room in rooms.values()) == pytest.approx(1.0)
    owners: dict[str, str] = {}
    for name, thing in things.items():
        assert set(thing["groups"]) <= set(ASSET["groups"]), name
        assert set(thing["rooms"]) <= set(rooms), name
        if "structure" not in thing["groups"]:
            assert sum(thing["rooms"].values()) == pytest.approx(1.0, abs=0.01), name
        for word in (name, *thing["synonyms"]):
            assert owners.setdefault(word, name) == name, word


def test_question_words_have_tags() -> None:
    words = json.loads(asset_path("question_words.json").read_text())
    phrases = [p for by_value in words.values() for group in by_value.values() for p in group]
    assert len(phrases) == len(set(phrases)) == len(FORMS)
    assert {name.upper() for name in words} <= {tag.name for tag in Tag}


@pytest.mark.parametrize("category", CATEGORIES)
def test_names_plurals_and_synonyms_mean_their_category(category: str) -> None:
    vocabulary = load_vocabulary()
    thing = vocabulary.knowledge.things[category]
    for word in (category, thing.plural, *thing.synonyms):
        reading = vocabulary.resolve(word)
        assert reading.categories == (category,), word
        assert reading.how in ("name", "synonym")


@pytest.mark.parametrize(
    ("phrase", "category"),
    [
        ("couch", "sofa"),
        ("fridge", "refrigerator"),
        ("telly", "television"),
        ("cups", "mug"),
        ("the bin", "trash can"),
        ("garbage can", "trash can"),
        ("big leather couch", "sofa"),
        ("book shelves", "bookshelf"),
        ("chests of drawers", "dresser"),
    ],
)
def test_resolves(phrase: str, category: str) -> None:
    assert load_vocabulary().resolve(phrase).categories == (category,)


def test_groups_hold_several_categories() -> None:
    vocabulary = load_vocabulary()
    assert {"sofa", "armchair", "chair", "bench"} <= set(vocabulary.resolve("seats").categories)
    assert {"floor lamp", "desk lamp"} <= set(vocabulary.resolve("lamp").categories)
    assert {"coffee table", "dining table"} <= set(vocabulary.resolve("table").categories)
    assert vocabulary.resolve("chair").categories == ("chair",)


@pytest.mark.parametrize(
    ("slip", "meant"),
    [("mgu", "mug"), ("tabel", "table"), ("sofaa", "sofa"), ("refridgerator", "refrigerator")],
)
def test_near_misses_suggest(slip: str, meant: str) -> None:
    reading = load_vocabulary().resolve(slip)
    assert reading.how == "spelling"
    assert reading.suggestions[0] == meant


def test_unknown_words_stay_unknown() -> None:
    reading = load_vocabulary().resolve("flurbles")
    assert (reading.how, reading.categories, reading.label) == ("unknown", (), "flurble")


def test_a_known_thing_is_never_a_spelling_of_another() -> None:
    for name in load_vocabulary().knowledge.things:
        assert load_vocabulary().resolve(name).how == "name"
