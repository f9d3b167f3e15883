"""`ingest` on a real recording: every frame is read and the large objects are found and shown."""

import json
from pathlib import Path

import numpy as np
import pytest

import kitchen_objects
from embodied_mem.cli import main
from embodied_mem.memory import Filter, MemoryStore
from embodied_mem.memory.facts import ObjectFact, SnapshotFact, active

needs_sample = pytest.mark.skipif(
    kitchen_objects.missing_reason() is not None, reason=str(kitchen_objects.missing_reason())
)


@pytest.fixture(scope="module")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ingest")
    recording = str(kitchen_objects.sample_folder())
    out, figures = str(folder / "kitchen.mem"), str(folder / "figures.json")
    assert main(["ingest", recording, "--out", out, "--json", figures, "--moments", "9"]) == 0
    return folder


@needs_sample
def test_every_frame_is_read(ingested: Path) -> None:
    metrics = json.loads((ingested / "figures.json").read_text())["metrics"]
    assert metrics["frames_read"] == 60
    assert metrics["frames_skipped"] == 0
    assert metrics["objects_covered"] == 1.0
    assert metrics["snapshots"] <= 0.35 * metrics["frames_read"]
    for name in ("snapshots.png", "map.png", "report.html"):
        assert (ingested / f"kitchen.{name}").stat().st_size > 10_000


@needs_sample
def test_the_large_objects_are_found_and_shown(ingested: Path) -> None:
    store = MemoryStore.read(ingested / "kitchen.mem")
    shown = {name for _, fact in active(store, SnapshotFact) for name in fact.cluster}
    known = [fact for _, fact in active(store, ObjectFact) if fact.object_id in shown]
    boxes = [(np.array(fact.box_min), np.array(fact.box_max)) for fact in known]
    targets = kitchen_objects.large_objects()
    found = kitchen_objects.match(targets, boxes)
    missed = sorted({target.name for target in targets} - set(found))
    assert len(found) >= 0.9 * len(targets), f"not found: {missed}"


@needs_sample
def test_moments_of_the_whole_recording_are_kept(ingested: Path) -> None:
    store = MemoryStore.read(ingested / "kitchen.mem")
    events = store.query(Filter(kind="event"))
    moments = [record for record in events if record.content["type"] == "moment"]
    assert len([record for record in moments if not record.content["new"]]) <= 9
    assert all(record.payload for record in moments if record.content["new"])
    span = [record.valid_from for record in moments]
    assert len(set(span)) == len(span) >= 9 and max(span) - min(span) > 200


def test_a_folder_that_is_no_recording_is_a_clear_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "notes.txt").write_text("nothing here")
    assert main(["ingest", str(tmp_path), "--out", str(tmp_path / "m.mem")]) == 1
    assert "error:" in capsys.readouterr().err
    assert not (tmp_path / "m.mem").exists()
