"""What nobody can beat, and what chance gives: replies that know the truth, and blind ones."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from embodied_mem_envs.evaluation.questions import HouseQuestion
from embodied_mem_envs.tasks.bounds import drive
from embodied_mem_envs.tasks.episode import Ask, Reply
from embodied_mem_envs.tasks.question_answering.episode import QuestionAnswering
from embodied_mem_envs.tasks.question_answering.shortest import rooms_to_see, things_to_see
from embodied_mem_envs.tasks.room_tour import shortest_tour


@dataclass(frozen=True, kw_only=True, slots=True)
class TrueAnswer:
    """An answer made from the truth; `AnswerLike`."""

    status: str
    certain: bool
    value: Any


def oracle_reply(episode: QuestionAnswering, ask: Ask) -> Reply:
    """Walks the reference way where there is a body, and answers the open ask from the truth."""
    if ask.max_ticks > 0:
        world, question = episode.world, episode.question
        here = world.body.true_place
        rooms = rooms_to_see(question, world)
        if rooms:
            for node in shortest_tour(world.house, world.floor, here, rooms)[1]:
                drive(world, [node])
        else:
            for group in things_to_see(question, world):
                view = world.sight.nearest_view(group, world.floor.distances([here]))[1]
                drive(world, [] if view is None else [view])
                here = world.body.true_place
    answer = true_answer(episode.question)
    return Reply(text=str(answer.value), answer=answer)


def random_reply(ask: Ask, rng: np.random.Generator) -> Reply:
    """Chooses any option without looking; right with the probability `chance`."""
    choice = int(rng.integers(len(ask.options)))
    return Reply(text=ask.options[choice], choice=choice)


def chance(ask: Ask) -> float:
    """Returns how likely `random_reply` is right: exactly one of the options is."""
    return 1.0 / len(ask.options)


def true_answer(question: HouseQuestion) -> TrueAnswer:
    """Returns the right answer in the form that `evaluation.scoring` judges."""
    if question.about_unseen:
        return TrueAnswer(status="unseen", certain=False, value=None)
    return TrueAnswer(status="answered", certain=True, value=_true_value(question))


def _true_value(question: HouseQuestion) -> Any:
    right = question.right
    match question.kind:
        case "exists":
            return bool(right.instances)
        case "how_many":
            return right.count
        case "near":
            return list(right.near)
        case "colour":
            return right.instances[0].colour
        case "which_room":
            return right.instances[0].room
        case "which_floor":
            return right.instances[0].floor
        case _:
            thing = right.instances[0]
            middle = [0.5 * (low + high) for low, high in zip(thing.low, thing.high, strict=True)]
            return {"category": thing.category, "position": middle, "room": thing.room}
