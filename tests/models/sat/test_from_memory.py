"""Episodes of a memory are read by the transformer as the views hold them."""

import numpy as np
import pytest
import torch

from embodied_mem.errors import ConfigError
from embodied_mem.memory import Add, MemoryRecord, MemoryStore
from embodied_mem.memory.episodic import Episodes, StoredVectors, View
from embodied_mem.models.sat.config import SATConfig
from embodied_mem.models.sat.encoders import VectorEncoder
from embodied_mem.models.sat.from_memory import Query, from_views
from embodied_mem.models.sat.model import SpatiallyAwareTransformer

STAYS = (("hall", 3), ("kitchen", 4), ("hall", 2), ("bath", 1))


def memory_of(stays: tuple[tuple[str, int], ...], *, posed: bool = True) -> MemoryStore:
    store, tick = MemoryStore(), 0
    for place, length in stays:
        for _ in range(length):
            vector = np.array([tick % 3, len(place), 1.0], "<f4")
            record = MemoryRecord(
                id=f"{tick:032x}",
                kind="event",
                content={"text": str(tick)},
                place=place,
                pose=(float(len(place)), tick / 10, 0.0, 1.0, 0.0, 0.0, 0.0) if posed else None,
                valid_from=10 * tick,
                embedding=vector.tobytes(),
                space="t",
            )
            store.apply([Add(record=record)])
            tick += 1
    return store


def view_of(stays: tuple[tuple[str, int], ...], by: str, *, posed: bool = True) -> View:
    episodes = Episodes(store=memory_of(stays, posed=posed), vectors=StoredVectors("t", 3))
    return View(episodes=episodes, by=by)  # type: ignore[arg-type]


def ask(place: str | None, tick: int = 200, *, posed: bool = False) -> Query:
    shown = np.array([[1.0, 4.0, 1.0], [0.0, 0.0, 1.0]], np.float32)
    position = (1.0, 2.0, 0.0) if posed else None
    return Query(vectors=shown, time=np.array([tick, tick + 1]), place=place, position=position)


def test_entries_and_queries_are_what_views_and_questions_hold() -> None:
    views = [view_of(STAYS, "place"), view_of(STAYS[:2], "stay")]
    batch = from_views(views, [[ask("kitchen"), ask("attic")], [ask("hall"), ask(None)]])
    assert batch.sizes == (2, 10, 2, 2)
    assert batch.entry_pose is None and batch.query_pose is None
    for row, view in enumerate(views):
        arrays = view.arrays()
        count = len(arrays.entry_time)
        held = batch.entry_held[row]
        assert held.tolist() == [True] * count + [False] * (10 - count)
        assert batch.entry_time[row, held].tolist() == arrays.entry_time.tolist()
        assert batch.entry_place[row, held].tolist() == arrays.entry_place.tolist()
        assert set(batch.entry_place[row, ~held].tolist()) <= {-1}
        shown = batch.frames[batch.entry_frame[row, held]]
        assert shown.tolist() == arrays.vectors.tolist()
    assert batch.entry_time[0].tolist() == [0, 10, 20, 70, 80, 30, 40, 50, 60, 90]
    assert batch.query_place[:, :, 0].tolist() == [[1, -1], [0, -1]]
    assert batch.query_time[0, 0].tolist() == [200, 201]
    assert batch.frames[batch.query_frame[1, 1]].tolist() == [[1.0, 4.0, 1.0], [0.0, 0.0, 1.0]]
    assert len(batch.frames) == len(np.unique(batch.frames.numpy(), axis=0)) < 10


@pytest.mark.parametrize("read", ["flat", "time", "place", "stay"])
@pytest.mark.parametrize("place", ["sine", "pose"])
def test_the_transformer_reads_a_memory_the_same_in_any_view(read: str, place: str) -> None:
    torch.manual_seed(0)
    config = SATConfig(
        width=16,
        layers=1,
        heads=2,
        hidden=16,
        chunk=4,
        read=read,  # type: ignore[arg-type]
        place=place,  # type: ignore[arg-type]
        pose_size=3,
    )
    model = SpatiallyAwareTransformer(config, VectorEncoder(size=3, width=16)).eval()
    asked = [[ask("kitchen", posed=True)]]
    answers = [model(from_views([view_of(STAYS, by)], asked)) for by in ("time", "place", "stay")]
    assert answers[0].shape == (1, 1, 2, 16)
    for other in answers[1:]:
        assert torch.allclose(answers[0], other, atol=1e-5)
    fewer = model(from_views([view_of(STAYS[:3], "time")], asked))
    later = model(from_views([view_of((("hall", 1), *STAYS), "time")], asked))
    assert not torch.allclose(fewer, answers[0]) or not torch.allclose(later, answers[0])


@pytest.mark.parametrize("read", ["flat", "place"])
def test_a_memory_without_entries_can_be_asked(read: str) -> None:
    config = SATConfig(width=16, heads=2, hidden=16, layers=1, read=read)  # type: ignore[arg-type]
    model = SpatiallyAwareTransformer(config, VectorEncoder(size=3, width=16))
    batch = from_views([view_of((), "place")], [[ask("hall", posed=True)]])
    assert batch.sizes == (1, 1, 1, 2) and not batch.entry_held.any()
    beside = from_views([view_of((), "place"), view_of(STAYS, "place")], [[ask("hall")]] * 2)
    torch.testing.assert_close(model(batch)[0], model(beside)[0])


def test_what_does_not_fit_is_refused() -> None:
    view = view_of(STAYS, "place")
    flat = Query(vectors=np.ones(3, np.float32), time=np.array([1]))
    short = Query(vectors=np.ones((2, 2), np.float32), time=np.array([1, 2]))
    timeless = Query(vectors=np.ones((2, 3), np.float32), time=np.array([1]))
    unposed = view_of(STAYS, "place", posed=False)
    wrong: list[tuple[list[View], list[list[Query]]]] = [
        ([], []),
        ([view], [[ask(None)], [ask(None)]]),
        ([view, view], [[ask(None)], [ask(None), ask(None)]]),
        ([view], [[flat]]),
        ([view], [[short]]),
        ([view], [[timeless]]),
        ([view], [[ask(None), ask(None, posed=True)]]),
        ([unposed], [[ask(None, posed=True)]]),
    ]
    for views, queries in wrong:
        with pytest.raises(ConfigError):
            from_views(views, queries)
