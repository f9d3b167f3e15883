"""Count: how many things of a colour, of a kind, or of both there are; the number is the answer.

Level 1: on the table, all in sight. Level 2: one or two were seen going into a drawer; asked is
about the table alone or about all there is. Level 3: what went into the drawers was seen on an
earlier visit, and one thing was moved to the other drawer or taken out again while watched.
"""

from embodied_mem_envs.tabletop.tasks.episode import TaskEpisode
from embodied_mem_envs.tabletop.tasks.kinds import COUNTED, DRAWERS, PLURALS, colours_of
from embodied_mem_envs.tabletop.tasks.story import Story

_COLOURS = ("red", "blue", "yellow")


def tell(story: Story) -> TaskEpisode:
    """Makes up one task of the family."""
    colour, kind = story.one(_COLOURS), story.one(COUNTED)
    by = story.one(("colour", "kind", "both"))
    names = _cast(story, colour, kind)
    story.watch()
    if story.level > 1:
        _hide(story, names)
    in_all = story.level > 1 and story.cast.random() < 0.6
    answer = sum(
        (by == "kind" or story.items[name].colour == colour)
        and (by == "colour" or story.items[name].kind == kind)
        and (in_all or story.where[name].place == "table")
        for name in names
    )
    kinds = {
        "colour": f"{colour} things",
        "kind": PLURALS[kind],
        "both": f"{colour} {PLURALS[kind]}",
    }[by]
    wording = "count_all" if in_all else "count_table"
    return story.end(story.ask(wording, kinds=kinds), story.drawers_closed(), answer=answer)


def _cast(story: Story, colour: str, kind: str) -> list[str]:
    """Things that are all, half or not at all what is asked for."""
    other_colours = tuple(c for c in colours_of(kind) if c != colour)
    other_kinds = tuple(k for k in COUNTED if k != kind and colour in colours_of(k))
    most = 2 if story.level == 1 else 3
    cast = [(kind, colour)] * int(story.cast.integers(0, most + 1))
    cast += [(kind, story.one(other_colours)) for _ in range(int(story.cast.integers(1, 3)))]
    cast += [(story.one(other_kinds), colour) for _ in range(int(story.cast.integers(1, 3)))]
    for _ in range(story.level - 1):
        stranger = story.one(other_kinds)
        cast.append((stranger, story.one(tuple(c for c in colours_of(stranger) if c != colour))))
    return [story.add(*cast[int(index)]) for index in story.cast.permutation(len(cast))]


def _hide(story: Story, names: list[str]) -> None:
    hidden = story.some(tuple(names), int(story.cast.integers(1, 3)))
    drawers = story.some(DRAWERS, 2)
    for slot, name in enumerate(hidden):
        story.move_into(name, drawers[0], seen=True, slot=slot, slots=len(hidden))
    if story.level < 3:
        return
    if story.cast.random() < 0.5:
        story.move_into(hidden[-1], drawers[1], seen=True)
    else:
        story.move(hidden[-1], story.room_for(story.items[hidden[-1]].kind), seen=True)
    story.new_session()
    stays = next(name for name in names if name not in hidden)
    story.move(stays, story.room_for(story.items[stays].kind, leave_out=(stays,)), seen=False)
    story.watch()
