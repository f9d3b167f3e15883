import re
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest

from embodied_mem.brain.language.answers import Answer, answer_question
from embodied_mem.memory import Add, Delete, MemoryStore, Update
from embodied_mem.memory.facts import ObjectFact, PlaceFact, SnapshotFact, active
from embodied_mem.viz.html import Html, join, tag
from embodied_mem.viz.page_pictures import crop_window
from embodied_mem.viz.report import memory_page, write_report

VOID = {"br", "img", "link", "meta", "hr", "col", "input"}


class Checker(HTMLParser):
    """Checks that tags nest, and collects ids, references and what a browser would load."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.local: list[str] = []
        self.loaded: list[str] = []
        self.text: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, name: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(name)
        for key, value in attributes:
            if key == "id":
                self.ids.append(value or "")
            if key in ("href", "src"):
                target = value or ""
                (self.local if target.startswith("#") else self.loaded).append(target)
        if name not in VOID:
            self.open.append(name)

    def handle_startendtag(self, name: str, attributes: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(name, attributes)
        if name not in VOID:
            self.open.pop()

    def handle_endtag(self, name: str) -> None:
        assert self.open.pop() == name

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def check(path: Path) -> Checker:
    checker = Checker()
    checker.feed(path.read_text(encoding="utf-8"))
    checker.close()
    assert checker.open == []
    assert len(set(checker.ids)) == len(checker.ids)
    assert {target[1:] for target in checker.local} <= set(checker.ids)
    return checker


def answers_of(memory: MemoryStore) -> list[Answer]:
    questions = ("Where is the red kettle?", "How many mugs are there?", "Is there a piano?")
    return [answer_question(question, memory) for question in (*questions, "Why so blue?")]


@pytest.fixture(scope="module")
def report(sample_memory: MemoryStore, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "sub" / "report.html"
    write_report(
        path,
        sample_memory,
        answers_of(sample_memory),
        timings={"scene": 6.25, "plan": 1234.5},
        title="A walk",
        lead="through a flat",
        facts={"floor_seen": "97 %", "ticks": 190},
    )
    return path


def test_the_page_is_whole_and_asks_for_nothing(report: Path) -> None:
    checker = check(report)
    assert all(target.startswith("data:") for target in checker.loaded)
    assert "script" not in checker.tags
    style = report.read_text().split("<style>")[1].split("</style>")[0]
    assert "url(" not in style and "@import" not in style
    assert "prefers-color-scheme:dark" in style.replace(" ", "")


def test_the_page_shows_every_question_with_its_answer(
    report: Path, sample_memory: MemoryStore
) -> None:
    text = "".join(check(report).text)
    for answer in answers_of(sample_memory):
        assert answer.question in text and answer.text in text
    assert "unseen" in text and "not understood" in text
    assert "floor seen" in text and "97 %" in text and "190" in text
    assert "1,234" in text or "1,235" in text or "1234" in text
    assert sample_memory.digest() in text


def test_each_picture_is_embedded_once_however_often_it_is_shown(
    report: Path, sample_memory: MemoryStore
) -> None:
    page = report.read_text()
    for record, _ in active(sample_memory, SnapshotFact):
        assert page.count(f'id="picture-{record.id}"') == 1
        assert page.count(f'href="#picture-{record.id}"') >= 2
    assert page.count("data:image/jpeg") == sum(1 for _ in active(sample_memory, SnapshotFact))


def test_a_citation_is_shown_by_a_window_around_its_box(
    report: Path, sample_memory: MemoryStore
) -> None:
    (citation,) = answer_question("Where is the red kettle?", sample_memory).citations
    assert citation.box is not None
    x, y, width, height = crop_window(citation.box, 320, 240)
    window = f'viewBox="{round(x, 1):g} {round(y, 1):g} {round(width, 1):g} {round(height, 1):g}"'
    assert window in report.read_text()


def test_text_from_a_memory_cannot_become_markup(
    sample_memory: MemoryStore, tmp_path: Path
) -> None:
    evil = '"><script>alert(1)</script>'
    sample_memory.export(tmp_path / "m.mem")
    store = MemoryStore(session=evil)
    store.import_(tmp_path / "m.mem")
    for kind, field in ((ObjectFact, "category"), (PlaceFact, "name")):
        for record, fact in active(store, kind):
            content = msgspec.to_builtins(msgspec.structs.replace(fact, **{field: evil}))
            store.apply([Update(id=record.id, tick=0, changes={"content": content})])
    answers = [Answer(question=evil, kind="where", status="answered", text=evil, certain=True)]
    facts = {evil: evil}
    write_report(
        tmp_path / "r.html", store, answers, title=evil, lead=evil, facts=facts, timings={evil: 1}
    )
    assert "script" not in check(tmp_path / "r.html").tags


def test_an_answer_may_cite_what_is_no_longer_kept(
    sample_memory: MemoryStore, tmp_path: Path
) -> None:
    sample_memory.export(tmp_path / "m.mem")
    store = MemoryStore.read(tmp_path / "m.mem")
    answers = answers_of(store)
    kettle, mugs = answers[0].citations[0].snapshot, answers[1].citations[0].snapshot
    store.apply([Update(id=kettle, tick=0, changes={"status": "archived"})])
    write_report(tmp_path / "archived.html", store, answers)
    assert "earlier snapshot" in "".join(check(tmp_path / "archived.html").text)
    store.apply([Update(id=mugs, tick=0, changes={"payload": ()})])
    write_report(tmp_path / "emptied.html", store, answers)
    assert "no longer held" in "".join(check(tmp_path / "emptied.html").text)
    store.apply([Delete(id=each) for each in sorted({kettle, mugs})])
    write_report(tmp_path / "deleted.html", store, answers)
    check(tmp_path / "deleted.html")


def test_an_empty_memory_and_a_large_picture_make_pages(
    sample_memory: MemoryStore, tmp_path: Path
) -> None:
    memory_page(tmp_path / "empty.html", MemoryStore())
    check(tmp_path / "empty.html")
    memory_page(tmp_path / "flat.html", sample_memory)
    assert "Questions" not in "".join(check(tmp_path / "flat.html").text)


def test_wide_pictures_are_made_smaller(tmp_path: Path) -> None:
    import cv2
    import numpy as np

    noise = np.random.default_rng(0).integers(0, 255, (750, 1000, 3)).astype(np.uint8)
    jpeg = cv2.imencode(".jpg", noise)[1].tobytes()
    from embodied_mem.memory import MemoryRecord

    fact = SnapshotFact(
        tick=1, cluster=("a",), boxes={"a": (900, 600, 1000, 750)}, width=1000, height=750
    )
    record = MemoryRecord(
        id="0" * 32, kind="snapshot", content=msgspec.to_builtins(fact), payload=(jpeg,)
    )
    store = MemoryStore()
    store.apply([Add(record=record)])
    memory_page(tmp_path / "p.html", store)
    page = (tmp_path / "p.html").read_text()
    assert len(page) < len(jpeg) * 4 / 3
    assert re.search(r'viewBox="0 0 1000 750"', page)


def test_tags_escape_text_and_attributes_and_keep_markup() -> None:
    made = tag("a", "<", tag("b", "x"), ["&", Html("<i></i>")], href='"', title=None)
    assert made == '<a href="&quot;">&lt;<b>x</b>&amp;<i></i></a>'
    assert join("a", Html("<br/>")) == "a<br/>"


@pytest.mark.parametrize("box", [(0, 0, 5, 5), (600, 400, 640, 480), (0, 0, 640, 480)])
def test_a_crop_window_holds_its_box_within_the_picture(box: tuple[int, int, int, int]) -> None:
    x, y, width, height = crop_window(box, 640, 480)
    assert x >= 0 and y >= 0 and x + width <= 640 + 1e-6 and y + height <= 480 + 1e-6
    assert x <= box[0] and y <= box[1] and x + width >= box[2] and y + height >= box[3]
    assert width / height == pytest.approx(640 / 480)
