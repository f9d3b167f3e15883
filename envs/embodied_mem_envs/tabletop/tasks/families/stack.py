"""Stack: one block on another, or a tower of three.

Level 1: the two blocks alone. Level 2: with a third block, and a can of the upper block's colour.
Level 3: a tower of three among clutter.
"""

from embodied_mem_envs.tabletop.tasks.episode import TaskEpisode
from embodied_mem_envs.tabletop.tasks.goals import On
from embodied_mem_envs.tabletop.tasks.kinds import add_clutter, colours_of
from embodied_mem_envs.tabletop.tasks.story import Story


def tell(story: Story) -> TaskEpisode:
    """Makes up one task of the family."""
    colours = story.some(colours_of("block"), 3)
    count = 2 if story.level == 1 else 3
    names = [story.add("block", colour) for colour in colours[:count]]
    if story.level > 1:
        cans = colours_of("can")
        story.add("can", colours[0] if colours[0] in cans else story.one(cans))
    if story.level == 3:
        add_clutter(story, 2)
    story.watch()
    words = [story.called(name) for name in names]
    if story.level < 3:
        return story.end(
            story.ask("stack", a=words[0], b=words[1]),
            (On(thing=names[0], base=names[1]),),
            roles={"upper": names[0], "lower": names[1]},
        )
    top, middle, bottom = names
    return story.end(
        story.ask("stack_three", a=words[0], b=words[1], c=words[2]),
        (On(thing=middle, base=bottom), On(thing=top, base=middle)),
        roles={"upper": top, "middle": middle, "lower": bottom},
    )
