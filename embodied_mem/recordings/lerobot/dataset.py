"""A LeRobotDataset v3.0 on disk: its rows, one row group in memory at a time."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any, final

from embodied_mem.errors import RecordingError
from embodied_mem.recordings.lerobot.columns import require_pyarrow
from embodied_mem.recordings.lerobot.damage import reading
from embodied_mem.recordings.lerobot.information import Information, read_information
from embodied_mem.recordings.lerobot.repair import is_unfinished, repair_recording

_NAME = re.compile(r"chunk-(\d+)/file-(\d+)\.parquet")


@dataclass(frozen=True, slots=True)
class _Group:
    """One row group of one file."""

    path: Path
    number: int
    rows: int


@final
class Dataset:
    """The rows of all data files in order.

    The files are those that lie under `data`, as LeRobot itself finds them; where `info.json`
    says that they would lie elsewhere is not followed.
    """

    def __init__(self, folder: Path, columns: Sequence[str]) -> None:
        """Looks at the files; a recording of ours that ended in a crash is repaired first.

        Args:
            folder: The dataset.
            columns: Keys that are read; each must be there.

        Raises:
            RecordingError: If it is none, cannot be read, or lacks one of the columns.
            MissingExtraError: If the extra `record` is not installed.
        """
        require_pyarrow()
        self.information = opened(folder)
        self.folder = folder
        self._columns = tuple(columns)
        self._groups: list[_Group] = []
        for path in _data_files(folder):
            self._groups.extend(self._groups_of(path))
        ends = list(accumulate(group.rows for group in self._groups))
        self._starts = [0, *ends]
        if not ends or ends[-1] == 0:
            raise RecordingError(f"{folder} holds no frame")
        self._cached: tuple[int, Any] | None = None

    def __len__(self) -> int:
        return self._starts[-1]

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        for index in range(len(self)):
            yield self.row(index)

    def row(self, index: int) -> Mapping[str, Any]:
        """Returns the values of one row by their keys.

        Raises:
            RecordingError: If the file is damaged.
        """
        position = bisect_right(self._starts, index) - 1
        if self._cached is None or self._cached[0] != position:
            group = self._groups[position]
            with reading(group.path), _opened(group.path) as file:
                table = file.read_row_group(group.number, columns=list(self._columns))
            self._cached = position, table
        with reading(self._groups[position].path):
            at = index - self._starts[position]
            table = self._cached[1]
            return {key: table.column(key)[at].as_py() for key in self._columns}

    def column(self, key: str) -> list[Any]:
        """Returns the values of all rows of one small column.

        Raises:
            RecordingError: If a file is damaged.
        """
        values: list[Any] = []
        for path in dict.fromkeys(group.path for group in self._groups):
            with reading(path), _opened(path) as file:
                values.extend(file.read(columns=[key]).column(key).to_pylist())
        return values

    def _groups_of(self, path: Path) -> list[_Group]:
        with reading(path), _opened(path) as file:
            missing = [key for key in self._columns if key not in file.schema_arrow.names]
            if missing:
                raise RecordingError(f"{path} has no column {', '.join(missing)}")
            counts = [file.metadata.row_group(k).num_rows for k in range(file.num_row_groups)]
        return [_Group(path, number, rows) for number, rows in enumerate(counts) if rows > 0]


def opened(folder: Path) -> Information:
    """Reads what a dataset is, and repairs one of ours that ended in a crash.

    Raises:
        RecordingError: If it is none, is still being recorded, or cannot be repaired.
    """
    information = read_information(folder)
    ours = information.embodied_mem
    if ours is not None and is_unfinished(folder, ours):
        repair_recording(folder)
        information = read_information(folder)
    return information


def _opened(path: Path) -> Any:
    _, parquet = require_pyarrow()
    return parquet.ParquetFile(path)


def _data_files(folder: Path) -> list[Path]:
    found: dict[tuple[int, int], Path] = {}
    for path in (folder / "data").glob("chunk-*/file-*.parquet"):
        match = _NAME.fullmatch(path.relative_to(folder / "data").as_posix())
        if match:
            found[int(match[1]), int(match[2])] = path
    return [found[key] for key in sorted(found)]
