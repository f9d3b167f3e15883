from pathlib import Path
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest

from embodied_mem_envs.evaluation.metrics import METRICS
from embodied_mem_envs.evaluation.records.about import About
from embodied_mem_envs.evaluation.reporting.markdown import evaluations_page, metrics_page
from embodied_mem_envs.evaluation.reporting.misses import SHOWN
from embodied_mem_envs.evaluation.reporting.page import write_report
from embodied_mem_envs.evaluation.reporting.pictures import MOST_PICTURES
from embodied_mem_envs.evaluation.reporting.plots import plots
from embodied_mem_envs.evaluation.reporting.rows import Rows, without_repeats
from embodied_mem_envs.evaluation.running.evaluation import EPISODES, Evaluated
from embodied_mem_envs.evaluation.suites.suite import AskRecord, EpisodeRecord

DOCS = Path(__file__).parents[4] / "docs"


def evaluated(pictures: tuple[str, ...] = ()) -> Evaluated:
    """Two agents in six episodes, one of them broken, with words that HTML must not take."""
    rng = np.random.default_rng(4)
    records = []
    for agent, good in (("ours", 0.9), ("none", 0.3)):
        for seed in range(6):
            asks = tuple(
                AskRecord(
                    kind=("where", "colour")[number % 2],
                    text=f"Where is <b>{number}</b>?",
                    reply="on the <table>",
                    right=bool(rng.random() < good),
                    progress=0.5,
                    reason="it is | elsewhere",
                )
                for number in range(20)
            )
            broken = agent == "none" and seed == 5
            records.append(
                EpisodeRecord(
                    suite="rooms",
                    version=2,
                    agent=agent,
                    seed=seed,
                    settings="abc",
                    values={
                        "answer_accuracy": sum(ask.right for ask in asks) / 20,
                        "memory_bytes": float(rng.integers(1000, 2000)) * good**9,
                    },
                    asks=asks,
                    pictures=pictures,
                    error="ValueError: <script>alert(1)</script>" if broken else "",
                    cpu_s=float(rng.random()),
                )
            )
    about = About(
        suite="rooms",
        version=2,
        settings="abc",
        options={"width": 64},
        package="0.1",
        agents={"ours": "this one", "none": "nothing | at all"},
        metrics={},
        machines=({"cpu": "a chip", "cores": 2, "python": "3.11", "platform": "Linux"},),
    )
    return Evaluated(about=about, records=tuple(records))


def test_the_page_is_one_file_with_everything_in_it(tmp_path: Path) -> None:
    text = write_report(tmp_path, evaluated()).read_text(encoding="utf-8")
    assert "<script" not in text
    assert "&lt;script&gt;alert(1)" in text
    assert "Where is &lt;b&gt;" in text
    for outside in ("http://", "https://", 'src="/', "url(", "@import"):
        assert outside not in text
    for words in (
        "rooms, version 2",
        "0-5",
        "width=64",
        "a chip",
        "none broke 1 of 6 episodes",
        "eval rooms --agent ours none --first-seed 0 --episodes 6 --set width=64",
    ):
        assert words in text
    assert text.count("data:image/svg+xml;base64,") == 4
    missed = sum(not a.right for r in evaluated().records if r.agent == "none" for a in r.asks[:20])
    assert missed > SHOWN
    assert "more are in the records" in text


def test_times_are_left_out_unless_they_are_asked_for(tmp_path: Path) -> None:
    first = write_report(tmp_path, evaluated()).read_bytes()
    assert b"cpu_s" not in first
    assert write_report(tmp_path, evaluated()).read_bytes() == first
    assert b"cpu_s" in write_report(tmp_path, evaluated(), times=True).read_bytes()


def test_pictures_of_episodes_are_in_the_page_as_far_as_there_is_room(tmp_path: Path) -> None:
    names = ("walk.png", "map.jpg", "third.png", "fourth.png", "missing.png")
    rng = np.random.default_rng(0)
    for record in evaluated().records:
        folder = tmp_path / EPISODES / record.agent / str(record.seed)
        folder.mkdir(parents=True)
        for name in names[:4]:
            picture = rng.integers(0, 255, (16, 16, 3), dtype=np.uint8)
            assert cv2.imwrite(str(folder / name), picture)
    text = write_report(tmp_path, evaluated(names)).read_text(encoding="utf-8")
    assert text.count("data:image/png") + text.count("data:image/jpeg") == MOST_PICTURES
    assert f"{12 * 5 - MOST_PICTURES} more lie in the folder." in text
    # Agents stand beside each other, seed by seed.
    assert text.index("ours, seed 0: walk") < text.index("none, seed 0: walk")
    assert text.index("none, seed 0: walk") < text.index("ours, seed 1: walk")


def test_drawings_are_whole_and_the_same_every_time() -> None:
    drawn = plots(evaluated().records)
    assert len(drawn) == 4
    assert drawn == plots(evaluated().records)
    for words, svg in drawn:
        assert words
        root = ElementTree.fromstring(svg)
        assert root.tag.endswith("svg")
        assert b"<dc:date>" not in svg


def test_what_there_is_nothing_of_is_not_drawn() -> None:
    bare = EpisodeRecord(
        suite="rooms", version=1, agent="a", seed=0, settings="", values={"tokens": 3.0}
    )
    assert plots([bare]) == []


def test_the_table_for_the_docs_is_markdown() -> None:
    text = evaluations_page([evaluated()])
    assert "## rooms" in text
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    assert len({line.replace(r"\|", "").count("|") for line in lines[:4]}) == 1
    assert "`none`: nothing | at all" in text


def test_a_column_that_says_the_same_again_is_left_out() -> None:
    rows = Rows(
        title="t",
        columns=("agent", "one", "same", "other"),
        cells=(("a", "1", "1", "1"), ("1", "2", "2", "3")),
    )
    found = without_repeats(rows)
    assert found.columns == ("agent", "one", "other")
    assert found.cells == (("a", "1", "1"), ("1", "2", "3"))


def test_the_page_of_metrics_is_up_to_date() -> None:
    """Written by `embodied-mem eval metrics --markdown docs/metrics.md`."""
    page = (DOCS / "metrics.md").read_text(encoding="utf-8")
    assert page == metrics_page()
    for name in METRICS:
        assert f"`{name}` (version" in page


@pytest.mark.parametrize("times", [False, True])
def test_one_agent_alone_has_no_differences(tmp_path: Path, times: bool) -> None:
    both = evaluated()
    own = tuple(record for record in both.records if record.agent == "ours")
    alone = Evaluated(about=both.about, records=own)
    text = write_report(tmp_path, alone, times=times).read_text(encoding="utf-8")
    assert "Less ours" not in text
