"""Suite `mixed_session` plays its agents: who knows more, and who tells too much."""

from pathlib import Path

import pytest

from embodied_mem_envs.evaluation.suites.mixed_session import SUITE as SESSIONS
from embodied_mem_envs.evaluation.suites.suite import EpisodeRecord
from small_suites import run


@pytest.fixture(scope="module")
def own_record(tmp_path_factory: pytest.TempPathFactory) -> EpisodeRecord:
    """What our agent does."""
    return run(SESSIONS, "ours", tmp_path_factory.mktemp("own"))


def test_one_memory_knows_more_than_silos_and_tells_less_than_a_transcript(
    own_record: EpisodeRecord, tmp_path: Path
) -> None:
    ours = own_record.values
    silos = run(SESSIONS, "silos", tmp_path).values
    everything = run(SESSIONS, "full_context", tmp_path).values
    assert ours["cross_partner_accuracy"] >= 0.9 > 0.5 >= silos["cross_partner_accuracy"]
    assert ours["leaks"] == silos["leaks"] == 0.0 < everything["leaks"]
    assert ours["contradictions"] == 0.0
    assert ours["mrr"] > max(ours["recency_mrr"], ours["popularity_mrr"])


@pytest.mark.parametrize("agent", ["window", "oracle_memory", "random"])
def test_the_other_agents_of_mixed_sessions_live_through_them(agent: str, tmp_path: Path) -> None:
    record = run(SESSIONS, agent, tmp_path)
    assert not record.error, record.error
    if agent == "oracle_memory":
        assert record.values["right"] >= 0.98
    else:
        assert record.values["right"] < 0.7


def test_the_same_job_gives_the_same_record(own_record: EpisodeRecord, tmp_path: Path) -> None:
    once, again = own_record, run(SESSIONS, "ours", tmp_path)
    assert once.asks == again.asks
    assert {k: v for k, v in once.values.items() if k != "latency_s"} == {
        k: v for k, v in again.values.items() if k != "latency_s"
    }
