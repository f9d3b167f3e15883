"""The files under `meta/` of LeRobotDataset v3.0, made from the data files that lie whole."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from embodied_mem.recordings.lerobot.columns import require_pyarrow
from embodied_mem.recordings.lerobot.entries import Heading
from embodied_mem.recordings.lerobot.features import features_of, frames_per_second
from embodied_mem.recordings.lerobot.paths import (
    CHUNKS_SIZE,
    DATA_PATH,
    EPISODES,
    INFO,
    STATS,
    TASKS,
    data_file,
    sync_folder,
    write_json,
)
from embodied_mem.recordings.lerobot.statistics import (
    Statistics,
    as_lists,
    episode_statistics,
    merged_statistics,
)

CODEBASE_VERSION = "v3.0"


def write_info(
    folder: Path, heading: Heading, lengths: Sequence[int], *, complete: bool, file_bytes: int
) -> None:
    """Writes `meta/info.json`.

    Args:
        folder: The recording.
        heading: What holds for all frames; kept under a key of its own.
        lengths: Frames of each episode.
        complete: Whether all else lies there.
        file_bytes: Size at which a data file is ended.
    """
    info = {
        "codebase_version": CODEBASE_VERSION,
        "robot_type": heading.robot,
        "total_episodes": len(lengths),
        "total_frames": sum(lengths),
        "total_tasks": 1,
        "chunks_size": CHUNKS_SIZE,
        "data_files_size_in_mb": max(1, file_bytes >> 20),
        "video_files_size_in_mb": 200,
        "fps": frames_per_second(heading),
        "splits": {"train": f"0:{len(lengths)}"},
        "data_path": DATA_PATH,
        "video_path": None,
        "features": {key: feature.described() for key, feature in features_of(heading).items()},
        "embodied_mem": {
            "complete": complete,
            "file_bytes": file_bytes,
            "heading": msgspec.to_builtins(heading, str_keys=True),
        },
    }
    write_json(folder / INFO, info)


def complete_metadata(folder: Path, heading: Heading, file_bytes: int) -> int:
    """Writes all of `meta/` from the data files; each is one episode. Returns the frames.

    LeRobot's own tools look for an episode in one file only, so that a recording which is longer
    than a file goes on in the next episode.
    """
    lengths: list[int] = []
    statistics: list[dict[str, Statistics]] = []
    _, parquet = require_pyarrow()
    while (path := data_file(folder, len(lengths))).is_file():
        statistics.append(episode_statistics(path, features_of(heading)))
        lengths.append(parquet.read_metadata(path).num_rows)
    merged = merged_statistics(statistics)
    write_json(folder / STATS, {key: as_lists(value) for key, value in merged.items()})
    _write_tasks(folder, heading.task)
    _write_episodes(folder, heading.task, lengths, statistics)
    write_info(folder, heading, lengths, complete=True, file_bytes=file_bytes)
    return sum(lengths)


def _write_tasks(folder: Path, task: str) -> None:
    """Writes `meta/tasks.parquet`, whose index LeRobot reads with pandas."""
    pa, _ = require_pyarrow()
    table = pa.table({"task_index": pa.array([0], pa.int64()), "__index_level_0__": [task]})
    pandas = {
        "index_columns": ["__index_level_0__"],
        "column_indexes": [],
        "columns": [
            _pandas_column("task_index", "task_index", "int64"),
            _pandas_column(None, "__index_level_0__", "unicode"),
        ],
        "creator": {"library": "pyarrow", "version": pa.__version__},
        "pandas_version": "2.0.0",
    }
    _write_table(folder / TASKS, table, {b"pandas": msgspec.json.encode(pandas)})


def _pandas_column(name: str | None, field: str, kind: str) -> dict[str, Any]:
    return {
        "name": name,
        "field_name": field,
        "pandas_type": kind,
        "numpy_type": "object" if kind == "unicode" else kind,
        "metadata": None,
    }


def _write_episodes(
    folder: Path,
    task: str,
    lengths: Sequence[int],
    statistics: Sequence[Mapping[str, Statistics]],
) -> None:
    """Writes `meta/episodes`, a row each (`_save_episode_metadata` in lerobot_dataset.py)."""
    pa, _ = require_pyarrow()
    rows: list[dict[str, Any]] = []
    start = 0
    for number, (length, of_columns) in enumerate(zip(lengths, statistics, strict=True)):
        chunk, file = divmod(number, CHUNKS_SIZE)
        row: dict[str, Any] = {
            "episode_index": number,
            "tasks": [task],
            "length": length,
            "data/chunk_index": chunk,
            "data/file_index": file,
            "dataset_from_index": start,
            "dataset_to_index": start + length,
            "meta/episodes/chunk_index": 0,
            "meta/episodes/file_index": 0,
        }
        for key, values in of_columns.items():
            for name, value in as_lists(values).items():
                row[f"stats/{key}/{name}"] = value
        rows.append(row)
        start += length
    _write_table(folder / EPISODES, pa.Table.from_pylist(rows), {})


def _write_table(path: Path, table: Any, metadata: Mapping[bytes, bytes]) -> None:
    _, parquet = require_pyarrow()
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    parquet.write_table(table.replace_schema_metadata(dict(metadata)), part)
    part.replace(path)
    sync_folder(path.parent)
