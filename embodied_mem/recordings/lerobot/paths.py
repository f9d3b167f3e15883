"""Where the parts of a recording lie, and how they get there whole."""

import json
import os
from pathlib import Path
from typing import Any

DATA_PATH = "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet"
"""LeRobotDataset v3.0 (`DEFAULT_DATA_PATH` in lerobot/datasets/utils.py)."""
CHUNKS_SIZE = 1000
"""Files a folder, as `DEFAULT_CHUNK_SIZE` there."""
INFO = Path("meta/info.json")
STATS = Path("meta/stats.json")
TASKS = Path("meta/tasks.parquet")
EPISODES = Path("meta/episodes/chunk-000/file-000.parquet")
JOURNALS = Path("journal")
EVENTS = Path("events.jsonl")
"""What the safety gate did; LeRobot does not look at it."""


def data_file(folder: Path, number: int) -> Path:
    """Returns where the data file of a number lies, counted from 0."""
    chunk, file = divmod(number, CHUNKS_SIZE)
    return folder / DATA_PATH.format(chunk_index=chunk, file_index=file)


def journal_file(folder: Path, number: int) -> Path:
    """Returns where the journal of a data file lies."""
    return folder / JOURNALS / f"{number:06d}.log"


def write_json(path: Path, content: Any) -> None:
    """Writes a file whole or not at all, on the disk when it returns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    with part.open("w", encoding="utf-8") as file:
        json.dump(content, file, indent=2, ensure_ascii=False)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Returns when the names in a folder lie on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
