from pathlib import Path

import pytest

from embodied_mem.errors import EvaluationError
from embodied_mem_envs.evaluation.agents.agent import Agent, AgentSetup
from embodied_mem_envs.evaluation.playing import play_episode
from embodied_mem_envs.evaluation.records.file import without_times
from embodied_mem_envs.evaluation.suites.suite import EpisodeRecord, Job
from embodied_mem_envs.tasks.episode import Ask, Judgement, Reply
from number_suite import Breaking, Keeper, NumberEpisode


def play(
    folder: Path, kind: type[Keeper] = Keeper, seed: int = 3, keep: int = 1000
) -> tuple[EpisodeRecord, NumberEpisode]:
    episode = NumberEpisode(seed, 12)
    job = Job(suite="numbers", agent="x", seed=seed, folder=str(folder), options={"numbers": 12})
    setup = AgentSetup(folder=folder / "memory", seed=seed)
    return play_episode(episode, lambda s: kind(s, keep), setup, job, version=7), episode


def test_a_record_tells_everything_of_an_episode(tmp_path: Path) -> None:
    record, episode = play(tmp_path, keep=5)
    assert (record.suite, record.version, record.agent, record.seed) == ("numbers", 7, "x", 3)
    right = [place >= 7 for place in episode.places]
    assert [ask.right for ask in record.asks] == right
    assert 0 < sum(right) < 4
    assert record.values["answer_accuracy"] == record.values["progress"] == sum(right) / 4
    assert record.values["model_calls"] == 4
    assert record.values["tokens"] == 20
    assert record.values["memory_bytes"] == (tmp_path / "memory" / "numbers.txt").stat().st_size
    assert record.asks[0].text == f"Which number came at place {episode.places[0]}?"
    assert record.asks[0].reason == f"it was {episode.numbers[episode.places[0]]}"
    assert record.error == ""
    assert episode.closed


def test_the_same_seed_gives_the_same_record(tmp_path: Path) -> None:
    first, second = play(tmp_path / "a")[0], play(tmp_path / "b")[0]
    assert without_times(first) == without_times(second)


def test_what_an_agent_raises_is_its_failure(tmp_path: Path) -> None:
    record, episode = play(tmp_path, Breaking)
    assert "ValueError: seed 3 is too much" in record.error
    assert 'raise ValueError(f"seed {self.seed} is too much")' in record.error  # its last lines
    assert len(record.asks) == 4  # the rest was asked too, so that all that failed is told
    assert [ask.right for ask in record.asks] == [True, False, False, False]
    assert record.values["answer_accuracy"] == record.values["progress"] == 0.0
    assert record.values["right"] == record.values["mrr"] == 0.0
    assert record.values["model_calls"] == 1
    assert episode.closed


class Unmakeable(Keeper):
    def __init__(self, setup: AgentSetup, keep: int) -> None:
        raise EvaluationError("no memory to be had")


class NotClosing(Keeper):
    def close(self) -> None:
        raise OSError("the file is gone")


def test_making_and_closing_are_the_agents_too(tmp_path: Path) -> None:
    unmade, episode = play(tmp_path / "a", Unmakeable)
    assert unmade.error == "EvaluationError: no memory to be had"
    assert unmade.values["memory_bytes"] == 0.0
    assert len(unmade.asks) == 4
    assert episode.closed
    unclosed = play(tmp_path / "b", NotClosing)[0]
    assert "OSError: the file is gone" in unclosed.error
    assert unclosed.values["progress"] == 0.0


def test_what_the_task_raises_is_nobodys_failure(tmp_path: Path) -> None:
    class BrokenTask(NumberEpisode):
        def submit(self, reply: Reply) -> Judgement:
            raise EvaluationError("the truth is gone")

    closed = []

    class Watched(Keeper):
        def close(self) -> None:
            closed.append(True)

    def make(setup: AgentSetup) -> Agent:
        return Watched(setup, 9)

    episode = BrokenTask(1, 12)
    job = Job(suite="numbers", agent="x", seed=1, folder=str(tmp_path))
    setup = AgentSetup(folder=tmp_path / "memory", seed=1)
    with pytest.raises(EvaluationError, match="the truth is gone"):
        play_episode(episode, make, setup, job, version=1)
    assert closed == [True]
    assert episode.closed


def test_each_judged_ask_can_be_watched(tmp_path: Path) -> None:
    seen: list[tuple[int, str, bool]] = []

    def watch(ask: Ask, reply: Reply, judgement: Judgement) -> None:
        seen.append((ask.number, reply.text, judgement.right))

    episode = NumberEpisode(3, 12)
    job = Job(suite="numbers", agent="x", seed=3, folder=str(tmp_path))
    setup = AgentSetup(folder=tmp_path / "memory", seed=3)
    play_episode(episode, lambda s: Keeper(s, 99), setup, job, version=1, on_judged=watch)
    assert seen == [(n, str(episode.numbers[p]), True) for n, p in enumerate(episode.places)]
