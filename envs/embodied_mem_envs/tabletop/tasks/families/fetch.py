"""Fetch: bring a thing that was seen going into a drawer, which was closed then.

It ends on the tray, and the drawers are closed. Level 1: one drawer, one thing, and another one on
the table. Level 2: a second thing goes into the other drawer, with look-alikes on the table. Level
3: two things share the drawer, and this was seen on an earlier visit; things on the table were
moved since.
"""

from embodied_mem_envs.tabletop.tasks.episode import TaskEpisode
from embodied_mem_envs.tabletop.tasks.goals import Inside
from embodied_mem_envs.tabletop.tasks.kinds import (
    DRAWERS,
    add_clutter,
    add_lookalike,
    draw_storable,
)
from embodied_mem_envs.tabletop.tasks.story import Story


def tell(story: Story) -> TaskEpisode:
    """Makes up one task of the family."""
    drawer, other = story.some(DRAWERS, 2)
    cast = draw_storable(story, 4)
    target = story.add(*cast[0])
    stays = story.add(*cast[1])
    hidden = [story.add(*cast[2])] if story.level > 1 else []
    if story.level > 1:
        add_lookalike(story, target)
    shared = [story.add(*cast[3])] if story.level == 3 else []
    add_clutter(story, 1 if story.level == 3 else 0)
    story.watch()
    slots = 1 + len(shared)
    story.move_into(target, drawer, seen=True, slot=0, slots=slots)
    for name in hidden:
        story.move_into(name, other, seen=True)
    for name in shared:
        story.move_into(name, drawer, seen=True, slot=1, slots=slots)
    if story.level == 3:
        story.new_session()
        story.move(stays, story.room_for(story.items[stays].kind, leave_out=(stays,)), seen=False)
        story.watch()
    return story.end(
        story.ask("fetch", a=story.called(target)),
        (Inside(thing=target, place="tray"), *story.drawers_closed()),
        roles={"target": target, "drawer": drawer},
    )
