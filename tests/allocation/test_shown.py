import numpy as np
import pytest

from embodied_mem.allocation.groups import group_of, room_index
from embodied_mem.allocation.inputs import ROOMS
from embodied_mem.allocation.shown import MOST_THINGS, projection, shown_in
from embodied_mem.allocation.things import NEVER, Things
from embodied_mem.memory.record import MemoryRecord

ID = "a" * 32


def record(**fields: object) -> MemoryRecord:
    return MemoryRecord(**{"id": ID, "kind": "snapshot", **fields})  # type: ignore[arg-type]


def test_a_picture_shows_what_it_has_boxes_of_best_view_first() -> None:
    names = [f"thing-{n}" for n in range(10)]
    content = {
        "boxes": {name: [0, 0, 1, 1] for name in names},
        "quality": {name: n / 10 for n, name in enumerate(names)},
        "categories": {"thing-9": "mug"},
        "positions": {"thing-9": [1, 2.0, 3], "thing-8": "there", "thing-7": [1, 2]},
        "room": "kitchen",
    }
    payload = (b"a" * 5, b"b" * 7, b"c" * 100)
    shown = shown_in(record(content=content, about=names[:1], payload=payload), payload=True)
    assert shown.things == tuple(names[:1:-1])
    assert len(shown.things) == MOST_THINGS
    assert shown.quality == pytest.approx(np.mean(np.arange(2, 10) / 10))
    assert shown.groups == {"thing-9": group_of("mug")}
    assert shown.positions == {"thing-9": (1.0, 2.0, 3.0)}
    assert shown.room == room_index("kitchen") != ROOMS - 1
    assert shown.coarse_bytes == 12


@pytest.mark.parametrize(
    "content",
    [{}, {"boxes": 3}, {"boxes": [], "quality": {"a": "good"}}, {"room": 4, "positions": None}],
)
def test_content_of_any_form_is_taken(content: dict[str, object]) -> None:
    shown = shown_in(record(content=content, about=("a", "b")), payload=False)
    assert shown.things == ("a", "b")
    assert shown.quality == 0.5
    assert shown.room is None
    assert np.isnan(shown.coarse_bytes)


def test_embeddings_are_projected_alike_and_keep_about_their_cosines() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 44)).astype("<f4")
    c = (a + 0.2 * b).astype("<f4")
    near, far = [
        shown_in(record(embedding=each.tobytes()), payload=True).vector
        @ shown_in(record(embedding=a.tobytes()), payload=True).vector
        for each in (c, b)
    ]
    assert near > 0.9 > far
    assert projection(44) is projection(44)
    assert not shown_in(record(), payload=True).vector.any()


def test_a_thing_that_is_seen_elsewhere_has_a_new_key() -> None:
    things = Things()
    sights = [(10, [0, 0, 0]), (20, [0.3, 0, 0]), (30, [2, 0, 0]), (40, [2, 0, 0])]
    for number, (tick, position) in enumerate(sights):
        content = {"boxes": {"cup": [0, 0, 1, 1]}, "positions": {"cup": position}}
        shown = shown_in(record(content=content), payload=False)
        things.note_sight(shown, things.codes(shown.things), tick, number)
    codes = things.codes(["cup"])
    assert things.since[0] == 30
    assert things.keys(codes, np.array(29))[0] == 0
    assert things.keys(codes, np.array(30))[0] == 1
    assert (things.keys(codes, np.array(30))[1:] == -1).all()
    assert things.first[0].tolist() == [0, 2]
    assert things.last[0].tolist() == [1, 3]
    assert things.moved[0]


def test_facts_say_since_when_a_thing_is_there() -> None:
    things = Things()
    things.note_fact("cup", 7, None)
    assert things.since[things.code("cup")] == NEVER
    things.note_fact("cup", 7, 50)
    things.note_fact("cup", 7, 40)  # an older version, met later
    assert things.since[things.code("cup")] == 50
    assert things.group[things.code("cup")] == 7
    for number in range(200):
        things.code(f"thing-{number}")
    assert things.since[0] == 50
    assert not things.moved[1:].any()
