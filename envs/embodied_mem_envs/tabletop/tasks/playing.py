"""Plays what happened before the instruction: a person's hands in the simulator, eyes elsewhere."""

from collections.abc import Callable
from typing import Protocol

from embodied_mem.robots.arm import WorkCell
from embodied_mem_envs.tabletop.layout import Placed, Position
from embodied_mem_envs.tabletop.tasks.episode import (
    Drawer,
    Move,
    NewSession,
    Spot,
    TaskEpisode,
    Watch,
)
from embodied_mem_envs.tabletop.tasks.spots import floor_height
from embodied_mem_envs.tabletop.tasks.truth import slide

_ABOVE = 0.0005
"""Things are let go this high, m."""
_SETTLE_SECONDS = 0.3


class Stage(Protocol):
    """What of `TabletopBody` a history needs."""

    cell: WorkCell

    def place_object(self, name: str, position: Position, yaw: float = 0.0) -> None:
        """Moves a thing at once."""

    def set_drawer(self, name: str, share: float) -> None:
        """Moves a drawer at once."""

    def settle(self, seconds: float = 0.5) -> None:
        """Lets the world come to rest."""


def starting_layout(episode: TaskEpisode, cell: WorkCell) -> tuple[Placed, ...]:
    """Returns the layout of a task as the simulator takes it."""
    return tuple(
        Placed(
            kind=item.kind,
            colour=item.colour,
            position=_position(item.spot, cell, 0.0),
            yaw=item.spot.yaw,
            name=item.name,
        )
        for item in episode.layout.items
    )


def play_history(
    episode: TaskEpisode,
    body: Stage,
    *,
    watch: Callable[[], None],
    new_session: Callable[[], None],
) -> None:
    """Plays the history of a task, event by event.

    Args:
        episode: The task.
        body: Its simulator, as `starting_layout` set it up.
        watch: Called when the agent looks, and after each event that it watches.
        new_session: Called when the agent goes away and comes back.
    """
    where = {item.name: item.spot for item in episode.layout.items}
    body.settle(_SETTLE_SECONDS)
    opened: dict[str, float] = {}
    for event in episode.history:
        if isinstance(event, Watch):
            watch()
        elif isinstance(event, NewSession):
            new_session()
        elif isinstance(event, Drawer):
            opened[event.name] = event.share
            body.set_drawer(event.name, event.share)
            for name, spot in where.items():
                if spot.place == event.name:
                    _put(body, name, spot, event.share)
        elif isinstance(event, Move):
            where[event.name] = event.to
            _put(body, event.name, event.to, opened.get(event.to.place, 0.0))
        if isinstance(event, Drawer | Move):
            body.settle(_SETTLE_SECONDS)
            if event.seen:
                watch()


def _put(body: Stage, name: str, spot: Spot, share: float) -> None:
    body.place_object(name, _position(spot, body.cell, share), spot.yaw)


def _position(spot: Spot, cell: WorkCell, share: float) -> Position:
    """Middle of the footprint and height of the underside, in a drawer that is open by `share`."""
    x, y, z = slide(cell[spot.place], share).tolist()
    return (spot.x + x, spot.y + y, floor_height(cell, spot.place) + z + _ABOVE)
