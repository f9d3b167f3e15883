"""Agents in a real house: where everything asked for is in plain view, all of them are right."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from embodied_mem.types import Command, Observation
from embodied_mem_envs.evaluation.agents.agent import AgentSetup
from embodied_mem_envs.evaluation.agents.table import AGENTS
from embodied_mem_envs.evaluation.suites.lifelong_nav import LifelongNavSuite
from embodied_mem_envs.evaluation.suites.question_answering import QuestionAnsweringSuite
from embodied_mem_envs.evaluation.suites.suite import Job
from embodied_mem_envs.house import CameraConfig, HouseBody, generate_house
from embodied_mem_envs.tasks.episode import Ask

MEMORIES = ("ours", "three_d_mem", "object_list", "even_frames", "last_frames", "captions")


@pytest.fixture(scope="module")
def turn() -> tuple[list[Observation], str, str]:
    """One turn on the spot, and the category and colour of what shows best, one of its kind."""
    house = generate_house(4)
    body = HouseBody(house, CameraConfig(width=160, height=120))
    body.connect()
    seen, sizes = [], dict.fromkeys(house.labels(), 0)
    for _ in range(24):
        observation = body.observe()
        seen.append(observation)
        instance = observation.instance
        assert instance is not None
        for number, pixels in zip(*np.unique(instance, return_counts=True), strict=True):
            near = observation.depth[instance == number].mean() < 3.0
            if number and near and pixels < 0.2 * instance.size:
                sizes[int(number)] += int(pixels)
        body.act(Command(turn=np.pi / 12))
    names = [thing.category for thing in house.objects]
    single = {n: s for n, s in sizes.items() if names.count(house.labels()[n]) == 1}
    best = max(single, key=lambda number: single[number])
    thing = house.object(house.instance_to_object[best])
    return seen, thing.category, thing.colour


@pytest.mark.parametrize("name", MEMORIES)
def test_all_answer_what_is_in_plain_view(
    name: str, turn: tuple[list[Observation], str, str], tmp_path: Path
) -> None:
    seen, category, colour = turn
    agent = AGENTS[name].make(AgentSetup(folder=tmp_path, seed=0, options={"answers": True}))
    for observation in seen:
        agent.see(observation)
    text = f"What colour is the {category}?"
    reply = agent.reply(Ask(number=0, kind="colour", text=text, form="words"), None)
    assert reply.answer is not None
    assert reply.answer.value == colour
    assert agent.memory_bytes() > 0
    agent.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where episodes leave their files."""
    yield tmp_path_factory.mktemp("episodes")


@pytest.mark.parametrize("name", ["ours", "three_d_mem", "oracle_memory", "random"])
def test_a_question_is_looked_into_and_answered_by_a_new_process(name: str, folder: Path) -> None:
    own = folder / name
    job = Job(suite="question_answering", agent=name, seed=2, folder=str(own))
    record = QuestionAnsweringSuite().run(job, own)
    assert record.error == ""
    if name != "random":
        assert record.asks[0].right
    if name == "three_d_mem":
        assert record.values["snapshot_bytes"] < record.values["memory_bytes"]
        assert record.values["raw_frame_bytes"] > record.values["memory_bytes"]


def test_ours_goes_from_goal_to_goal(folder: Path) -> None:
    own = folder / "nav"
    shape = {"subtasks": 3, "visits": 2}
    job = Job(suite="lifelong_nav", agent="ours", seed=2, folder=str(own), options=shape)
    record = LifelongNavSuite().run(job, own)
    assert record.error == ""
    assert len(record.asks) == 3
    assert sum(ask.right for ask in record.asks) >= 2
    assert record.values["memory_bytes"] > 0.0
