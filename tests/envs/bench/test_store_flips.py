"""A flipped bit is found or harms nothing, and a repair loses nothing else."""

from pathlib import Path

import numpy as np
import pytest

from embodied_mem_envs.bench.store.flips import Outcome, Subject, flip_and_judge


@pytest.fixture(scope="module", params=["closed", "killed"])
def subject(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Subject:
    folder = tmp_path_factory.mktemp("flips") / request.param
    return Subject(folder, 1, closed=request.param == "closed")


def outcomes(subject: Subject, folder: Path, count: int) -> list[Outcome]:
    rng = np.random.default_rng(2)
    return [flip_and_judge(subject, folder / str(number), rng) for number in range(count)]


def test_no_flip_stays_unsaid(subject: Subject, tmp_path: Path) -> None:
    found = outcomes(subject, tmp_path, 14)
    assert [outcome for outcome in found if outcome.wrong or outcome.others_lost] == []
    assert any(outcome.found for outcome in found)
    if subject.folder.name == "closed":
        # No byte is dead there, so every one of a picture or a vector counts.
        assert all(outcome.found for outcome in found if outcome.kind != "database")


def test_a_record_that_reads_otherwise_is_told(subject: Subject, tmp_path: Path) -> None:
    key = min(subject.records)
    right = subject.records[key]
    subject.records[key] = subject.records[max(subject.records)]
    found = outcomes(subject, tmp_path, 4)
    subject.records[key] = right
    assert any(outcome.wrong for outcome in found)
