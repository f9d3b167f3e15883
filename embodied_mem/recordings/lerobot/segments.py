"""Journals and data files of a recording, one after the other, so that a crash finds all again."""

from pathlib import Path
from types import TracebackType
from typing import Self, final

from embodied_mem.recordings.lerobot.columns import Frame
from embodied_mem.recordings.lerobot.data_file import DataFile
from embodied_mem.recordings.lerobot.entries import Done, Heading, Seen
from embodied_mem.recordings.lerobot.journal import Journal
from embodied_mem.recordings.lerobot.metadata import complete_metadata, write_info
from embodied_mem.recordings.lerobot.paths import JOURNALS, data_file, journal_file


@final
class Segments:
    """Where the entries of a recording go.

    A journal is removed once its data file lies whole under its name; the lock of the newest one
    is held until all metadata lies there too.
    """

    def __init__(self, folder: Path, heading: Heading, file_bytes: int) -> None:
        """Use `begin`."""
        self.frames = 0
        """Observations so far."""
        self._folder = folder
        self._heading = heading
        self._file_bytes = file_bytes
        self._number = 0
        self._newest: Frame | None = None
        self._journal, self._data = self._open(0)

    @classmethod
    def begin(cls, folder: Path, heading: Heading, file_bytes: int) -> Self:
        """Begins a recording in a folder.

        Raises:
            OSError: If it cannot be written.
        """
        write_info(folder, heading, (), complete=False, file_bytes=file_bytes)
        (folder / JOURNALS).mkdir()
        return cls(folder, heading, file_bytes)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Lets go of the files; what is not complete is left to `repair_recording`."""
        if error is not None:
            self._data.abandon()
        self._journal.close()

    def append(self, entry: Seen | Done) -> None:
        """Takes in an observation, or a command after the newest one.

        Raises:
            OSError: If the disk is full.
        """
        if isinstance(entry, Seen):
            if self._data.nbytes >= self._file_bytes:
                self._turn()
            self._journal.append(entry)
            self._newest = Frame(entry)
            self._data.append(self._newest)
            self.frames += 1
        elif self._newest is not None:
            self._journal.append(entry)
            self._newest.commands.append(entry)

    def sync(self) -> None:
        """Returns when all entries lie on the disk."""
        self._journal.sync()

    def complete(self) -> None:
        """Ends the recording.

        Raises:
            OSError: If the disk is full.
        """
        self._data.finish()
        complete_metadata(self._folder, self._heading, self._file_bytes)
        self._journal.remove()
        (self._folder / JOURNALS).rmdir()

    def _turn(self) -> None:
        """Goes on in the next data file."""
        self._data.finish()
        old, self._number = self._journal, self._number + 1
        self._journal, self._data = self._open(self._number)
        old.remove()

    def _open(self, number: int) -> tuple[Journal, DataFile]:
        journal = Journal(journal_file(self._folder, number))
        journal.append(self._heading)
        path = data_file(self._folder, number)
        data = DataFile(path, self._heading, index=self.frames, episode=number)
        return journal, data
