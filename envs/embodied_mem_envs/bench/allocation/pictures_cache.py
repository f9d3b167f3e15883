"""Keeps rendered walks on the disk: arrays in one file, names in another, nothing pickled."""

import io
import json
import os
from collections.abc import Callable
from dataclasses import asdict, fields
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import numpy as np

from embodied_mem.files import write_bytes
from embodied_mem.types import AnyArray
from embodied_mem_envs.allocation.recording_walk import WalkConfig
from embodied_mem_envs.allocation.streams import Streams
from embodied_mem_envs.bench.allocation.pictures_walk import (
    ARRAYS,
    HouseTruth,
    PictureWalk,
    walk_house,
)

VERSION: Final = 1
"""To be raised whenever the same seed and settings give another walk."""


def cache_folder() -> Path:
    """Returns where walks are kept."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "embodied_mem" / "picture_walks"


def cached_walk(
    seed: int,
    config: WalkConfig,
    folder: Path | None = None,
    note: Callable[[str], None] = print,
) -> PictureWalk:
    """Returns the walk through a house; renders it where it is not kept yet.

    Args:
        seed: Of the house.
        config: How it is walked.
        folder: Where walks are kept; `cache_folder()` where None.
        note: Hears what is being rendered.
    """
    settings = json.dumps([VERSION, asdict(config)], sort_keys=True)
    name = f"house-{seed}-{sha256(settings.encode()).hexdigest()[:12]}"
    folder = folder or cache_folder()
    names, arrays = folder / f"{name}.json", folder / f"{name}.npz"
    if not (names.exists() and arrays.exists()):
        note(f"pictures: rendering the walk through house {seed}; it is kept in {folder}")
        walk = walk_house(seed, config)
        # The names last: where they are, the arrays are too.
        write_bytes(arrays, _pack(walk))
        write_bytes(names, json.dumps(_names(walk)).encode())
    return _unpack(json.loads(names.read_bytes()), arrays)


def _names(walk: PictureWalk) -> dict[str, Any]:
    truth = walk.truth
    return {
        "size": walk.size,
        "categories": walk.categories,
        "ids": truth.ids,
        "true_categories": truth.categories,
        "colours": truth.colours,
        "materials": truth.materials,
    }


def _pack(walk: PictureWalk) -> bytes:
    arrays: dict[str, AnyArray] = {name: getattr(walk, name) for name in ARRAYS}
    for field in fields(Streams):
        arrays[f"stream_{field.name}"] = getattr(walk.streams, field.name)
    for name in ("low", "high", "rooms", "room_types"):
        arrays[f"truth_{name}"] = getattr(walk.truth, name)
    layers = [layer for picture in walk.layers for layer in picture]
    arrays["layer_bytes"] = np.array([len(layer) for layer in layers]).reshape(len(walk), -1)
    arrays["pixels"] = np.frombuffer(b"".join(layers), np.uint8)
    data = io.BytesIO()
    np.savez(data, allow_pickle=False, **arrays)
    return data.getvalue()


def _unpack(names: dict[str, Any], path: Path) -> PictureWalk:
    with np.load(path, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    pixels, ends = arrays["pixels"].tobytes(), np.cumsum(arrays["layer_bytes"])
    starts = np.concatenate([[0], ends[:-1]])
    shape = arrays["layer_bytes"].shape
    cut = [pixels[a:b] for a, b in zip(starts.tolist(), ends.tolist(), strict=True)]
    return PictureWalk(
        streams=Streams(**{f.name: arrays[f"stream_{f.name}"] for f in fields(Streams)}),
        layers=tuple(tuple(cut[row * shape[1] : (row + 1) * shape[1]]) for row in range(shape[0])),
        size=(names["size"][0], names["size"][1]),
        categories=tuple(names["categories"]),
        truth=HouseTruth(
            ids=tuple(names["ids"]),
            categories=tuple(names["true_categories"]),
            colours=tuple(names["colours"]),
            materials=tuple(names["materials"]),
            **{name: arrays[f"truth_{name}"] for name in ("low", "high", "rooms", "room_types")},
        ),
        **{name: arrays[name] for name in ARRAYS},
    )
