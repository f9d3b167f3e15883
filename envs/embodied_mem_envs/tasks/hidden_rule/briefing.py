"""What a robot is told before it begins: the house, and which happenings follow a rule."""

from typing import Final

import msgspec

from embodied_mem_envs.tasks.hidden_rule.game import Game
from embodied_mem_envs.tasks.hidden_rule.grammar import Grammar
from embodied_mem_envs.tasks.hidden_rule.rooms import Rooms

TEXT: Final = (
    "Find out by experiments which rule each trigger follows. Answer every ask of the kind `call` "
    'with one call as JSON, such as {"tool":"move","target":"kitchen"}: move to a room behind a '
    "door (1 energy, 2 through a shut door), activate a thing of this room, rest (3 energy), look, "
    "note anything, or submit. At the end you are asked for each rule once, in the grammar."
)
_GRAMMAR: Final = (
    "when TRIGGER if LITERAL [and|or LITERAL] then EFFECT; LITERAL is [not] room is ROOM | room is "
    "beside ROOM | energy >= 2..8 | step mod 2..5 is N | visits mod 2..4 is N | last is KIND | "
    "used KIND | count KIND mod 2..3 is N. `visits` counts how often you came into this room, the "
    "start and this time too; `last`, `used` (since the last rest) and `count` are about "
    "activations before this call; energy is what is left after moving or resting."
)


class Briefing(msgspec.Struct, frozen=True, kw_only=True):
    """All that is told, as one line of JSON."""

    task: str
    grammar: str
    effects: tuple[str, ...]
    rooms: tuple[str, ...]
    doors: tuple[tuple[str, str], ...]
    things: dict[str, tuple[str, ...]]
    """For each kind of thing the rooms that it stands in."""
    triggers: tuple[str, ...]
    """Each of them follows one rule; no other has any."""
    steps: int

    @property
    def map(self) -> Rooms:
        """The house in the form that the grammar takes."""
        index = {name: number for number, name in enumerate(self.rooms)}
        return Rooms(
            names=self.rooms,
            doors=tuple((index[first], index[second]) for first, second in self.doors),
            kinds=tuple(self.things),
            things=tuple(tuple(index[room] for room in rooms) for rooms in self.things.values()),
        )


def brief(game: Game) -> str:
    """Writes what a robot is told of a game."""
    rooms, grammar = game.rooms, Grammar(rooms=game.rooms)
    told = Briefing(
        task=TEXT,
        grammar=_GRAMMAR,
        effects=grammar.effects,
        rooms=rooms.names,
        doors=tuple((rooms.names[first], rooms.names[second]) for first, second in rooms.doors),
        things={
            kind: tuple(rooms.names[room] for room in where)
            for kind, where in zip(rooms.kinds, rooms.things, strict=True)
        },
        triggers=tuple(rule.trigger for rule in game.rules),
        steps=game.config.steps,
    )
    return msgspec.json.encode(told).decode()


def read_briefing(text: str) -> Briefing:
    """Reads what was told.

    Raises:
        msgspec.DecodeError: If it is no briefing.
    """
    return msgspec.json.decode(text, type=Briefing)
