"""What is left of the pictures when a store shrinks: part of `bench store`.

Snapshots of simulated houses go into a store on disk, which then shrinks step by step. At each step
every picture is read back, decoded and described anew, and its object is recognised by the nearest
descriptor of other, untouched views. All shares are of the bytes that the store takes on the disk.
"""

import tempfile
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np

from embodied_mem.errors import BudgetError, StoreError
from embodied_mem.memory.codec.pictures import decode_picture, progressive_picture
from embodied_mem.memory.record import Add, MemoryRecord, RecordIds
from embodied_mem.memory.store import MemoryStore
from embodied_mem.types import BoolArray, Float32Array, Float64Array, UInt8Array
from embodied_mem_envs.bench.store.views import View, views

Note = Callable[[str], None]

TARGETS: Final = (70, 50, 30, 20, 15)
_QUALITY: Final = 85
"""As perception encodes its snapshots."""
_BATCH: Final = 20
_COLOURS: Final = 20
"""The first entries of a descriptor: they come from the picture alone, the others from depth."""


def bench_fidelity(*, quick: bool, note: Note = print) -> dict[str, float]:
    """Measures everything and returns metrics by name."""
    count, others = (100, 40) if quick else (600, 300)
    found = list(views(count + others))
    turn = (count + others) / others
    aside = {int(position) for position in np.arange(0, len(found), turn)}
    known = [found[position] for position in sorted(aside)]
    held = [view for position, view in enumerate(found) if position not in aside]
    note(f"fidelity: {len(held)} snapshots, {len(known)} other views to recognise them by")
    with tempfile.TemporaryDirectory() as folder, MemoryStore(Path(folder) / "memory") as store:
        ids = fill(store, held)
        return _shrink_all(store, ids, held, _Recogniser(known), note)


def fill(store: MemoryStore, held: Sequence[View]) -> list[str]:
    """Stores a record for each view; returns their ids."""
    make = RecordIds(seed=1)
    ids = []
    for start in range(0, len(held), _BATCH):
        batch = []
        for tick, view in enumerate(held[start : start + _BATCH], start):
            coded = progressive_picture(view.picture, _QUALITY)
            position = view.frame.observation.T_world_camera[:3, 3].tolist()
            batch.append(
                MemoryRecord(
                    id=make.new(tick),
                    kind="snapshot",
                    content={"category": view.category, "tick": tick},
                    pose=(*position, 1.0, 0.0, 0.0, 0.0),
                    valid_from=tick,
                    recorded_at=tick,
                    embedding=view.descriptor(view.picture).astype("<f4").tobytes(),
                    space="colour-shape",
                    payload=coded.layers,
                    losses=coded.losses,
                )
            )
        store.apply([Add(record=record) for record in batch])
        ids += [record.id for record in batch]
    return ids


class _Recogniser:
    """Names what is seen by the nearest of known descriptors."""

    def __init__(self, known: Sequence[View]) -> None:
        self._names = np.array([view.category for view in known])
        self._descriptors = np.stack([view.descriptor(view.picture) for view in known])

    def right(
        self, descriptors: Float32Array, held: Sequence[View], entries: int | None = None
    ) -> BoolArray:
        """Tells for which views the right category ranks first, by some entries or all."""
        known, asked = _unit(self._descriptors[:, :entries]), _unit(descriptors[:, :entries])
        nearest = (asked @ known.T).argmax(axis=1)
        names = np.array([view.category for view in held])
        hits: BoolArray = self._names[nearest] == names
        return hits


def _shrink_all(
    store: MemoryStore,
    ids: Sequence[str],
    held: Sequence[View],
    recogniser: _Recogniser,
    note: Note,
) -> dict[str, float]:
    store.compact()
    whole = store.disk_bytes
    full = _read(store, ids, held)
    hits = recogniser.right(full.descriptors, held)
    hits_by_colour = recogniser.right(full.descriptors, held, _COLOURS)
    note(f"fidelity: {whole} bytes, {full.psnr.mean():.1f} dB, {hits.mean():.1%} named right")
    metrics = {
        "fidelity_snapshots": float(len(held)),
        "fidelity_psnr_full": float(full.psnr.mean()),
        "fidelity_hits_full": float(hits.mean()),
        "fidelity_colour_hits_full": float(hits_by_colour.mean()),
    }
    losses, spent, short = [_loss(store)], [], []
    for target in TARGETS:
        goal = whole * target // 100
        start = time.process_time()
        try:
            store.shrink(goal)
        except BudgetError as error:  # a store so small that its fixed part is the larger one
            note(f"fidelity: {target} % was not reached: {error}")
        spent.append(1e6 * (time.process_time() - start) / len(held))
        short.append(1.0 - store.disk_bytes / goal)
        losses.append(_loss(store))
        now = _read(store, ids, held)
        kept = _share(recogniser.right(now.descriptors, held), hits)
        by_colour = recogniser.right(now.descriptors, held, _COLOURS)
        dropping = _dropping(full.sizes, hits, target / 100)
        metrics |= {
            f"shrink_readable_at_{target}": kept if now.decoded.all() else 0.0,
            f"shrink_colour_readable_at_{target}": _share(by_colour, hits_by_colour),
            f"shrink_psnr_at_{target}": float(now.psnr.mean()),
            f"shrink_loss_at_{target}": losses[-1],
            f"shrink_below_at_{target}": short[-1],
            f"dropping_readable_at_{target}": dropping,
        }
        note(
            f"fidelity: {target} %, {short[-1]:.2%} below, {spent[-1]:.0f} ms per 1000, "
            f"{now.psnr.mean():.1f} dB, {kept:.1%} of the hits kept, by colour alone "
            f"{_share(by_colour, hits_by_colour):.1%} (dropping whole ones: {dropping:.1%})"
        )
    return metrics | {
        "shrink_ms_per_1000": float(np.median(spent)),
        "shrink_ms_per_1000_max": max(spent),
        "shrink_below_least": min(short),
        "shrink_below_most": max(short),
        "shrink_error_falls": float(sum(after < before for before, after in pairwise(losses))),
    }


def _unit(rows: Float32Array) -> Float32Array:
    unit: Float32Array = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return unit


class _Reading:
    """Every picture of the store as it is now."""

    def __init__(self, count: int, dimension: int) -> None:
        self.descriptors: Float32Array = np.zeros((count, dimension), np.float32)
        self.psnr: Float64Array = np.zeros(count)
        self.decoded: BoolArray = np.zeros(count, bool)
        self.sizes: Float64Array = np.zeros(count)


def _read(store: MemoryStore, ids: Sequence[str], held: Sequence[View]) -> _Reading:
    reading = _Reading(len(held), dimension=44)
    for row, (record_id, view) in enumerate(zip(ids, held, strict=True)):
        record = store.get(record_id)
        reading.sizes[row] = record.nbytes
        try:
            picture = decode_picture(record.payload)
        except StoreError:
            continue
        reading.decoded[row] = picture.shape == view.picture.shape
        reading.descriptors[row] = view.descriptor(picture)
        reading.psnr[row] = _psnr(picture, view.picture)
    return reading


def _psnr(picture: UInt8Array, original: UInt8Array) -> float:
    error = np.square(picture.astype(np.float32) - original).mean(dtype=np.float64)
    return float(10 * np.log10(255**2 / max(error, 1e-9)))


def _loss(store: MemoryStore) -> float:
    """Returns the mean error of the pictures as the store itself holds it."""
    columns = store.columns
    return float(columns.loss[columns.slots()].mean(dtype=np.float64))


def _share(now: BoolArray, before: BoolArray) -> float:
    return float((now & before).sum() / before.sum())


def _dropping(sizes: Float64Array, hits: BoolArray, share: float) -> float:
    """Returns the share of the hits among the newest pictures that fit into so many bytes."""
    kept = np.cumsum(sizes[::-1]) <= share * sizes.sum()
    return float(hits[::-1][kept].sum() / hits.sum())
