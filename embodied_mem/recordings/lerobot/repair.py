"""Makes a recording whole that ended in a crash."""

from pathlib import Path

from embodied_mem.errors import RecordingError
from embodied_mem.recordings.lerobot.columns import Frame, require_pyarrow
from embodied_mem.recordings.lerobot.damage import reading
from embodied_mem.recordings.lerobot.data_file import DataFile
from embodied_mem.recordings.lerobot.entries import VERSION, Done, Heading, Seen
from embodied_mem.recordings.lerobot.information import OurInformation, read_information
from embodied_mem.recordings.lerobot.journal import read_journal, require_released
from embodied_mem.recordings.lerobot.metadata import complete_metadata
from embodied_mem.recordings.lerobot.paths import JOURNALS, data_file, journal_file


def is_unfinished(folder: Path, ours: OurInformation) -> bool:
    """Tells whether a recording of ours was not closed."""
    return not ours.complete or (folder / JOURNALS).is_dir()


def repair_recording(folder: Path | str) -> int:
    """Writes what a crash left in the journal into the data files, and the metadata.

    Returns:
        How many frames the recording holds; all that the journal had taken.

    Raises:
        RecordingError: If it is no recording of ours, is still being written, holds no frame, or
            cannot be written to.
        MissingExtraError: If the extra `record` is not installed.
    """
    require_pyarrow()
    folder = Path(folder)
    ours = read_information(folder).embodied_mem
    if ours is None:
        raise RecordingError(f"{folder} was not recorded by embodied_mem; it cannot be repaired")
    with reading(folder):
        return _repaired(folder, ours)


def _repaired(folder: Path, ours: OurInformation) -> int:
    number = rows = 0
    journals = sorted((folder / JOURNALS).glob("*.log"))
    for journal in journals:
        require_released(journal)
    while (path := data_file(folder, number)).is_file() or journal_file(folder, number).is_file():
        if not path.is_file():
            data = DataFile(path, ours.heading, index=rows, episode=number)
            _copy(journal_file(folder, number), data)
        if not path.is_file():
            break  # the crash came before the first frame of this file
        _, parquet = require_pyarrow()
        rows += parquet.read_metadata(path).num_rows
        number += 1
    if rows == 0:
        raise RecordingError(f"{folder} ended before its first frame; there is nothing to repair")
    complete_metadata(folder, ours.heading, ours.file_bytes)
    for journal in journals:
        journal.unlink()
    if (folder / JOURNALS).is_dir():
        (folder / JOURNALS).rmdir()
    return rows


def _copy(journal: Path, data: DataFile) -> None:
    """Writes a data file from its journal; none where the journal holds no frame."""
    newest: Frame | None = None
    try:
        for entry in read_journal(journal):
            if isinstance(entry, Seen):
                newest = Frame(entry)
                data.append(newest)
            elif isinstance(entry, Done) and newest is not None:
                newest.commands.append(entry)
            elif isinstance(entry, Heading) and entry.version != VERSION:
                raise RecordingError(f"{journal} is of version {entry.version}, not {VERSION}")
        if newest is not None:
            data.finish()
    finally:
        data.abandon()
