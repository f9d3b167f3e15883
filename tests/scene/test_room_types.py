"""What kind of room it is, from the things in it."""

import math

import pytest

from embodied_mem.scene.room_types import room_category, room_posterior, room_types

TELLING = {
    "kitchen": ("refrigerator", "stove", "kitchen counter", "microwave", "kettle", "dishwasher"),
    "living room": ("sofa", "coffee table", "television", "tv stand", "armchair"),
    "bedroom": ("bed", "nightstand", "wardrobe", "dresser"),
    "bathroom": ("toilet", "bathtub", "washbasin", "bathroom cabinet"),
    "office": ("desk", "office chair", "monitor", "printer", "filing cabinet"),
    "dining room": ("dining table", "chair", "sideboard"),
    "hallway": ("shoe rack", "coat stand", "umbrella stand", "console table", "bench"),
    "laundry": ("washing machine", "dryer", "ironing board", "detergent bottle"),
    "storage": ("storage shelf", "toolbox", "ladder", "paint can", "cardboard box"),
}


@pytest.mark.parametrize("room", sorted(TELLING))
def test_each_telling_thing_names_its_room(room: str) -> None:
    assert room in room_types()
    for category in TELLING[room]:
        assert room_category({category: 1.0})[0] == room, category


@pytest.mark.parametrize(
    ("weights", "room"),
    [
        ({"toilet": 0.4, "stove": 1.0, "kettle": 0.9, "sink": 1.0}, "kitchen"),
        ({"dining table": 1.0, "chair": 6.0, "vase": 1.0}, "dining room"),
        ({"bed": 1.0, "desk": 1.0, "office chair": 1.0, "bookshelf": 1.0}, "bedroom"),
        ({"washing machine": 1.0, "laundry basket": 1.0, "bucket": 1.0}, "laundry"),
        ({"picture frame": 1.0, "shoe": 4.0, "bench": 1.0}, "hallway"),
        ({"towel": 2.0, "laundry basket": 1.0, "soap dispenser": 1.0}, "bathroom"),
        ({}, "room"),
        ({"object": 9.0, "flurble": 3.0}, "room"),
        ({"book": 1.0}, "room"),
        ({"sofa": 0.0, "bed": -1.0, "stove": math.nan}, "room"),
    ],
)
def test_rooms_by_all_their_things(weights: dict[str, float], room: str) -> None:
    assert room_category(weights)[0] == room


def test_posteriors_are_probabilities() -> None:
    posterior = room_posterior({"bed": 1.0, "lamp": 1.0, "book": 20.0})
    assert sum(posterior.values()) == pytest.approx(1.0)
    assert room_category({"bed": 1.0})[1] == max(room_posterior({"bed": 1.0}).values())


def test_one_wrong_label_does_not_retype_a_furnished_room() -> None:
    bedroom = {"bed": 1.0, "nightstand": 2.0, "wardrobe": 1.0}
    for category in ("toilet", "stove", "sofa", "washing machine", "shoe rack"):
        assert room_category({**bedroom, category: 1.0})[0] == "bedroom", category


def test_the_order_of_things_does_not_matter() -> None:
    forward = {"bed": 1.0, "desk": 0.5, "chair": 2.0}
    backward = dict(reversed(forward.items()))
    assert room_posterior(forward) == room_posterior(backward)
