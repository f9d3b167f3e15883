"""An episode of tool calls over a real house memory, laid out as prompts in several ways.

The layouts get the same turns and may show as many tokens; only the order and what goes differ.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from embodied_mem.brain.asking.answerer import CAP_TOKENS
from embodied_mem.brain.asking.prompts import TURNS, system_prompt
from embodied_mem.brain.asking.replies import Decision, as_json
from embodied_mem.brain.language.recollection import Recollection
from embodied_mem.brain.tools import Toolbox
from embodied_mem.memory.store import MemoryStore
from embodied_mem.memory.working.memory import WorkingMemory
from embodied_mem.memory.working.messages import Conversation, Speaker
from embodied_mem.models.client import Message
from embodied_mem.models.roles import Part
from embodied_mem.models.tokens import estimate_tokens

STEPS: Final = 50
Layout = Literal["subgoals", "flat", "window", "newest_first"]
LAYOUTS: Final[tuple[Layout, ...]] = ("subgoals", "flat", "window", "newest_first")
"""`subgoals`: a working memory that closes each subgoal. `flat`: one without subgoals, as the
answerer uses it. `window`: the newest turns, oldest first. `newest_first`: the same, the newest
first."""
_HEAD: Final = (
    "Task: Look for these things one after the other and tell where each is and what is by it."
)
_CALLS: Final = (
    ("where_is", "thing", "where it is has to be looked up"),
    ("what_is_near", "target", "what stands by it has to be looked up"),
    ("history", "thing", "whether it was moved has to be looked up"),
    ("recall", "query", "notes on it have to be looked up"),
    ("show_snapshot", "what", "a picture of it has to be looked at"),
)
"""The tools that each thing is looked up with, in order."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Turn:
    """One turn of the episode."""

    speaker: Speaker
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Prompt:
    """What one role reads at one step."""

    role: Part
    messages: tuple[Message, ...]


def prompts(store: MemoryStore, layout: Layout, *, seed: int, steps: int) -> Iterator[Prompt]:
    """Yields every prompt of an episode: the planner's and the caller's at each step.

    Args:
        store: The memory that is asked.
        layout: How the prompts are laid out.
        seed: Of the order of things.
        steps: Calls of tools.
    """
    tools = store.tools()
    told = system_prompt(tools.values())
    things = _things(store, seed)
    own = _Noted() if layout in ("subgoals", "flat") else None
    history: list[Turn] = []

    def add(speaker: Speaker, text: str) -> None:
        history.append(Turn(speaker=speaker, text=" ".join(text.split())))
        if own is not None:
            own.add(history[-1])

    def laid_out() -> tuple[Message, ...]:
        if own is not None:
            return own.talk.messages(told)
        return _newest(told, history, backwards=layout == "newest_first")

    for step in range(steps):
        thing = things[step // len(_CALLS) % len(things)]
        tool, field, why = _CALLS[step % len(_CALLS)]
        first = step % len(_CALLS) == 0
        if own is not None and layout == "subgoals" and first:
            own.next_subgoal(tools, thing)
        add("user", TURNS["planner"])
        yield Prompt(role="planner", messages=laid_out())
        thought = f"Of the {thing}, {why}, with {tool}."
        add("assistant", as_json(Decision(thought=thought, next="call")))
        add("user", TURNS["caller"])
        yield Prompt(role="caller", messages=laid_out())
        add("assistant", f'{{"tool":"{tool}","arguments":{{"{field}":"{thing}"}}}}')
        add("user", f"{tool}: {tools.call(tool, {field: thing}).text}")


class _Noted:
    """The turns in a working memory."""

    def __init__(self) -> None:
        self.memory = WorkingMemory(CAP_TOKENS, head=_HEAD)
        self.talk = Conversation(self.memory)
        self._thing = ""

    def add(self, turn: Turn) -> None:
        (self.talk.say if turn.speaker == "assistant" else self.talk.hear)(turn.text)

    def next_subgoal(self, tools: Toolbox, thing: str) -> None:
        """Closes the subgoal before with what was found, and opens the next."""
        if self._thing:
            found = tools.call("where_is", {"thing": self._thing, "max_tokens": 60}).text
            self.memory.close(found[:200])
        self._thing = thing
        self.memory.open(f"look for the {thing}")


def _newest(told: str, history: Sequence[Turn], *, backwards: bool) -> tuple[Message, ...]:
    """Lays out the newest turns that have room under the cap; whose turn it is stays last."""
    chosen: list[Turn] = []
    room = CAP_TOKENS - estimate_tokens(_HEAD)
    for turn in reversed(history):
        room -= estimate_tokens(turn.text + "\n")
        if room < 0:
            break
        chosen.append(turn)
    if backwards:
        chosen = [*chosen[1:], chosen[0]]
    else:
        chosen.reverse()
    messages = [Message(role="user", text=_HEAD)]
    messages += [Message(role=turn.speaker, text=turn.text) for turn in chosen]
    return (Message(role="system", text=told), *messages)


def _things(store: MemoryStore, seed: int) -> list[str]:
    """Returns what is looked for: things of the house by colour and category, in random order."""
    seen = Recollection(store).objects
    names = sorted({f"{each.fact.colour} {each.category}" for each in seen if not each.gone})
    order = np.random.default_rng([seed, 30]).permutation(len(names))
    return [names[n] for n in order]
