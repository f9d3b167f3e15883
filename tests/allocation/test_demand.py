import numpy as np

from embodied_mem.allocation.demand import DemandProfile, describe_question
from embodied_mem.allocation.inputs import DESCRIPTORS, SLOW
from embodied_mem.memory import Add, MemoryRecord, MemoryStore, RecordIds, Update
from stream_records import recorded

AT = {name: index for index, name in enumerate(DESCRIPTORS)}


def test_the_running_means_are_those_of_the_episodes() -> None:
    walk = recorded(3, arrivals=40, held=0.5)
    profile = DemandProfile()
    for arrival in range(40):
        assert np.allclose(profile.means, walk.episode.profile[arrival], atol=1e-6)
        profile.note(walk.descriptors[arrival], 0.5)


def test_success_is_a_mean_without_a_bias_towards_the_start() -> None:
    profile = DemandProfile()
    assert (profile.success, profile.asked) == (0.0, 0)
    outcomes = [1.0, 0.0, 0.25]
    for outcome in outcomes:
        profile.note(np.zeros(len(DESCRIPTORS)), outcome)
    weights = (1 - SLOW) ** np.array([2, 1, 0])
    assert np.isclose(profile.success, weights @ outcomes / weights.sum())
    assert (profile.asked, profile.total) == (3, 1.25)


def test_a_question_is_described_from_the_records() -> None:
    ids = RecordIds(1)
    store = MemoryStore()

    def snapshot(tick: int, *about: str) -> MemoryRecord:
        return MemoryRecord(
            id=ids.new(tick),
            kind="snapshot",
            content={"tick": tick},
            about=about,
            place="hall",
            valid_from=tick,
            recorded_at=tick,
        )

    cup = MemoryRecord(
        id=ids.new(0), kind="fact", content={"type": "object"}, about=("cup",), place="hall"
    )
    early, late = snapshot(10, "cup"), snapshot(60, "cup", "pan")
    store.apply([Add(record=each) for each in (cup, early, late)])
    change = {"place": "loft"}
    store.apply([Update(id=cup.id, tick=50, changes=change, supersede_as=ids.new(50))])
    visits = {"hall": 4, "loft": 1}
    now = describe_question(store, 100, ["cup"], [late.id], visits=visits)
    assert now.shape == (len(DESCRIPTORS),)
    assert np.isclose(now[AT["since_last"]], 0.4)
    assert now[AT["since_first"]] == 1.0
    assert (now[AT["stale"]], now[AT["moved"]], now[AT["visits"]]) == (0.0, 1.0, 0.25)
    assert (now[AT["fine"]], now[AT["keys"]], now[AT["since"]]) == (0.0, 0.25, 0.0)
    before = describe_question(store, 100, ["cup"], [early.id], fine=True, since=True)
    assert (before[AT["stale"]], before[AT["fine"]], before[AT["since"]]) == (1.0, 1.0, 1.0)
    both = describe_question(store, 100, ["cup", "pan"], [late.id], visits=visits)
    assert (both[AT["moved"]], both[AT["keys"]]) == (0.5, 0.5)
    assert np.isclose(both[AT["visits"]], (0.25 + 1.0) / 2)


def test_a_question_about_nothing_that_is_held_is_described_too() -> None:
    store = MemoryStore()
    assert not describe_question(store, 5, [], []).any()
    unknown = describe_question(store, 5, ["unicorn"], ["0" * 32])
    assert unknown[AT["keys"]] == 0.25
    assert unknown.sum() == 0.25
