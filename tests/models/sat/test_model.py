"""What the transformer's answer depends on, and what it does not."""

from dataclasses import replace

import pytest
import torch

from embodied_mem.errors import ConfigError
from embodied_mem.models.sat.config import PLACE_EMBEDDINGS, READS, TIME_EMBEDDINGS, Read
from embodied_mem.models.sat.encoders import VectorEncoder
from embodied_mem.models.sat.model import SpatiallyAwareTransformer
from embodied_mem.models.sat.published import published_config
from sat_batches import small_batch, small_model, with_entries

_each_read = pytest.mark.parametrize("read", READS)


@_each_read
@pytest.mark.parametrize("place", PLACE_EMBEDDINGS)
def test_the_order_of_slots_changes_nothing(read: Read, place: str) -> None:
    model, batch = small_model(read=read, place=place), small_batch()
    order = torch.randperm(batch.sizes[1], generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(model(with_entries(batch, order)), model(batch))


@_each_read
def test_what_is_not_held_changes_nothing(read: Read) -> None:
    model, batch = small_model(read=read), small_batch()
    other, empty = small_batch(seed=9), ~batch.entry_held
    assert empty.any()
    names = ("entry_frame", "entry_time", "entry_place")
    changed = {
        name: torch.where(empty, getattr(other, name), getattr(batch, name)) for name in names
    }
    assert torch.equal(model(replace(batch, **changed)), model(batch))


@_each_read
def test_each_query_is_answered_as_if_it_were_alone(read: Read) -> None:
    model, batch = small_model(read=read), small_batch(queries=3)
    names = ("query_frame", "query_time", "query_place", "query_pose")
    alone = replace(batch, **{name: getattr(batch, name)[:, 1:2] for name in names})
    torch.testing.assert_close(model(batch)[:, 1:2], model(alone))


@_each_read
def test_an_empty_memory_is_answered_from_the_query_alone(read: Read) -> None:
    model, batch = small_model(read=read), small_batch()
    held = batch.entry_held.clone()
    held[0] = False
    emptied = replace(batch, entry_held=held)
    other = replace(emptied, entry_frame=emptied.entry_frame.flip(1))
    answers = model(emptied)
    answers.sum().backward()
    assert torch.equal(answers[0], model(other)[0])
    torch.testing.assert_close(answers[1], model(batch)[1])
    assert all(p.grad is None or bool(p.grad.isfinite().all()) for p in model.parameters())
    weights = model.attention(emptied).weights
    assert all(float(each[0].abs().sum()) == 0.0 for each in weights)


@_each_read
@pytest.mark.parametrize("time", TIME_EMBEDDINGS)
def test_time_counts_where_it_is_told(read: Read, time: str) -> None:
    model, batch = small_model(read=read, time=time), small_batch()
    # All entries are as long later, so that the chunks stay those that they were.
    later = replace(batch, entry_time=batch.entry_time + 5)
    assert torch.allclose(model(batch), model(later), atol=1e-6) == (time == "none")


def test_a_relative_pose_is_all_that_counts_of_a_pose() -> None:
    model, batch = small_model(place="pose"), small_batch()
    assert batch.entry_pose is not None
    assert batch.query_pose is not None
    shift = torch.tensor([3.0, -7.5])
    moved = replace(batch, entry_pose=batch.entry_pose + shift, query_pose=batch.query_pose + shift)
    torch.testing.assert_close(model(moved), model(batch), rtol=1e-4, atol=1e-4)
    elsewhere = replace(batch, entry_pose=batch.entry_pose + shift)
    assert not torch.allclose(model(elsewhere), model(batch), atol=1e-3)


def test_tokens_of_a_query_are_told_apart() -> None:
    model, batch = small_model(), small_batch()
    names = ("query_frame", "query_time", "query_place")
    alike = {name: getattr(batch, name)[..., :1].expand(-1, -1, 2) for name in names}
    answers = model(replace(batch, **alike))
    assert not torch.allclose(answers[:, :, 0], answers[:, :, 1], atol=1e-3)


@_each_read
def test_attention_is_what_was_read(read: Read) -> None:
    model, batch = small_model(read=read), small_batch()
    told = model.attention(batch)
    held = batch.entry_held[:, None, None, None].expand_as(told.weights[0])
    for weights in told.weights:
        torch.testing.assert_close(weights.sum(dim=-1), torch.ones(weights.shape[:-1]))
        assert float(weights[~held].abs().max()) == 0.0
    if told.chunks is None:
        assert told.computed == model.config.layers * batch.entry_frame.numel() * 4
        return
    size, top, count = model.config.chunk, model.config.top, told.chunks.entry.shape[1]
    assert told.computed == model.config.layers * 2 * 4 * (count + size * top)
    for weights, chosen in zip(told.weights, told.chosen, strict=True):
        read_entries = set(weights[1, :, 0, 1].sum(dim=0).nonzero()[:, 0].tolist())
        of_chunks = told.chunks.entry[1][chosen[1, 0, 1]][told.chunks.filled[1][chosen[1, 0, 1]]]
        assert read_entries == set(of_chunks.tolist())


@_each_read
def test_a_single_chunk_is_read_like_a_flat_memory(read: Read) -> None:
    batch = replace(small_batch(), entry_place=torch.zeros(2, 13, dtype=torch.int64))
    flat, chunked = small_model(read="flat", chunk=13), small_model(read=read, chunk=13)
    torch.testing.assert_close(chunked(batch), flat(batch))


def test_a_picture_finds_itself_before_anything_was_learned() -> None:
    model, batch = small_model(read="flat", layers=1, width=64), small_batch(tokens=1, held=1.1)
    weights = model.attention(batch).weights[0].mean(dim=1)[:, :, 0]
    same = batch.entry_frame[:, None] == batch.query_frame
    assert float(weights[same].mean()) > 2 * float(weights[~same].mean())


def test_an_attuned_model_finds_frames_better_and_has_no_other_weights() -> None:
    model, batch = small_model(read="flat", layers=1, width=64), small_batch(tokens=1, held=1.1)
    # All frames share something, as pictures of rooms share the walls.
    batch = replace(batch, frames=batch.frames + 6)
    same = batch.entry_frame[:, None] == batch.query_frame

    def found() -> float:
        weights = model.attention(batch).weights[0].mean(dim=1)[:, :, 0]
        return float((weights * same).sum(dim=-1).mean())

    before, names = found(), set(model.state_dict())
    model.attune(batch)
    assert found() > before + 0.1
    assert set(model.state_dict()) == names
    with pytest.raises(ConfigError, match="only the default form"):
        SpatiallyAwareTransformer(published_config(), VectorEncoder(size=6)).attune(batch)


def test_places_beyond_the_table_and_missing_poses_are_told() -> None:
    batch = small_batch(places=20, entries=60)
    with pytest.raises(ConfigError, match="a vector for 8 places only"):
        small_model(place="learned")(batch)
    without = replace(batch, entry_pose=None, query_pose=None)
    with pytest.raises(ConfigError, match="needs poses of 2 numbers"):
        small_model(place="pose")(without)


def test_a_batch_that_does_not_fit_together_is_refused() -> None:
    batch = small_batch()
    assert batch.entry_pose is not None
    for wrong, words in (
        ({"entry_frame": batch.entry_frame + len(batch.frames)}, "entry_frame is"),
        ({"query_frame": batch.query_frame - len(batch.frames)}, "query_frame is"),
        ({"entry_time": batch.entry_time.float()}, "expected .* torch.int64"),
        ({"entry_held": batch.entry_held.long()}, "expected .* torch.bool"),
        ({"entry_place": batch.entry_place[:, :-1]}, "entry_place is"),
        ({"entry_pose": batch.entry_pose[:, :-1]}, "a pose is"),
        ({"entry_pose": None}, "come together"),
        ({"entry_frame": batch.entry_frame[:, :0]}, "one slot at least"),
    ):
        with pytest.raises(ConfigError, match=words):
            replace(batch, **wrong)
