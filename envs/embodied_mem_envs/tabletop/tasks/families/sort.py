"""Sort by colour: every block that has a bin of its colour ends inside it.

Level 1: two or three blocks, each with a bin. Level 2: up to four, two of one colour among them, a
block whose colour has no bin, and a can of a bin's colour: both must stay out of the bins. Level 3:
one more block lies in the wrong bin, and there is clutter.
"""

from embodied_mem_envs.tabletop.tasks.episode import TaskEpisode
from embodied_mem_envs.tabletop.tasks.goals import Goal, Inside, Outside
from embodied_mem_envs.tabletop.tasks.kinds import add_clutter
from embodied_mem_envs.tabletop.tasks.spots import spot_in
from embodied_mem_envs.tabletop.tasks.story import Story

_COLOURS = ("red", "green", "blue")
_WITHOUT_BIN = ("yellow", "orange", "purple")
_BINS = tuple(f"{colour}_bin" for colour in _COLOURS)


def tell(story: Story) -> TaskEpisode:
    """Makes up one task of the family."""
    colours = story.some(_COLOURS, 2 if story.level == 1 and story.cast.random() < 0.5 else 3)
    if story.level > 1:
        colours.append(story.one(_COLOURS))
    blocks = [(story.add("block", colour), colour) for colour in colours]
    others = _others(story)
    if story.level == 3:
        own, wrong = story.some(_COLOURS, 2)
        at = spot_in(story.poses, story.cell, f"{wrong}_bin")
        blocks.append((story.add("block", own, at=at), own))
    story.watch()
    goals: list[Goal] = [Inside(thing=name, place=f"{colour}_bin") for name, colour in blocks]
    goals += [Outside(thing=name, places=_BINS) for name in others]
    return story.end(story.ask("sort"), tuple(goals))


def _others(story: Story) -> list[str]:
    if story.level == 1:
        return []
    names = [
        story.add("block", story.one(_WITHOUT_BIN)),
        story.add("can", story.one(_COLOURS)),
    ]
    if story.level == 3:
        names += add_clutter(story, 1)
    return names
