"""Statistics of the columns, by which LeRobot scales what a policy sees."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from embodied_mem.errors import RecordingError
from embodied_mem.recordings.images import decode_picture
from embodied_mem.recordings.layout import FrameError
from embodied_mem.recordings.lerobot.columns import require_pyarrow
from embodied_mem.recordings.lerobot.features import Feature
from embodied_mem.types import AnyArray, Float64Array

QUANTILES = (0.01, 0.10, 0.50, 0.90, 0.99)
"""`DEFAULT_QUANTILES` in lerobot/datasets/compute_stats.py."""
_SAMPLES = 32
"""Pictures of an episode that are looked at."""
_SIDE = 150
"""Pixels to which pictures are thinned out (`auto_downsample_height_width` there)."""

Statistics = dict[str, Float64Array]
"""`min`, `max`, `mean`, `std`, `count`, `q01`, `q10`, `q50`, `q90`, `q99`."""


def episode_statistics(path: Path, features: Mapping[str, Feature]) -> dict[str, Statistics]:
    """Computes the statistics of one data file.

    Colour counts from 0 to 1 with shape (3, 1, 1), depth in millimetres with shape (1, 1, 1), as
    LeRobot has them; texts and columns without a picture have none. NaN is left out.

    Args:
        path: A whole data file.
        features: Its columns.
    """
    _, parquet = require_pyarrow()
    result: dict[str, Statistics] = {}
    with parquet.ParquetFile(path) as file:
        for key, feature in features.items():
            if feature.dtype == "image":
                pictures = _sampled(file, key)
                if pictures:
                    result[key] = _of_pictures(pictures)
            elif feature.dtype != "string":
                column = file.read(columns=[key]).column(0).combine_chunks()
                numbers = column.flatten() if feature.shape != (1,) else column
                rows = numbers.to_numpy(zero_copy_only=False).reshape(-1, feature.shape[0])
                result[key] = _of_rows(rows.astype(np.float64), count=len(rows))
    return result


def merged_statistics(episodes: Sequence[Mapping[str, Statistics]]) -> dict[str, Statistics]:
    """Merges the statistics of episodes as LeRobot does (`aggregate_feature_stats`).

    Quantiles are weighted means of those of the episodes, which is an approximation.
    """
    merged: dict[str, Statistics] = {}
    for key in dict.fromkeys(key for episode in episodes for key in episode):
        parts = [episode[key] for episode in episodes if key in episode]
        weights = np.array([part["count"][0] for part in parts], np.float64)
        shares = (weights / weights.sum()).reshape(-1, *[1] * parts[0]["mean"].ndim)

        def mean(name: str, parts: Any = parts, shares: Any = shares) -> Float64Array:
            total: Float64Array = (shares * np.stack([part[name] for part in parts])).sum(axis=0)
            return total

        centre = mean("mean")
        spread = np.stack([part["std"] ** 2 + (part["mean"] - centre) ** 2 for part in parts])
        merged[key] = {
            "min": np.min([part["min"] for part in parts], axis=0),
            "max": np.max([part["max"] for part in parts], axis=0),
            "mean": centre,
            "std": np.sqrt((shares * spread).sum(axis=0)),
            "count": np.array([weights.sum()]),
            **{name: mean(name) for name in map(_quantile_name, QUANTILES)},
        }
    return merged


def as_lists(statistics: Statistics) -> dict[str, Any]:
    """Returns the statistics of one column as plain numbers in lists; the count is whole."""
    return {
        name: value.astype(np.int64).tolist() if name == "count" else value.tolist()
        for name, value in statistics.items()
    }


def _sampled(file: Any, key: str) -> list[AnyArray]:
    """Decodes pictures from all over a file, thinned out."""
    wanted = np.unique(np.linspace(0, file.metadata.num_rows - 1, _SAMPLES).astype(int))
    pictures: list[AnyArray] = []
    first = 0
    for group in range(file.num_row_groups):
        rows = file.metadata.row_group(group).num_rows
        inside = wanted[(wanted >= first) & (wanted < first + rows)] - first
        first += rows
        if len(inside):
            column = file.read_row_group(group, columns=[key]).column(0)
            files = [column[int(row)].as_py() for row in inside]
            pictures.extend(_thinned(entry["bytes"]) for entry in files if entry)
    return pictures


def _thinned(data: bytes) -> AnyArray:
    try:
        picture = decode_picture(data, "recorded")
    except FrameError as error:
        raise RecordingError(f"a picture that was recorded cannot be read: {error}") from None
    step = max(1, max(picture.shape[:2]) // _SIDE)
    thin = picture[::step, ::step]
    return thin[..., ::-1] if thin.ndim == 3 else thin[..., None]


def _of_pictures(pictures: Sequence[AnyArray]) -> Statistics:
    pixels = np.concatenate([picture.reshape(-1, picture.shape[-1]) for picture in pictures])
    scale = 255.0 if pixels.dtype == np.uint8 else 1.0
    return _of_rows(pixels / scale, count=len(pictures), picture=True)


def _of_rows(rows: Float64Array, *, count: int, picture: bool = False) -> Statistics:
    """Returns the statistics of each column of (N, C); zeros for a column without a number."""
    columns = [column[np.isfinite(column)] for column in rows.T]
    columns = [column if len(column) else np.zeros(1) for column in columns]
    values = {
        "min": [column.min() for column in columns],
        "max": [column.max() for column in columns],
        "mean": [column.mean() for column in columns],
        "std": [column.std() for column in columns],
    }
    for quantile in QUANTILES:
        values[_quantile_name(quantile)] = [np.quantile(column, quantile) for column in columns]
    shape = (-1, 1, 1) if picture else (-1,)
    statistics = {name: np.array(value).reshape(shape) for name, value in values.items()}
    return {**statistics, "count": np.array([float(count)])}


def _quantile_name(quantile: float) -> str:
    return f"q{round(quantile * 100):02d}"
