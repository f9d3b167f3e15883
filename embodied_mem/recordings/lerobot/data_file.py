"""One data file, written row group by row group, and under its name only once it is whole."""

import contextlib
import os
from pathlib import Path
from typing import Any, final

from embodied_mem.recordings.lerobot.columns import Frame, arrow_schema, require_pyarrow, to_table
from embodied_mem.recordings.lerobot.entries import Heading
from embodied_mem.recordings.lerobot.paths import sync_folder

_GROUP_BYTES = 8 << 20
_GROUP_ROWS = 64


@final
class DataFile:
    """Collects frames and writes them; holds one row group at a time."""

    def __init__(self, path: Path, heading: Heading, *, index: int, episode: int) -> None:
        """Begins a file beside its final name.

        Args:
            path: Where it will lie.
            heading: What holds for all frames.
            index: Position of its first row in the recording.
            episode: Number of its episode.

        Raises:
            OSError: If it cannot be written.
        """
        _, parquet = require_pyarrow()
        self.path = path
        self.rows = 0
        """Frames taken in."""
        self.nbytes = 0
        """Bytes of their pictures."""
        self._heading = heading
        self._index = index
        self._episode = episode
        self._pending: list[Frame] = []
        self._pending_bytes = 0
        path.parent.mkdir(parents=True, exist_ok=True)
        self._part = path.with_name(f"{path.name}.part")
        self._file = self._part.open("wb")
        schema = arrow_schema(heading)
        self._writer: Any = parquet.ParquetWriter(
            self._file,
            schema,
            compression="none",  # the pictures are packed already, and the rest is small
            use_dictionary=False,
            write_statistics=["episode_index", "frame_index", "index", "task_index", "tick"],
        )

    def append(self, frame: Frame) -> None:
        """Takes in one frame, whose commands may still be added to until the next one.

        Raises:
            OSError: If the disk is full.
        """
        if self._pending_bytes >= _GROUP_BYTES or len(self._pending) >= _GROUP_ROWS:
            self._flush()
        self._pending.append(frame)
        self._pending_bytes += frame.nbytes
        self.nbytes += frame.nbytes
        self.rows += 1

    def finish(self) -> None:
        """Writes what is left; the file then lies whole under its name, on the disk.

        Raises:
            OSError: If the disk is full.
        """
        self._flush()
        self._writer.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._part.replace(self.path)
        sync_folder(self.path.parent)

    def abandon(self) -> None:
        """Leaves nothing of a file that is not finished; the journal still has everything."""
        if self._file.closed:
            return
        with contextlib.suppress(OSError):  # on a full disk closing it need not succeed
            self._writer.close()
        self._file.close()
        self._part.unlink(missing_ok=True)

    def _flush(self) -> None:
        if not self._pending:
            return
        first = self.rows - len(self._pending)
        table = to_table(
            self._heading,
            self._pending,
            first=first,
            index=self._index + first,
            episode=self._episode,
        )
        self._writer.write_table(table)
        self._file.flush()
        os.fdatasync(self._file.fileno())
        self._pending, self._pending_bytes = [], 0
