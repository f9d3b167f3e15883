"""Numbers that no column can hold are refused at the border, by ADD and by import alike."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from embodied_mem.errors import MemoryFileError, StoreError
from embodied_mem.memory import Add, MemoryRecord, MemoryStore
from embodied_mem.memory.record import Statistics
from embodied_mem.memory.storage.exchange import Parcel
from embodied_mem.memory.storage.rows import decode_body, encode
from mutations import frame_bodies, sealed
from small_store import fill

NAN = float("nan")
HOSTILE: list[dict[str, Any]] = [
    {"version": 2**31},
    {"version": -1},
    {"losses": (1e300,), "payload": (b"x",)},
    {"losses": (NAN,), "payload": (b"x",)},
    {"losses": (-1.0,), "payload": (b"x",)},
    {"pose": (1e300, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0)},
    {"visibility": "everybody"},
    *(
        {"statistics": Statistics(**use)}
        for use in (
            {"reads": 2**31},
            {"citations": -1},
            {"last_read": 2**64 - 1},
            {"last_read": -1},
        )
    ),
]


@pytest.mark.parametrize("fields", HOSTILE, ids=str)
def test_an_add_is_refused(tmp_path: Path, fields: dict[str, Any]) -> None:
    with MemoryStore(tmp_path / "store") as store:
        with pytest.raises(StoreError):
            store.apply([Add(record=MemoryRecord(id="0" * 32, kind="fact", **fields))])
        assert len(store) == 0
    with MemoryStore(tmp_path / "store") as store:
        assert store.verify().ok


@pytest.mark.parametrize("fields", HOSTILE, ids=str)
def test_an_import_is_refused(tmp_path: Path, fields: dict[str, Any]) -> None:
    fields = {name: value for name, value in fields.items() if name != "payload"}
    if "statistics" in fields:
        use = fields["statistics"]
        fields = {"statistics": (use.reads, use.citations, use.last_read)}
    with MemoryStore() as store:
        fill(store, rounds=1)
        store.export(tmp_path / "good")
    header, *bodies = frame_bodies((tmp_path / "good").read_bytes())
    parcel = msgspec.msgpack.decode(bodies[0], type=Parcel)
    body = encode(msgspec.structs.replace(decode_body(parcel.body), **fields))
    bodies[0] = encode(msgspec.structs.replace(parcel, body=body))
    (tmp_path / "bad").write_bytes(sealed([header, *bodies]))
    with MemoryStore() as store:
        with pytest.raises(MemoryFileError):
            store.import_(tmp_path / "bad")
        assert len(store) == 0
