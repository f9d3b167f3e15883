"""Calls that are right to make on a memory, and who knows them."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, final

import numpy as np

from embodied_mem.brain.tools import Toolbox
from embodied_mem.memory import MemoryStore
from embodied_mem.memory.facts import ObjectFact, PlaceFact, active
from embodied_mem.memory.record import Kind
from embodied_mem.models.client import Completion, Message

_KINDS: Final[tuple[Kind, ...]] = ("event", "fact", "snapshot", "summary", "frontier", "skill")
_SAID: Final = (
    "where the {x} is, and what stood beside it",
    'the thing that Ana calls "the old {x}"',
    "the dog's bed near the {x}",
    "{x}: moved, cleaned or broken?",
    "{x}",
    "a picture of the {x} (not the one in the hall)",
    "everything about the {x}\nsince this morning",
)
_OPTIONAL: Final = 0.4
"""Share of the arguments that may be left out that are given."""


@final
class Knowing:
    """A model that writes the right call."""

    name = "knowing"

    def __init__(self) -> None:
        self.text = ""

    def complete(
        self,
        messages: Sequence[Message],
        *,
        schema: Mapping[str, Any] | None = None,
        timeout: float | None = None,
    ) -> Completion:
        """Returns the call that it was told."""
        return Completion(text=self.text, prompt_tokens=1, completion_tokens=1, seconds=0.0)


def draw_calls(
    store: MemoryStore, tools: Toolbox, rng: np.random.Generator, count: int
) -> list[str]:
    """Returns calls that a memory answers, as JSON; half of them with nulls spelled out."""
    things = [f"{fact.colour} {fact.category}" for _, fact in active(store, ObjectFact)]
    rooms = [fact.name for _, fact in active(store, PlaceFact) if fact.name]
    calls: list[str] = []
    while len(calls) < count:
        text = _draw_call(things, rooms, rng)
        call = json.loads(text)
        tool = tools[call["tool"]]
        if tool.writes or not tool.call(call["arguments"]).failed:
            calls.append(text)
    return calls


def _draw_call(things: list[str], rooms: list[str], rng: np.random.Generator) -> str:
    thing, room = str(rng.choice(things)), str(rng.choice(rooms))
    said = str(rng.choice(_SAID)).replace("{x}", thing)
    length = {"max_tokens": int(rng.integers(50, 800))}
    kinds = [str(each) for each in rng.choice(_KINDS, int(rng.integers(1, 3)), replace=False)]
    forms: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
        "recall": (
            {"query": said},
            {
                "k": int(rng.integers(1, 21)),
                "kinds": kinds,
                "place": room,
                "since": int(rng.integers(0, 20)),
                "until": int(rng.integers(20, 99)),
                **length,
            },
        ),
        "where_is": ({"thing": thing}, length),
        "what_is_near": (
            {"target": str(rng.choice([thing, room]))},
            {"within": round(float(rng.uniform(0.2, 5.0)), 1), **length},
        ),
        "history": ({"thing": thing}, length),
        "show_snapshot": ({"what": thing}, {}),
        "remember": (
            {"text": said},
            {"about": [thing, room], "private": bool(rng.random() < 0.5)},
        ),
    }
    tool = str(rng.choice(sorted(forms)))
    required, optional = forms[tool]
    spelled = rng.random() < 0.5
    given: dict[str, Any] = dict(required)
    for name, value in optional.items():
        if rng.random() < _OPTIONAL:
            given[name] = value
        elif spelled:
            given[name] = None
    return json.dumps({"tool": tool, "arguments": given})
