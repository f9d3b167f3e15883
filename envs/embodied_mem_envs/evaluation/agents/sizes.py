"""Other ways to weigh a memory of pictures, beside what its folder takes."""

from pathlib import Path

import msgspec

from embodied_mem_envs.evaluation.suites.suite import EpisodeRecord

_FILE = "sizes.json"


class Sizes(msgspec.Struct, frozen=True, kw_only=True):
    """What pictures take, by two other counts."""

    raw_frame_bytes: float
    """All pictures that are kept, uncompressed as the original holds them."""
    snapshot_bytes: float
    """Only the pictures that are shown to a model, as files."""


def note_sizes(folder: Path, sizes: Sizes) -> None:
    """Writes them beside the memory, not into it."""
    (folder / _FILE).write_bytes(msgspec.json.encode(sizes))


def with_sizes(record: EpisodeRecord, folder: Path) -> EpisodeRecord:
    """Returns a record with the sizes that its agent noted, if it noted any."""
    file = folder / _FILE
    if not file.exists():
        return record
    sizes = msgspec.json.decode(file.read_bytes(), type=Sizes)
    values = {**record.values, **msgspec.structs.asdict(sizes)}
    return msgspec.structs.replace(record, values=values)
