"""Put away: a thing ends in the drawer that is named, and the drawer is closed.

Level 1: one thing, nothing else. Level 2: with a look-alike and another thing, and one thing lies
in the other drawer already. Level 3: two things are to be put away, among clutter.
"""

from embodied_mem_envs.tabletop.tasks.episode import TaskEpisode
from embodied_mem_envs.tabletop.tasks.goals import Inside, Outside
from embodied_mem_envs.tabletop.tasks.kinds import (
    DRAWERS,
    add_clutter,
    add_lookalike,
    draw_storable,
)
from embodied_mem_envs.tabletop.tasks.spots import spot_in
from embodied_mem_envs.tabletop.tasks.story import Story
from embodied_mem_envs.tabletop.tasks.wording import listed


def tell(story: Story) -> TaskEpisode:
    """Makes up one task of the family."""
    drawer, other = story.some(DRAWERS, 2)
    cast = draw_storable(story, 4)
    wanted = [story.add(*cast[0])]
    if story.level == 3:
        wanted.append(story.add(*cast[1]))
    rest: list[str] = []
    if story.level > 1:
        rest.append(add_lookalike(story, wanted[0]))
        story.add(*cast[2], at=spot_in(story.poses, story.cell, other))
        rest += add_clutter(story, 1 if story.level == 2 else 2)
    story.watch()
    side = drawer.removesuffix("_drawer")
    named = f"{side} drawer" if story.words.random() < 0.75 else f"drawer on the {side}"
    things = listed(tuple(story.called(name) for name in wanted))
    return story.end(
        story.ask("put_away", things=things, drawer=named),
        (
            *(Inside(thing=name, place=drawer) for name in wanted),
            *(Outside(thing=name, places=DRAWERS) for name in rest),
            *story.drawers_closed(),
        ),
        roles={"target": wanted[0], "drawer": drawer},
    )
