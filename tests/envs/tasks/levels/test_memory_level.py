"""What the memory level of action shows and does."""

import numpy as np

from embodied_mem.brain.build import MemoryConfig, build_hippocampus
from embodied_mem.types import Command
from embodied_mem_envs.house import CameraConfig, HouseBody, generate_house
from embodied_mem_envs.tasks.levels.choices import picture_choices
from embodied_mem_envs.tasks.levels.from_picture import answer_from
from embodied_mem_envs.tasks.levels.texts import decode
from task_environments import GOALS, QUESTIONS, make


def test_pictures_of_the_memory_are_shown_and_lead_to_replies() -> None:
    env = make(GOALS, {"level": "memory", "subtasks": 1})
    observation, _ = env.reset(seed=6)
    features = observation["picture_features"].reshape(12, 7)
    held = int(features[:, 0].sum())
    assert held >= 1 and env.action_masks()[:12].sum() == held
    assert (np.diff(features[:held, 5]) <= 0.0).all()  # the most relevant comes first
    thumbnails = observation["pictures"].reshape(12, -1)
    assert thumbnails[:held].any(axis=1).all() and not thumbnails[held:].any()
    assert decode(observation["picture_words"][:96])
    _, _, ended, _, info = env.step(0)
    assert ended and info["values"]["ticks"] > 0
    env.close()


def test_walking_to_frontiers_shows_more_of_the_house() -> None:
    env = make(QUESTIONS, {"level": "memory", "rooms": 4})
    observation, _ = env.reset(seed=6)
    before = observation["remaining"][0]
    pictures = observation["picture_features"].reshape(12, 7)[:, 0].sum()
    for _ in range(6):
        assert env.action_masks()[12]
        observation, *_ = env.step(12)
    assert observation["remaining"][0] < before
    assert observation["picture_features"].reshape(12, 7)[:, 0].sum() > pictures
    env.close()


def test_stairs_are_choices_too_and_lead_to_the_other_floor() -> None:
    env = make(QUESTIONS, {"level": "memory", "rooms": 5, "floors": 2, "width": 128, "height": 96})
    observation, _ = env.reset(seed=3)
    floors = set()
    for _ in range(40):
        body = env.world.body.inner  # type: ignore[attr-defined]
        floors.add(body.true_floor)
        features = observation["frontier_features"].reshape(6, 6)
        offered = [index for index in range(6) if env.action_masks()[12 + index]]
        if len(floors) == 2 or not offered:
            break
        seen = [index for index in offered if features[index, 5] > 0.0]
        observation, *_ = env.step(12 + (seen or offered)[0])
    assert floors == {0, 1}
    env.close()


def test_an_answer_from_a_picture_knows_only_what_it_shows() -> None:
    body = HouseBody(generate_house(5), CameraConfig(width=160, height=120))
    hippocampus = build_hippocampus(MemoryConfig(allocator="value"))
    body.connect()
    for _ in range(13):
        hippocampus.observe(body.observe())
        body.act(Command(turn=np.pi / 6))
    hippocampus.consolidate()
    choices = picture_choices(hippocampus, "Where is everything?", 12)
    shown = [{fact.category for fact in choice.things} for choice in choices]
    everything = set.union(*shown)
    assert len(choices) > 1 and any(own != everything for own in shown)
    for choice, own in zip(choices, shown, strict=True):
        for category in sorted(everything):
            answer = answer_from(hippocampus.store, choice, f"Is there a {category}?")
            assert (answer.value is True) == (category in own), category
    hippocampus.store.close()
