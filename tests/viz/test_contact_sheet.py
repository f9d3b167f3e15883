import base64
from pathlib import Path

import cv2
import msgspec
import numpy as np
import pytest

from embodied_mem.errors import MemoryFileError
from embodied_mem.memory import Add, MemoryStore, Update
from embodied_mem.memory.codec.pictures import progressive_picture
from embodied_mem.memory.facts import SnapshotFact, active
from embodied_mem.viz.boxes import draw_boxes
from embodied_mem.viz.contact_sheet import PER_PAGE, contact_sheet
from embodied_mem.viz.palette import mark
from embodied_mem.viz.reading import read_view
from embodied_mem.viz.report import memory_page


def read(path: Path) -> np.ndarray:
    picture = cv2.imread(str(path))
    assert picture is not None
    return picture[..., ::-1]


def crowd(memory: MemoryStore, copies: int) -> MemoryStore:
    """A memory of many snapshots, alike but for the tick."""
    record, fact = next(active(memory, SnapshotFact))
    store = MemoryStore()
    facts = [msgspec.structs.replace(fact, tick=i) for i in range(copies)]
    records = [
        msgspec.structs.replace(record, id=f"{i:032x}", content=msgspec.to_builtins(each))
        for i, each in enumerate(facts)
    ]
    store.apply([Add(record=each) for each in records])
    return store


def test_every_snapshot_has_a_cell_and_the_sheet_is_near_square(
    sample_memory: MemoryStore, tmp_path: Path
) -> None:
    paths = contact_sheet(sample_memory, tmp_path / "sub" / "snapshots.png")
    assert paths == [tmp_path / "sub" / "snapshots.png"]
    height, width, _ = read(paths[0]).shape
    assert 0.5 < width / height < 2
    assert max(width, height) <= 3400


def test_many_snapshots_go_to_pages_of_equal_size(
    sample_memory: MemoryStore, tmp_path: Path
) -> None:
    paths = contact_sheet(crowd(sample_memory, 2 * PER_PAGE), tmp_path / "s.png")
    assert [path.name for path in paths] == ["s.png", "s-2.png"]
    assert read(paths[0]).shape == read(paths[1]).shape
    assert max(read(paths[0]).shape) <= 3400


def test_a_memory_without_snapshots_says_so(tmp_path: Path) -> None:
    (path,) = contact_sheet(MemoryStore(), tmp_path / "s.png")
    assert read(path).max() > 200


def test_a_snapshot_whose_picture_was_dropped_still_has_a_cell(
    sample_memory: MemoryStore, tmp_path: Path
) -> None:
    store = crowd(sample_memory, 2)
    store.apply([Update(id=f"{1:032x}", tick=0, changes={"payload": ()})])
    (path,) = contact_sheet(store, tmp_path / "s.png")
    (full,) = contact_sheet(crowd(sample_memory, 2), tmp_path / "full.png")
    assert read(path).shape == read(full).shape


def test_a_picture_of_which_layers_were_given_up_is_shown_coarser(
    sample_memory: MemoryStore, tmp_path: Path
) -> None:
    store = crowd(sample_memory, 1)
    entry = read_view(store).snapshots[0]
    full = entry.picture()
    assert full is not None
    picture = progressive_picture(full, quality=90)
    changes = {"payload": picture.layers, "losses": picture.losses}
    store.apply([Update(id=entry.record.id, tick=0, changes=changes)])
    contact_sheet(store, tmp_path / "full.png")
    store.apply([Update(id=entry.record.id, tick=1, changes={"level": 2})])
    coarse = read_view(store).snapshots[0]
    assert len(coarse.encoded) < 0.6 * len(b"".join(picture.layers))
    contact_sheet(store, tmp_path / "coarse.png")
    before, after = read(tmp_path / "full.png"), read(tmp_path / "coarse.png")
    assert before.shape == after.shape
    assert 0.1 < np.abs(before.astype(int) - after).mean() < 12
    memory_page(tmp_path / "page.html", store)
    assert base64.b64encode(coarse.encoded).decode() in (tmp_path / "page.html").read_text()


def test_a_payload_that_is_no_picture_is_named(sample_memory: MemoryStore, tmp_path: Path) -> None:
    store = crowd(sample_memory, 1)
    store.apply([Update(id=f"{0:032x}", tick=0, changes={"payload": (b"nonsense",)})])
    with pytest.raises(MemoryFileError, match=f"snapshot 1 .{0:032x}. holds 8 bytes"):
        contact_sheet(store, tmp_path / "s.png")


def test_strong_boxes_keep_their_colour_at_any_scale_and_the_rest_is_thin() -> None:
    picture = np.full((240, 320, 3), 90, np.uint8)
    boxes = {"a": (40, 80, 200, 200), "b": (220, 20, 300, 120)}
    for scale in (0.5, 1.0, 3.0):
        drawn = draw_boxes(picture, boxes, strong=["a"], labels={"a": "red mug"}, scale=scale)
        assert drawn.shape == (240 * scale, 320 * scale, 3)
        left = drawn[round(140 * scale), round(40 * scale)]
        assert np.abs(left.astype(int) - mark(0)).max() < 40
        other = drawn[round(70 * scale), round(300 * scale)].astype(int)
        assert other.min() > 120 and np.ptp(other) < 10
    assert (picture == 90).all()
