"""Clear: nothing stands over the lane any more, and nothing fell off the table.

Level 1: one or two things in the lane. Level 2: three, and others beside it that may stay. Level 3:
four, and clutter where they could go; bins, tray and drawers are free to be used.
"""

from embodied_mem_envs.tabletop.tasks.episode import TaskEpisode
from embodied_mem_envs.tabletop.tasks.goals import Off
from embodied_mem_envs.tabletop.tasks.kinds import STORABLE, colours_of
from embodied_mem_envs.tabletop.tasks.spots import IN_LANE, NEAR_SIDE
from embodied_mem_envs.tabletop.tasks.story import Story

_SMALL = ("block", "dice", "ball", "can")
"""Things that fit beside the lane without reaching into it, however they are turned."""


def tell(story: Story) -> TaskEpisode:
    """Makes up one task of the family."""
    count = 1 + int(story.cast.integers(2)) if story.level == 1 else story.level + 1
    inside = [
        story.add(kind, story.one(colours_of(kind)), region=IN_LANE)
        for kind in story.some(STORABLE, count)
    ]
    for kind in story.some(_SMALL, story.level - 1):
        story.add(kind, story.one(colours_of(kind)), region=NEAR_SIDE)
    story.watch()
    # Those beside the lane must not be pushed into it either, so all things are goals.
    goals = tuple(Off(thing=name, zone="lane") for name in story.items)
    roles = {f"in_lane_{number}": name for number, name in enumerate(inside)}
    return story.end(story.ask("clear"), goals, roles=roles)
