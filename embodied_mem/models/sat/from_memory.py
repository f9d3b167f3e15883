"""Episodes of real memories as what the transformer reads."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
import torch
from torch import Tensor

from embodied_mem.errors import ConfigError
from embodied_mem.memory.episodic import EpisodicArrays, View
from embodied_mem.models.sat.batch import EpisodicBatch
from embodied_mem.types import Float32Array, Int64Array


@final
@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Query:
    """One question to a memory, of T tokens."""

    vectors: Float32Array
    """(T, D) what is shown with it, in the space of the view's vectors."""
    time: Int64Array
    """(T,) when it is asked, ticks."""
    place: str | None = None
    """Id of the place that it is about; None where that is asked for, or unknown."""
    position: tuple[float, float, float] | None = None
    """Where it is asked, metres, world frame."""


def from_views(views: Sequence[View], queries: Sequence[Sequence[Query]]) -> EpisodicBatch:
    """Makes one batch of B memories, the entries in the order of each view's chunks.

    A frame that is held or shown several times is in the batch once.

    Args:
        views: B, with vectors of one dimension (`Episodes.vectors`).
        queries: Q for each of the views, all of T tokens; all of them with a position, or none.

    Raises:
        ConfigError: If the numbers do not fit each other, or queries have positions and entries
            have not.
    """
    arrays = [view.arrays() for view in views]
    _check(arrays, queries)
    # A memory without entries has a slot that holds nothing.
    most = max(1, *(len(each.entry_time) for each in arrays))
    shown = [each.vectors for each in arrays]
    shown += [query.vectors for asked in queries for query in asked]
    frames, number = np.unique(np.concatenate(shown), axis=0, return_inverse=True)
    held = sum(len(each.entry_time) for each in arrays)
    ends = np.cumsum([len(each.entry_time) for each in arrays])[:-1]
    posed = queries[0][0].position is not None
    tokens = (len(queries), len(queries[0]), len(queries[0][0].time))
    places = [
        [_number(each, q) for q in asked] for each, asked in zip(arrays, queries, strict=True)
    ]
    positions = [[q.position for q in asked] for asked in queries]
    return EpisodicBatch(
        frames=torch.from_numpy(np.ascontiguousarray(frames, np.float32)),
        entry_frame=_padded(np.split(number.ravel()[:held].astype(np.int64), ends), most, 0),
        entry_time=_padded([each.entry_time for each in arrays], most, 0),
        entry_place=_padded([each.entry_place for each in arrays], most, -1),
        entry_held=_padded([each.entry_held for each in arrays], most, 0),
        entry_pose=(
            _padded([each.entry_pose for each in arrays if each.entry_pose is not None], most, 0)
            if posed
            else None
        ),
        query_frame=torch.from_numpy(number.ravel()[held:].astype(np.int64).reshape(tokens)),
        query_time=torch.from_numpy(
            np.array([[query.time for query in asked] for asked in queries], np.int64)
        ),
        query_place=torch.tensor(places, dtype=torch.int64)[..., None].expand(tokens).clone(),
        query_pose=(
            torch.tensor(positions, dtype=torch.float32)[:, :, None].expand(*tokens, 3).clone()
            if posed
            else None
        ),
    )


def _check(arrays: Sequence[EpisodicArrays], queries: Sequence[Sequence[Query]]) -> None:
    if not arrays or len(arrays) != len(queries) or not queries[0]:
        raise ConfigError(
            f"{len(arrays)} views and questions to {len(queries)}; expected as many, and not none"
        )
    asked = [query for each in queries for query in each]
    shapes = {query.vectors.shape for query in asked}
    if len({len(each) for each in queries}) > 1 or [len(shape) for shape in shapes] != [2]:
        raise ConfigError("expected as many queries to each view, all with vectors of one (T, D)")
    (tokens, dimension) = shapes.pop()
    if any(query.time.shape != (tokens,) for query in asked):
        raise ConfigError(f"expected a time for each of the {tokens} tokens of a query")
    wrong = {each.vectors.shape[1] for each in arrays} - {dimension}
    if wrong:
        raise ConfigError(
            f"views have vectors of {sorted(wrong)} numbers and queries of {dimension}; "
            "give `Episodes` the source of `vectors` that the queries come from"
        )
    posed = {query.position is not None for query in asked}
    if len(posed) > 1 or (posed == {True} and any(each.entry_pose is None for each in arrays)):
        raise ConfigError("expected a position with all queries and all entries, or with no query")


def _number(arrays: EpisodicArrays, query: Query) -> int:
    """Returns the number of the place asked about; -1 where nothing of the view lies there."""
    return arrays.places.index(query.place) if query.place in arrays.places else -1


def _padded(rows: Sequence[np.ndarray], most: int, empty: int) -> Tensor:
    """Stacks arrays of different lengths, (B, most, ...)."""
    full = np.full((len(rows), most, *rows[0].shape[1:]), empty, rows[0].dtype)
    for row, values in zip(full, rows, strict=True):
        row[: len(values)] = values
    return torch.from_numpy(full)
