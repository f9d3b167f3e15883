"""Every kind of thing and of room has its place among the few that allocators tell apart."""

import pytest

from embodied_mem.allocation.groups import GROUP_NAMES, OTHER, group_of, room_index
from embodied_mem.allocation.inputs import GROUPS, ROOMS
from embodied_mem.scene.room_types import UNKNOWN_ROOM, room_types
from embodied_mem_envs.house.catalogue import catalogue


def test_there_is_a_name_for_each_group() -> None:
    assert len(set(GROUP_NAMES)) == GROUPS
    assert GROUP_NAMES[OTHER] == "other"


@pytest.mark.parametrize(
    ("category", "group"),
    [
        ("sofa", "seating"),
        ("office chair", "seating"),
        ("dining table", "tables"),
        ("desk", "tables"),
        ("nightstand", "storage"),
        ("bathroom cabinet", "storage"),
        ("bed", "textiles"),
        ("towel", "textiles"),
        ("refrigerator", "appliances"),
        ("kettle", "appliances"),
        ("mug", "kitchenware"),
        ("toilet", "sanitary"),
        ("soap dispenser", "sanitary"),
        ("floor lamp", "lighting"),
        ("alarm clock", "electronics"),
        ("potted plant", "decoration"),
        ("vase", "decoration"),
        ("shoe", "belongings"),
        ("book", "belongings"),
        ("wristwatch", "belongings"),
        ("broom", "other"),
        ("toolbox", "other"),
    ],
)
def test_things_are_where_one_would_look_for_them(category: str, group: str) -> None:
    assert GROUP_NAMES[group_of(category)] == group


def test_what_common_sense_does_not_know_is_other() -> None:
    assert group_of("thingamajig") == OTHER
    assert group_of("") == OTHER


def test_every_group_has_a_category_of_the_house_and_few_are_other() -> None:
    groups = [group_of(category) for category in catalogue().categories]
    assert set(groups) == set(range(GROUPS))
    assert max(groups.count(group) for group in range(GROUPS)) <= len(groups) / 4


def test_common_rooms_are_told_apart_and_the_rest_is_one() -> None:
    indices = [room_index(name) for name in room_types()]
    assert indices == [min(index, ROOMS - 1) for index in range(len(indices))]
    assert len(indices) > ROOMS
    assert room_index(UNKNOWN_ROOM) == room_index("no such room") == ROOMS - 1
