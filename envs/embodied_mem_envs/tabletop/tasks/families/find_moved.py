"""Find the moved thing: it is not where it was last seen; search for it, then bring it.

It was moved unseen, and ends on the tray. Level 1: to another place on the table, or into a bin.
Level 2: into a bin or drawer, with a look-alike on the table. Level 3: into a drawer, between two
visits; another thing lies in the other drawer, and there is clutter.
"""

from embodied_mem_envs.tabletop.tasks.episode import TaskEpisode
from embodied_mem_envs.tabletop.tasks.goals import Inside
from embodied_mem_envs.tabletop.tasks.kinds import (
    BINS,
    DRAWERS,
    add_clutter,
    add_lookalike,
    draw_storable,
)
from embodied_mem_envs.tabletop.tasks.story import Story

_HIDES = {1: ("table", *BINS), 2: (*BINS, *DRAWERS), 3: DRAWERS}


def tell(story: Story) -> TaskEpisode:
    """Makes up one task of the family."""
    cast = draw_storable(story, 2)
    target = story.add(*cast[0])
    decoy = story.add(*cast[1])
    if story.level > 1:
        add_lookalike(story, target)
    if story.level == 3:
        add_clutter(story, 1)
    hide = story.one(_HIDES[story.level])
    story.watch()
    if story.level == 3:
        story.new_session()
        story.move_into(decoy, next(d for d in DRAWERS if d != hide), seen=False)
    if hide == "table":
        kind, spot = story.items[target].kind, story.where[target]
        story.move(target, story.room_for(kind, leave_out=(target,), far_from=(spot,)), seen=False)
    else:
        story.move_into(target, hide, seen=False)
    return story.end(
        story.ask("find_moved", a=story.called(target)),
        (Inside(thing=target, place="tray"),),
        roles={"target": target, "hidden": hide},
    )
