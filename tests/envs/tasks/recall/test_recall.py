"""Histories are true, asks have exact answers, and chance is what it is said to be."""

import numpy as np
import pytest

from embodied_mem.brain.recall import answer_recall
from embodied_mem.errors import ConfigError, HouseError
from embodied_mem.types import Observation
from embodied_mem_envs.evaluation.agents.recall_truth import true_history
from embodied_mem_envs.house.body import CameraConfig
from embodied_mem_envs.house.config import HouseConfig
from embodied_mem_envs.house.generate import generate_house
from embodied_mem_envs.tasks.episode import Ask, NewVisit, Reply
from embodied_mem_envs.tasks.recall import RecallConfig, RecallEpisode
from embodied_mem_envs.tasks.recall.asks import draw_asks
from embodied_mem_envs.tasks.recall.drawn import Drawn, Goal, judge
from embodied_mem_envs.tasks.recall.log import Pose
from embodied_mem_envs.tasks.recall.stage import CarryingHouse

CAMERA = CameraConfig(width=80, height=60)
SMALL = RecallConfig(rooms=3, visits=2, carries=3, asks=60, camera=CAMERA)


@pytest.fixture(scope="module")
def lived() -> tuple[RecallEpisode, list[Observation]]:
    """An episode whose history is over, at its first ask."""
    episode, pictures = RecallEpisode(2, SMALL), []
    while not isinstance(happening := episode.next(), Ask):
        if isinstance(happening, Observation):
            pictures.append(happening)
    episode.submit(Reply())
    return episode, pictures


def test_the_same_seed_gives_the_same_history_and_asks() -> None:
    def told(seed: int) -> list[str]:
        episode, lines = RecallEpisode(seed, SMALL), []
        while (happening := episode.next()) is not None:
            if isinstance(happening, Observation):
                held = happening.proprioception["holding"]
                lines.append(f"{happening.tick} {happening.rgb.sum()} {held}")
            elif isinstance(happening, Ask):
                lines.append(f"{happening.text} {happening.options}")
                episode.submit(Reply())
            else:
                assert isinstance(happening, NewVisit)
                lines.append(f"visit {happening.number}")
        episode.close()
        return lines

    first = told(3)
    assert first == told(3) and first != told(4)


def test_what_is_held_is_nowhere_until_it_is_set_down(
    lived: tuple[RecallEpisode, list[Observation]],
) -> None:
    episode, pictures = lived
    assert len(episode.tale.log.carries) == 6
    for carry in episode.tale.log.carries:
        category = carry.thing.category
        inside = [p for p in pictures if carry.picked <= p.tick < carry.placed]
        assert all(p.proprioception["holding"] == 1.0 for p in inside)
        assert not any(category in p.labels.values() for p in inside)
        before = next(p for p in pictures if p.tick == carry.picked - 1)
        after = next(p for p in pictures if p.tick == carry.placed)
        assert category in before.labels.values()
        assert after.proprioception["holding"] == 0.0
        hand = [after.proprioception[f"hand_{axis}"] for axis in "xyz"]
        world = (after.T_world_body @ [*hand, 1.0])[:3]
        assert np.allclose(world, carry.thing.position, atol=1e-6)


def test_asks_are_of_many_templates_and_true(
    lived: tuple[RecallEpisode, list[Observation]],
) -> None:
    episode, _ = lived
    tale = episode.tale
    truth = true_history(episode)
    drawn = draw_asks(tale.log, tale.house, 60, np.random.default_rng(9))
    assert len(drawn) == len({each.template for each in drawn}) == 60
    assert {each.kind for each in drawn} == {"temporal", "spatial", "semantic", "multi"}
    right = 0
    for each in drawn:
        answer = answer_recall(each.text, truth)
        right += judge(each, Reply(answer=answer, places=answer.places), 0.0).right
        assert 0.0 <= each.chance(tale.log.poses) <= 0.7, each.text
    assert right >= 59


def test_chance_is_what_blind_replies_reach(
    lived: tuple[RecallEpisode, list[Observation]],
) -> None:
    episode, _ = lived
    tale, rng = episode.tale, np.random.default_rng(1)
    drawn = draw_asks(tale.log, tale.house, 60, np.random.default_rng(9))
    poses = tale.log.poses
    expected = np.mean([each.chance(poses) for each in drawn])
    right, tries = 0, 60
    for each in drawn:
        for _ in range(tries):
            if each.goals:
                chosen = [poses[i] for i in rng.integers(len(poses), size=len(each.goals))]
                reply = Reply(places=tuple((p.x, p.y, 0.0) for p in chosen))
            else:
                reply = Reply(choice=int(rng.integers(len(each.options))))
            right += judge(each, reply, 0.0).right
    assert abs(right / (tries * len(drawn)) - expected) < 0.03


def test_places_must_be_right_in_order() -> None:
    goals = tuple(Goal(box=((x, 0.0, 0.0), (x + 1.0, 1.0, 1.0))) for x in (0.0, 10.0))
    drawn = Drawn(kind="multi", template="t", text="t", goals=goals)

    def judged(*xs: float) -> tuple[bool, float]:
        judgement = judge(drawn, Reply(places=tuple((x, 0.5, 0.0) for x in xs)), 0.0)
        return judgement.right, judgement.progress

    assert judged(1.9, 9.1) == (True, 1.0)
    assert judged(2.1, 9.1) == (False, 0.0)
    assert judged(9.1, 1.9) == (False, 0.0)
    assert judged(1.9) == (False, 0.5)
    assert judged(1.9, 9.1, 3.0) == (False, 1.0)
    poses = [Pose(visit=0, tick=i, x=x, y=0.5) for i, x in enumerate((0.5, 5.0, 10.5, 20.0))]
    assert drawn.chance(poses) == pytest.approx(0.25 * 0.25)


def test_words_are_right_as_option_value_or_text() -> None:
    drawn = Drawn(
        kind="semantic", template="t", text="t", expected="mug", options=("sofa", "mug"), right=1
    )
    assert judge(drawn, Reply(choice=1), 0.5).right
    assert judge(drawn, Reply(text="That was the Mug."), 0.5).right
    assert not judge(drawn, Reply(text="The mug or the sofa."), 0.5).right
    assert not judge(drawn, Reply(text="A smug one."), 0.5).right
    assert not judge(drawn, Reply(), 0.5).right


def test_a_walk_is_judged_by_where_it_ends() -> None:
    config = RecallConfig(rooms=3, visits=1, carries=2, asks=16, walked=None, camera=CAMERA)
    episode, stops, spls = RecallEpisode(6, config), 0, []
    while (happening := episode.next()) is not None:
        if not isinstance(happening, Ask):
            continue
        assert happening.form in ("words", "stop")
        if happening.form == "words":
            episode.submit(Reply())
            continue
        stops += 1
        floor, goal = episode.tale.robot.floor, episode.truth_of(happening.number).goals[0]
        if stops % 2:  # by the truth's own hands to where it is right, else stay
            reachable = np.isfinite(floor.distances([episode.body.true_place]))
            inside = [goal.holds(float(x), float(y)) for x, y, _ in floor.points]
            node = int(np.flatnonzero(reachable & np.array(inside))[0])
            x, y, _ = floor.points[node].tolist()
            episode.body.inner.place(x, y, 0.0)
        x, y, _ = episode.body.true_place
        judgement = episode.submit(Reply())
        assert judgement.right == goal.holds(x, y)
        spls.append(judgement.values["spl"])
    assert stops > 2 and all(0.0 <= value <= 1.0 for value in spls)
    episode.close()


def test_a_hand_holds_one_thing_and_nothing_that_carries_others() -> None:
    house = CarryingHouse.of(generate_house(1, HouseConfig(rooms=3)))
    everything = len(house.objects)
    loose = [t for t in house.objects if not house.carried_by(t.id)]
    support = next(t for t in house.objects if house.carried_by(t.id))
    with pytest.raises(HouseError, match="cannot be taken"):
        house.take(support.id)
    house.take(loose[0].id)
    assert len(house.objects) == everything - 1 == len(house.instance_ids()) - 1
    with pytest.raises(HouseError, match="hand is full"):
        house.take(loose[1].id)
    with pytest.raises(HouseError, match="not held"):
        house.put(loose[1])
    house.put(loose[0])
    assert len(house.objects) == everything


def test_a_wrong_config_is_refused() -> None:
    for wrong in ({"visits": 0}, {"carries": 1}, {"asks": 0}, {"walk_ticks": 0}, {"walked": -1}):
        with pytest.raises(ConfigError):
            RecallConfig(**wrong)  # type: ignore[arg-type]
