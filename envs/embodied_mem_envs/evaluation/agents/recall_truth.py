"""The history of a recall episode as it truly was: what the bound answers from."""

from embodied_mem.brain.recall import Carry, History, Stay, Thing
from embodied_mem_envs.tasks.recall.episode import RecallEpisode
from embodied_mem_envs.tasks.recall.log import Lies, TrueCarry, all_lie


def true_history(episode: RecallEpisode) -> History:
    """Returns what a perfect memory holds of an episode whose history is over."""
    tale, log = episode.tale, episode.tale.log
    poses = {pose.tick: pose for pose in log.poses}
    return History(
        carries=tuple(map(_carry, log.carries)),
        stays=tuple(
            Stay(
                room=stay.room.category,
                place=stay.room.id,
                visit=stay.visit,
                start=stay.start,
                end=stay.end,
                point=(poses[stay.start].x, poses[stay.start].y),
            )
            for stay in log.stays(tale.house)
        ),
        things=tuple(map(_thing, all_lie(tale.house).values())),
        earlier={visit: tuple(map(_thing, lying.values())) for visit, lying in enumerate(log.ends)},
    )


def _carry(carry: TrueCarry) -> Carry:
    return Carry(
        visit=carry.visit,
        picked=carry.picked,
        placed=carry.placed,
        source=_thing(carry.source),
        target=_thing(carry.target),
        source_on=_support(carry.source),
        target_on=_support(carry.target),
    )


def _thing(lying: Lies) -> Thing:
    thing = lying.thing
    return Thing(
        category=thing.category,
        colour=thing.colour,
        low=thing.box_min,
        high=thing.box_max,
        room=lying.room.category,
    )


def _support(lying: Lies) -> Thing | None:
    if lying.on is None:
        return None
    return _thing(Lies(thing=lying.on, room=lying.room, on=None))
