"""Swap: two things change places.

Level 1: the two alone. Level 2: with a look-alike and another thing beside them. Level 3: clutter,
and in half of all tasks one of the two stands in a bin.
"""

from embodied_mem_envs.tabletop.tasks.episode import Spot, TaskEpisode
from embodied_mem_envs.tabletop.tasks.goals import At, Goal, Inside
from embodied_mem_envs.tabletop.tasks.kinds import BINS, add_clutter, add_lookalike, draw_storable
from embodied_mem_envs.tabletop.tasks.spots import spot_in
from embodied_mem_envs.tabletop.tasks.story import Story


def tell(story: Story) -> TaskEpisode:
    """Makes up one task of the family."""
    cast = draw_storable(story, 2)
    binned = story.one(BINS) if story.level == 3 and story.cast.random() < 0.5 else None
    one = story.add(*cast[0])
    if binned is None:
        spot = story.room_for(cast[1][0], far_from=(story.where[one],))
    else:
        spot = spot_in(story.poses, story.cell, binned)
    other = story.add(*cast[1], at=spot)
    if story.level > 1:
        add_lookalike(story, one)
        add_clutter(story, 1 if story.level == 2 else 3)
    for name, to in ((one, spot), (other, story.where[one])):
        if to.place == "table":
            story.require_room(name, to, leave_out=(one, other))
    story.watch()
    words = (story.called(one), story.called(other))
    return story.end(
        story.ask("swap", a=words[0], b=words[1]),
        (_goal(one, spot), _goal(other, story.where[one])),
        roles={"one": one, "other": other},
    )


def _goal(name: str, spot: Spot) -> Goal:
    if spot.place == "table":
        return At(thing=name, x=spot.x, y=spot.y)
    return Inside(thing=name, place=spot.place)
