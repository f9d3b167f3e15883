"""How far one must walk at least until the answer to a question can be seen.

Version 1 of the reference way, by what a question needs:

- `where`, `which_room`, `which_floor`, `colour`, `near`, and `exists` of what is there: until one
  of the things that the words fit shows (`tasks.sight.Sight`).
- `superlative` with a reference (`nearest`, `nearest_of`) and `biggest` in one room: until the
  thing that is the answer and the reference have shown; the farther of both ways counts.
- `how_many`, `biggest` in the house or on a floor, and everything about what is not there: over
  all rooms that the question is about (`tasks.room_tour`), for only then it is known.

Ways shorter than a metre count as a metre, so that a step aside from where the answer shows at
once does not cost everything.
"""

import numpy as np

from embodied_mem_envs.evaluation.drafts import fitting
from embodied_mem_envs.evaluation.nouns import Noun
from embodied_mem_envs.evaluation.questions import HouseQuestion
from embodied_mem_envs.evaluation.truth import view_house
from embodied_mem_envs.house.layout import Room
from embodied_mem_envs.house.objects import HouseObject
from embodied_mem_envs.tasks.episode import Place
from embodied_mem_envs.tasks.house_world import HouseWorld
from embodied_mem_envs.tasks.room_tour import shortest_tour

VERSION = 1
LEAST = 1.0
"""Shorter ways count as this long, metres."""


def shortest_way(question: HouseQuestion, world: HouseWorld, start: Place) -> float:
    """Returns the metres of the reference way of a question from a start."""
    rooms = rooms_to_see(question, world)
    if rooms:
        return max(LEAST, shortest_tour(world.house, world.floor, start, rooms)[0])
    distances = world.floor.distances([start])
    ways = [
        world.sight.nearest_view(group, distances)[0] for group in things_to_see(question, world)
    ]
    return max(LEAST, *ways)


def rooms_to_see(question: HouseQuestion, world: HouseWorld) -> list[Room]:
    """Returns the rooms that must all be looked into; none where seeing something is enough."""
    noun = question.noun
    room = None if noun is None else noun.room
    floor = None if noun is None else noun.floor
    everywhere = question.form == "biggest" and room is None
    if not (question.about_unseen or question.kind == "how_many" or everywhere):
        return []
    return [
        each
        for each in world.house.rooms
        if room in (None, each.category) and floor in (None, each.floor)
    ]


def things_to_see(question: HouseQuestion, world: HouseWorld) -> list[list[HouseObject]]:
    """Returns groups of things; one of each group must be seen."""
    groups = [[world.house.object(each.id) for each in question.right.instances]]
    if question.kind == "superlative" and question.form != "biggest" and question.noun is not None:
        groups.append(_named(question.noun, world))
    return groups


def _named(noun: Noun, world: HouseWorld) -> list[HouseObject]:
    view = view_house(world.house.truth(), ())
    return [world.house.object(view.ids[int(row)]) for row in np.flatnonzero(fitting(view, noun))]
