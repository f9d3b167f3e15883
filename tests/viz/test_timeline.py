import base64
import hashlib
import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import msgspec
import numpy as np
import pytest

from embodied_mem.brain.recall.facts import StayFact, VisitFact
from embodied_mem.memory import Add, Delete, MemoryRecord, MemoryStore, RecordIds, Update
from embodied_mem.memory.facts import ObjectFact, SnapshotFact, active
from embodied_mem.viz.timeline import memory_timeline
from embodied_mem.viz.timeline_data import Timeline, read_timeline
from embodied_mem.viz.timeline_overview import overview
from memory_fixture import build_memory

EVIL = "</script><script>alert('x')</script><img src=x onerror=alert(1)>\u2028"
TICKS = (300, 400, 500, 600)


def build() -> MemoryStore:
    """The flat, where the yellow mug goes to the office, is missed there, comes back, and home."""
    store, ids = build_memory(width=64, height=48), RecordIds(77)
    mug = next(r for r, fact in active(store, ObjectFact) if fact.object_id == "obj-006")
    for tick, place, x, state in zip(
        TICKS,
        ("place-3", "place-3", "place-3", "place-0"),
        (8.6, 8.6, 8.6, 2.2),
        ("moved", "missing", "present", "moved"),
        strict=True,
    ):
        content = {**mug.content, "position": (x, 0.5, 0.9), "state": state, "last_tick": tick}
        changes = {"content": content, "place": place}
        (new,) = store.apply(
            [Update(id=mug.id, tick=tick, changes=changes, supersede_as=ids.new(tick))]
        )
        mug = store.get(new or "")
    store.apply(
        [
            Add(record=event(ids, fact, start))
            for fact, start in (
                (StayFact(visit=0, place_id="place-0", last_tick=190, point=(1.0, 1.0)), 0),
                (VisitFact(visit=0, last_tick=250), 250),
                (StayFact(visit=1, place_id="place-3", last_tick=310, point=(8.0, 6.0)), 290),
            )
        ]
    )
    tools = store.tools("Ana", write=True)
    assert not tools.call("remember", {"text": EVIL}).failed
    assert not tools.call("remember", {"text": "the safe code is 4711", "private": True}).failed
    return store


def event(ids: RecordIds, fact: StayFact | VisitFact, start: int) -> MemoryRecord:
    return MemoryRecord(
        id=ids.new(start),
        kind="event",
        content=msgspec.to_builtins(fact),
        valid_from=start,
        recorded_at=fact.last_tick,
    )


class Reader(HTMLParser):
    """Collects elements with their attributes and what stands in them."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None], list[str]]] = []
        self._inside = False

    def handle_starttag(self, name: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found.append((name, dict(attributes), []))

        self._inside = True

    def handle_endtag(self, name: str) -> None:
        self._inside = False

    def handle_data(self, text: str) -> None:
        if self._inside:
            self.found[-1][2].append(text)

    def all(self, name: str) -> list[tuple[dict[str, str | None], str]]:
        return [(given, "".join(text)) for each, given, text in self.found if each == name]


@pytest.fixture(scope="module")
def memory() -> MemoryStore:
    return build()


@pytest.fixture(scope="module")
def timeline(memory: MemoryStore) -> Timeline:
    return read_timeline(memory)


@pytest.fixture(scope="module")
def written(memory: MemoryStore, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "sub" / "timeline.html"
    memory_timeline(path, memory)
    return path


@pytest.fixture(scope="module")
def page(written: Path) -> Reader:
    reader = Reader()
    reader.feed(written.read_text(encoding="utf-8"))
    return reader


def data_of(page: Reader) -> dict[str, Any]:
    (text,) = [text for given, text in page.all("script") if given.get("id") == "data"]
    data: dict[str, Any] = json.loads(text)
    return data


def test_each_stay_of_a_thing_is_told_with_its_moves(timeline: Timeline) -> None:
    mug = next(each for each in timeline.objects if each["id"] == "obj-006")
    told = [(timeline.places[stay["p"]]["name"], stay["a"], stay["b"]) for stay in mug["stays"]]
    assert told == [
        ("kitchen", 24, 300),
        ("office", 300, 400),
        ("office", 400, 500),
        ("office", 500, 600),
        ("kitchen", 600, None),
    ]
    assert [stay["moved"] for stay in mug["stays"]] == [False, True, False, False, True]
    assert [stay["back"] for stay in mug["stays"]] == [False, False, False, True, False]
    assert [stay["state"] == "missing" for stay in mug["stays"]] == [0, 0, 1, 0, 0]
    assert sum(len(stay["r"]) for stay in mug["stays"]) == 5


def test_visits_places_pictures_and_words_have_their_rows(timeline: Timeline) -> None:
    assert [each["name"] for each in timeline.places] == [
        "bedroom",
        "kitchen",
        "living room",
        "office",
    ]
    assert [(each["name"], each["a"], each["b"]) for each in timeline.visits] == [
        ("visit 1", 0, 250),
        ("visit 2", 250, 600),
    ]
    assert [(each["p"], each["a"], each["b"]) for each in timeline.stays] == [
        (1, 0, 190),
        (3, 290, 310),
    ]
    assert len(timeline.snapshots) == 10 and all(each["p"] >= 0 for each in timeline.snapshots)
    assert [each["name"] for each in timeline.told] == ["notes of Ana"]
    assert all(item["r"] in timeline.records for row in timeline.told for item in row["items"])
    assert (timeline.first, timeline.last) == (0, 600)


def test_every_version_is_there_with_its_times_and_links(timeline: Timeline) -> None:
    mug = next(each for each in timeline.objects if each["id"] == "obj-006")
    versions = [timeline.records[name] for stay in mug["stays"] for name in stay["r"]]
    assert [each["version"] for each in versions] == [1, 2, 3, 4, 5]
    assert [(each["learnt"], each["dropped"]) for each in versions][1] == (300, 400)
    for before, after in pairwise(versions):
        ((kind, name),) = [link for link in after["links"] if link[0] == "supersedes"]
        assert kind == "supersedes" and timeline.records[name] == before


def test_the_page_is_whole_asks_for_nothing_and_runs_its_own_script_alone(page: Reader) -> None:
    for _, given, _ in page.found:
        for key in ("src", "href"):
            assert (given.get(key) or "data:").startswith(("data:", "#"))
        assert not any(key.startswith("on") for key in given)
    running = [text for given, text in page.all("script") if given.get("type") is None]
    assert len(running) == 1
    digest = base64.b64encode(hashlib.sha256(running[0].encode()).digest()).decode()
    (policy,) = [
        given["content"]
        for given, _ in page.all("meta")
        if given.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy is not None and f"script-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert not re.search(r"innerHTML|document\.write|eval\(|fetch\(|https?://", running[0])


def test_foreign_words_are_data_and_nothing_else(written: Path, page: Reader) -> None:
    text = written.read_text(encoding="utf-8")
    assert "<script>alert" not in text and "<img src=x" not in text and "\u2028" not in text
    assert not any(given.get("src") == "x" for given, _ in page.all("img"))
    words = [each["words"] for each in data_of(page)["records"].values()]
    assert any(each.startswith("</script><script>alert('x')") for each in words)


def test_pictures_are_in_the_page_once_and_within_their_bytes(
    memory: MemoryStore, page: Reader, tmp_path: Path
) -> None:
    held = [text for given, text in page.all("script") if given.get("type") == "text/plain"]
    assert len(held) == 10
    for each in held:
        picture = cv2.imdecode(np.frombuffer(base64.b64decode(each), np.uint8), cv2.IMREAD_COLOR)
        assert picture is not None and picture.shape == (48, 64, 3)
    size = sum(len(base64.b64decode(each)) for each in held)
    memory_timeline(tmp_path / "small.html", memory, picture_bytes=size // 2)
    small = (tmp_path / "small.html").read_text(encoding="utf-8")
    assert 3 <= small.count('type="text/plain"') <= 6 and "pictures are not in this page" in small


def test_a_page_for_somebody_tells_only_what_they_may_know(
    memory: MemoryStore, tmp_path: Path
) -> None:
    memory_timeline(tmp_path / "bob.html", memory, viewer="Bob")
    bob = (tmp_path / "bob.html").read_text(encoding="utf-8")
    assert "4711" not in bob and "kettle" not in bob and "alert" in bob
    memory_timeline(tmp_path / "ana.html", memory, viewer="Ana")
    assert "4711" in (tmp_path / "ana.html").read_text(encoding="utf-8")


def test_the_overview_draws_what_moved_and_nothing_outside(timeline: Timeline) -> None:
    drawing = ET.fromstring(overview(timeline))
    width, height = map(float, drawing.attrib["viewBox"].split()[2:])
    groups = drawing.findall("g")
    assert [each.findtext("title") for each in groups] == ["yellow mug (obj-006)"]
    path = groups[0].findall("path")[1].attrib["d"]
    points = [tuple(map(float, each.split())) for each in re.split("[ML]", path) if each]
    assert all(0 <= x <= width and 0 <= y <= height for x, y in points)
    assert len({y for _, y in points}) == 2  # kitchen and office
    assert groups[0].findall("path")[2].attrib["d"].count("M") == 1  # missing for a while
    assert groups[0].findall("path")[3].attrib["d"].count("M") == 2  # two arrows


def test_an_empty_memory_and_one_without_pictures_have_a_page(tmp_path: Path) -> None:
    memory_timeline(tmp_path / "empty.html", MemoryStore())
    assert "0 places, 0 things" in (tmp_path / "empty.html").read_text(encoding="utf-8")
    store = build_memory(width=64, height=48)
    store.apply([Delete(id=record.id) for record, _ in active(store, SnapshotFact)])
    memory_timeline(tmp_path / "blind.html", store)
    assert "0 pictures" in (tmp_path / "blind.html").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("chromium") is None, reason="no browser here")
def test_a_browser_shows_the_rows_and_runs_no_foreign_script(written: Path, tmp_path: Path) -> None:
    """The real page in a real browser; the other tests only read it."""
    url = f"{written.as_uri()}#o=obj-006"
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    flags += ["--no-first-run", "--virtual-time-budget=2000", f"--user-data-dir={tmp_path}"]
    shown = subprocess.run(
        ["chromium", *flags, "--dump-dom", url], capture_output=True, text=True, timeout=120
    )
    reader = Reader()
    reader.feed(shown.stdout)
    kinds = {given.get("class") for given, _ in reader.all("div")}
    assert {"tr group", "tr place", "tr object"} <= kinds
    assert any(given.get("class") == "mark" for given, _ in reader.all("button"))
    assert ("yellow mug") in [text for _, text in reader.all("h2")]
    assert not any(given.get("src") == "x" for given, _ in reader.all("img"))
