"""Restore: everything goes back to where it lay when the visit began.

Level 1: one of two things was moved, and the agent watched. Level 2: two of three were moved, one
of them unseen. Level 3: three of four were moved: one into a bin or drawer while watched, and one,
unseen, to where that one had stood; on a visit before, everything lay elsewhere.
"""

from embodied_mem_envs.tabletop.tasks.episode import Spot, TaskEpisode
from embodied_mem_envs.tabletop.tasks.goals import At
from embodied_mem_envs.tabletop.tasks.kinds import BINS, DRAWERS, draw_storable
from embodied_mem_envs.tabletop.tasks.story import Story


def tell(story: Story) -> TaskEpisode:
    """Makes up one task of the family."""
    count = {1: 2, 2: 3, 3: 4}[story.level]
    names = [story.add(*one) for one in draw_storable(story, count)]
    box = story.one(BINS if story.cast.random() < 0.5 else DRAWERS)
    if story.level == 3:
        story.watch()
        story.new_session()
        for name in names:
            story.move(name, _elsewhere(story, name), seen=False)
    story.watch()
    story.mark("before")
    before = dict(story.where)
    story.move(names[0], _elsewhere(story, names[0], tuple(before.items())), seen=True)
    if story.level == 2:
        story.move(names[1], _elsewhere(story, names[1], tuple(before.items())), seen=False)
    if story.level == 3:
        story.move_into(names[1], box, seen=True)
        story.require_room(names[2], before[names[1]], leave_out=())
        story.move(names[2], before[names[1]], seen=False)
    goals = tuple(At(thing=name, x=spot.x, y=spot.y) for name, spot in before.items())
    return story.end(story.ask("restore"), (*goals, *story.drawers_closed()))


def _elsewhere(story: Story, name: str, free: tuple[tuple[str, Spot], ...] = ()) -> Spot:
    """Draws a spot away from the thing's own and from those that are to stay free."""
    return story.room_for(
        story.items[name].kind,
        leave_out=(name,),
        besides=tuple((story.items[other].kind, spot) for other, spot in free if other != name),
        far_from=(story.where[name],),
    )
