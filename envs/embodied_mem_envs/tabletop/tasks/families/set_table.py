"""Set the table: dishes go back to where they lay on the visit before.

Level 1: plate and mug; one of them is on the tray now. Level 2: a fork too; the plate is on the
tray, the mug in a bin, and another thing lies about. Level 3: a spoon too; on the visit before last
the setting was another one; the mug was put into a drawer while watched, and things may stand where
others belong. Cutlery must be turned as it was.
"""

import numpy as np

from embodied_mem_envs.tabletop.tasks.episode import Spot, TaskEpisode
from embodied_mem_envs.tabletop.tasks.goals import At
from embodied_mem_envs.tabletop.tasks.kinds import BINS, DRAWERS, add_clutter, colours_of
from embodied_mem_envs.tabletop.tasks.story import Story

_DISHES = ("plate", "mug", "fork", "spoon")


def tell(story: Story) -> TaskEpisode:
    """Makes up one task of the family."""
    kinds = _DISHES[: story.level + 1]
    drawer = story.one(DRAWERS)
    tidied = {
        1: {story.one(("plate", "mug")): "tray"},
        2: {"plate": "tray", "mug": story.one(BINS)},
        3: {},
    }[story.level]
    setting = _setting(story)
    names = {kind: story.add(kind, story.one(colours_of(kind)), at=setting[kind]) for kind in kinds}
    if story.level == 2:
        add_clutter(story, 1)
    story.watch()
    if story.level == 3:
        story.new_session()
        setting = _setting(story)
        for number, name in enumerate(names.values()):
            story.move(name, _on_the_chest(number), seen=False)
        for kind, name in names.items():
            story.move(name, setting[kind], seen=False)
        story.watch()
    story.mark("last_time")
    story.new_session()
    for kind, name in names.items():
        if kind in tidied:
            story.move_into(name, tidied[kind], seen=False)
            continue
        kept_free = () if story.level == 3 else tuple((other, setting[other]) for other in kinds)
        to = story.room_for(kind, leave_out=(name,), besides=kept_free, far_from=(setting[kind],))
        story.move(name, to, seen=False)
    story.watch()
    if story.level == 3:
        story.move_into(names["mug"], drawer, seen=True)
    goals = tuple(
        At(
            thing=name,
            x=setting[kind].x,
            y=setting[kind].y,
            yaw=setting[kind].yaw if kind in ("fork", "spoon") else None,
        )
        for kind, name in names.items()
    )
    return story.end(story.ask("set_table"), (*goals, *story.drawers_closed()), roles=names)


def _on_the_chest(number: int) -> Spot:
    """Where a person puts the dishes while the table is cleared."""
    return Spot(place="chest", x=0.85, y=0.14 * (number - 1.5))


def _setting(story: Story) -> dict[str, Spot]:
    """Draws where a plate, cutlery on both sides of it and a mug at one end lie."""
    rng = story.poses
    side = 1.0 if rng.random() < 0.5 else -1.0
    x, y = float(rng.uniform(0.35, 0.38)), side * float(rng.uniform(0.0, 0.07))

    def spot(dx: float, dy: float, turn: float) -> Spot:
        return Spot(
            place="table",
            x=x + dx + float(rng.uniform(-0.01, 0.01)),
            y=y + dy + float(rng.uniform(-0.005, 0.005)),
            yaw=turn,
        )

    def lengthwise() -> float:
        return float(rng.uniform(-0.1, 0.1))

    return {
        "plate": spot(0.0, 0.0, 0.0),
        "fork": spot(0.0, side * 0.115, lengthwise()),
        "spoon": spot(0.0, -side * 0.12, lengthwise()),
        "mug": spot(0.02, side * 0.215, float(rng.uniform(-np.pi, np.pi))),
    }
