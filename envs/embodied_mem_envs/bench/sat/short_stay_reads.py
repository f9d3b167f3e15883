"""What a reader read of a walk: how many steps of the dance that was asked for, and where."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from torch import Tensor

from embodied_mem.models.sat.attention import Attention
from embodied_mem.models.sat.reader import Reader
from embodied_mem.types import BoolArray, Float64Array, UInt8Array
from embodied_mem_envs.room_ballet.motions import STEPS, TICKS
from embodied_mem_envs.room_ballet.short_stay import Walks, phases_by
from embodied_mem_envs.room_ballet.walk_lessons import WalkLessons

_ZOOM: Final = 10
_WIDTH: Final = TICKS * _ZOOM
_READ: Final = (150, 90, 30)
_IN_REACH: Final = (90, 90, 90)
_ROOM: Final = (90, 200, 255)
_LETTERS: Final = 24


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Trace:
    """What a reader read to answer about each room of some walks."""

    read: str
    phases: float
    """Mean number of the 16 steps of the room's dance that are among what was read."""
    fraction: float
    """Share of the attention scores of a flat read of all entries that was computed."""
    weight: float
    """Mean share of the attention weight that lies on entries of the room asked for."""
    ticks: BoolArray
    """(L,) which ticks of one walk were read for one room."""
    weights: Float64Array
    """(L,) with which weight."""
    there: BoolArray
    """(L,) which of them were spent in that room."""


def trace(read: str, reader: Reader, lessons: WalkLessons, walks: Walks) -> Trace:
    """Looks at what is read for each room of some walks.

    Args:
        read: What it is called.
        reader: Trained.
        lessons: Of the walks' size.
        walks: B of them, with L steps and R rooms.
    """
    memories = lessons.of(walks).memories
    attention = reader.transformer.attention(memories)
    time = memories.entry_time.numpy()
    count, steps, rooms = len(walks), walks.stay.steps, walks.stay.rooms
    ticks = np.zeros((count, rooms, steps), np.bool_)
    weights = np.zeros((count, rooms, steps))
    rows = np.arange(count)[:, None, None], np.arange(rooms)[:, None]
    ticks[(*rows, time[:, None, :])] = _read(attention, memories.entry_held)
    mean = sum(each[:, :, :, 0].mean(dim=1) for each in attention.weights)
    assert isinstance(mean, Tensor)
    weights[(*rows, time[:, None, :])] = mean.numpy() / len(attention.weights)
    there = walks.room[:, None, :] == np.arange(rooms)[:, None]
    seen = [phases_by(walks, ticks[:, room])[1][:, room] for room in range(rooms)]
    compared = attention.flat / memories.entry_held.sum().item() * steps * count
    return Trace(
        read=read,
        phases=float(np.mean(seen)),
        fraction=attention.computed / compared,
        weight=float((weights * there).sum(axis=2).mean()),
        ticks=ticks[0, rooms // 2],
        weights=weights[0, rooms // 2],
        there=there[0, rooms // 2],
    )


def _read(attention: Attention, held: Tensor) -> BoolArray:
    """Returns (B, Q, N) which entries a query's only token was compared with."""
    queries = attention.weights[0].shape[2]
    if attention.chunks is None:
        return np.broadcast_to(held.numpy()[:, None], (len(held), queries, held.shape[1]))
    read = np.zeros((len(held), queries, held.shape[1]), np.bool_)
    entry, filled = attention.chunks.entry.numpy(), attention.chunks.filled.numpy()
    for chosen in attention.chosen:
        row, query, _ = np.indices(chosen[:, :, 0].shape)
        number = chosen[:, :, 0].numpy()
        inside = filled[row, number]
        read[
            np.broadcast_to(row[..., None], inside.shape)[inside],
            np.broadcast_to(query[..., None], inside.shape)[inside],
            entry[row, number][inside],
        ] = True
    return read


def draw_reads(path: Path, traces: Sequence[Trace]) -> None:
    """Draws what each reader read of one walk, to answer about one room.

    A cell is a tick, a row one turn of the clock of 32 ticks: on the right of the line the dancer
    dances, on the left it stands still. Blue was read, brighter with more weight; a yellow edge is
    the room that was asked for.
    """
    cv2.imwrite(str(path), np.concatenate([_panel(each) for each in traces], axis=1))


def _panel(trace: Trace) -> UInt8Array:
    share = trace.weights / max(trace.weights.max(), 1e-9)
    shade = np.where(trace.ticks, 0.35 + 0.65 * np.sqrt(share), 0.0)[:, None]
    cells = np.where(trace.ticks[:, None], np.array(_READ) * shade * 1.6, np.array(_IN_REACH) / 3)
    cells = np.clip(cells, 0, 255).astype(np.uint8).reshape(-1, TICKS, 3)
    picture = cells.repeat(_ZOOM, axis=0).repeat(_ZOOM, axis=1)
    for tick in np.flatnonzero(trace.there):
        row, column = np.divmod(tick, TICKS)
        corner = (int(column * _ZOOM), int(row * _ZOOM))
        cv2.rectangle(picture, corner, (corner[0] + _ZOOM - 2, corner[1] + _ZOOM - 2), _ROOM, 1)
    cv2.line(picture, (STEPS * _ZOOM, 0), (STEPS * _ZOOM, len(picture)), (255, 255, 255), 1)
    title = np.zeros((_LETTERS, _WIDTH, 3), np.uint8)
    text = f"{trace.read}: {trace.phases:.1f} of 16 phases"
    cv2.putText(title, text, (6, 17), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (255, 255, 255), 1)
    panel = np.concatenate((title, picture), axis=0)
    return np.pad(panel, ((0, 0), (0, 8), (0, 0)))
