"""Changes of a house and the truth about them."""

import pickle

import numpy as np
import pytest

from embodied_mem.errors import ConfigError, HouseError
from embodied_mem_envs.house import House, HouseConfig, Spot, generate_house, live


@pytest.fixture
def house() -> House:
    return generate_house(9, HouseConfig(rooms=6))


def test_moving_to_a_support_puts_the_object_on_its_surface(house: House) -> None:
    tick = house.tick = 17
    ids = house.instance_to_object
    mug = next(o for o in house.objects if o.category == "mug")
    target = next(o for o in house.objects if o.category in ("dining table", "coffee table"))
    moved = house.move(mug.id, target.id)
    assert house.object(mug.id) == moved
    assert moved.on == target.id and moved.room == target.room
    assert moved.base == pytest.approx(target.top, abs=0.01)
    assert house.instance_to_object == ids
    change = house.changes[-1]
    assert (change.kind, change.object_id, change.category) == ("move", mug.id, "mug")
    assert change.before == mug.truth() and change.after == moved.truth()
    assert (change.visit, change.tick) == (0, tick)


def test_what_stands_on_a_moved_object_goes_along(house: House) -> None:
    carrier = next(
        o for o in house.objects if o.category == "nightstand" and house.carried_by(o.id)
    )
    carried = house.carried_by(carrier.id)
    other = next(room for room in house.rooms if room.id != carrier.room and room.area > 8)
    after = house.move(carrier.id, other.id)
    assert after.room == other.id and after.on is None
    for thing in carried:
        now = house.object(thing.id)
        assert now.room == other.id and now.on == carrier.id
        assert after.footprint.distance(np.array(now.position[:2])) == 0.0
        assert now.base == pytest.approx(thing.base)
    assert [c.kind for c in house.changes] == ["move"] + ["carry"] * len(carried)


def test_an_exact_spot_is_taken_exactly_or_refused(house: House) -> None:
    chair = next(o for o in house.objects if o.category in ("trash can", "chair", "bucket"))
    x, y, _ = house.start
    moved = house.move(chair.id, Spot(x=x, y=y, yaw=0.3))
    assert moved.position[:2] == (x, y) and moved.yaw == 0.3
    wall = house.rooms[0].min
    with pytest.raises(HouseError, match="inside one room"):
        house.move(chair.id, Spot(x=wall[0], y=wall[1]))
    bed = next(o for o in house.objects if o.category == "bed")
    with pytest.raises(HouseError, match="cut into"):
        house.move(chair.id, Spot(x=bed.position[0], y=bed.position[1]))
    assert house.object(chair.id) == moved


def test_removing_and_adding(house: House) -> None:
    count = len(house.objects)
    book = next(o for o in house.objects if o.category == "book")
    number = {v: k for k, v in house.instance_to_object.items()}[book.id]
    assert house.remove(book.id) == book
    assert number not in house.instance_to_object and len(house.objects) == count - 1
    shelf = next(o for o in house.objects if o.category == "bed")
    new = house.add("book", shelf.id)
    assert new.id != book.id and new.on == shelf.id
    assert list(house.instance_to_object.values()).count(new.id) == 1
    assert len(house.instance_ids()) == len(house.objects) + 1
    assert [c.kind for c in house.changes] == ["remove", "add"]


def test_a_change_that_makes_no_sense_is_refused(house: House) -> None:
    carrier = next(o for o in house.objects if house.carried_by(o.id))
    with pytest.raises(HouseError, match="carries"):
        house.remove(carrier.id)
    with pytest.raises(HouseError, match="carries"):
        house.move(carrier.id, house.carried_by(carrier.id)[0].id)
    with pytest.raises(HouseError, match="no surface"):
        house.move("book-0", next(o.id for o in house.objects if o.category == "toilet paper"))
    with pytest.raises(ConfigError, match="did you mean"):
        house.move("bok-0", carrier.id)
    with pytest.raises(ConfigError, match="did you mean 'mug'"):
        house.add("mgu", carrier.id)
    assert not house.changes and house.revision == 0


@pytest.mark.parametrize("seed", range(8))
def test_life_moves_as_many_objects_as_asked_to_other_places(seed: int) -> None:
    house = generate_house(seed)
    before = {thing.id: thing for thing in house.objects}
    house.new_visit()
    changes = live(house, np.random.default_rng(seed), 5)
    moved = [change for change in changes if change.kind == "move"]
    assert len({change.object_id for change in moved}) == 5
    for change in moved:
        now = house.object(change.object_id)
        assert change.visit == 1
        assert change.after == now.truth()
        assert np.hypot(*np.subtract(now.position, before[now.id].position)[:2]) > 0.5
    still = [o for o in house.objects if o.id not in {c.object_id for c in changes}]
    assert all(before[o.id] == o for o in still)


def test_life_follows_its_seed_and_leaves_the_rooms_reachable() -> None:
    houses = [generate_house(3) for _ in range(3)]
    for house, seed in zip(houses, (1, 1, 2), strict=True):
        live(house, np.random.default_rng(seed), 8)
    assert houses[0].truth() == houses[1].truth() != houses[2].truth()
    mask, origin = houses[0].reachable_floor()
    for room in houses[0].rooms:
        low = np.floor((np.array(room.min) - origin) / 0.1).astype(int)
        high = np.ceil((np.array(room.max) - origin) / 0.1).astype(int)
        assert mask[low[1] : high[1], low[0] : high[0]].any()


def test_too_much_life_is_refused(house: House) -> None:
    with pytest.raises(HouseError, match="fewer"):
        live(house, np.random.default_rng(0), 500)


def test_a_changed_house_can_be_pickled(house: House) -> None:
    live(house, np.random.default_rng(0), 3)
    again = pickle.loads(pickle.dumps(house))
    assert again.truth() == house.truth()
    assert again.instance_to_object == house.instance_to_object
    assert again.changes == house.changes
