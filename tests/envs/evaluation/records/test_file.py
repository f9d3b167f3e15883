from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embodied_mem.errors import EvaluationError
from embodied_mem_envs.evaluation.records.file import RecordFile, by_episode, read_records
from embodied_mem_envs.evaluation.suites.suite import EpisodeRecord


def record(agent: str, seed: int, value: float = 0.5, cpu_s: float = 0.0) -> EpisodeRecord:
    return EpisodeRecord(
        suite="s",
        version=1,
        agent=agent,
        seed=seed,
        settings="x",
        values={"success": value},
        cpu_s=cpu_s,
    )


def test_records_come_back_by_agent_and_seed(tmp_path: Path) -> None:
    file = RecordFile(tmp_path / "deep" / "episodes.jsonl")
    for one in (record("b", 2), record("a", 10), record("b", 1), record("a", 9)):
        file.add(one)
    again = RecordFile(file.path)
    assert again.records == file.records == read_records(file.path)
    assert [(r.agent, r.seed) for r in again.records] == [("a", 9), ("a", 10), ("b", 1), ("b", 2)]
    assert again.find("b", 2) == record("b", 2)
    assert again.find("b", 3) is None
    with pytest.raises(EvaluationError, match="done seed 2 already"):
        again.add(record("b", 2))


@given(cut=st.integers(min_value=0))
def test_a_file_that_was_cut_off_anywhere_keeps_its_whole_lines(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    path = tmp_path_factory.mktemp("cut") / "episodes.jsonl"
    file = RecordFile(path)
    for seed in range(4):
        file.add(record("a", seed))
    data = path.read_bytes()
    left = data[: cut % (len(data) + 1)]
    path.write_bytes(left)
    whole = left.count(b"\n")
    assert [r.seed for r in read_records(path)] == list(range(whole))
    assert path.read_bytes() == left  # a reader changes nothing
    cut_off = RecordFile(path)
    for seed in range(whole, 4):
        cut_off.add(record("a", seed))
    assert path.read_bytes() == data


def test_a_damaged_line_in_the_middle_is_named(tmp_path: Path) -> None:
    path = tmp_path / "episodes.jsonl"
    file = RecordFile(path)
    file.add(record("a", 0))
    with path.open("ab") as out:
        out.write(b"{half of\n")
    for read in (RecordFile, read_records):
        with pytest.raises(EvaluationError, match="line 2 is no record"):
            read(path)


def test_the_same_episode_twice_must_agree_but_for_times() -> None:
    once, again = record("a", 1, cpu_s=1.0), record("a", 1, cpu_s=2.0)
    assert list(by_episode([once, again]).values()) == [once]
    with pytest.raises(EvaluationError, match="do not agree"):
        by_episode([once, record("a", 1, value=0.6)])


def test_a_record_is_one_line(tmp_path: Path) -> None:
    file = RecordFile(tmp_path / "episodes.jsonl")
    shouted = msgspec.structs.replace(record("a", 0), error="line one\nline two\u2028three")
    file.add(shouted)
    assert file.path.read_bytes().count(b"\n") == 1
    assert RecordFile(file.path).records == [shouted]
