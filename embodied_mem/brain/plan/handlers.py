"""Which handler takes an anomaly: a step's own, then those of the tasks around it, then these."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import final

from embodied_mem.brain.plan.conditions import Condition, parse_condition
from embodied_mem.brain.plan.life import Notice
from embodied_mem.brain.plan.schema import Handler, Node, Step
from embodied_mem.brain.state import State

DEFAULT_HANDLERS: tuple[Handler, ...] = (
    # What the step needs is gone: an earlier step must bring it back, trying again cannot.
    Handler(on="precondition", level="backtrack", times=3),
    Handler(on="invariant", level="backtrack", times=3),
    Handler(on="precondition", level="retry"),
    Handler(on="invariant", level="retry"),
    # The step itself went wrong: again a little differently, then in another way.
    Handler(on="postcondition", level="retry", times=2),
    Handler(on="bad_end", level="retry", times=2),
    Handler(on="timeout", level="retry"),
    Handler(level="alternative", times=2),
    Handler(level="backtrack"),
    # Nothing at hand helps: what helped before, then another plan.
    Handler(level="recall"),
    Handler(level="replan"),
    Handler(level="stop"),
)
"""The general ladder, for every step and task; each rung is bounded."""


def contextual_handlers(entities: Sequence[str]) -> tuple[Handler, ...]:
    """Returns the handlers that come before the general ones, for a step about some entities.

    A thing that is not where it was believed to be cannot be had by trying again: memory or
    another plan must say where else it may be.

    >>> [handler.level for handler in contextual_handlers(["mug"])]
    ['recall', 'replan', 'stop']
    >>> contextual_handlers(["mug"])[0].when
    'missing(mug)'
    """
    if not entities:
        return ()
    gone = " or ".join(f"missing({entity})" for entity in entities)
    return (
        Handler(when=gone, level="recall"),
        Handler(when=gone, level="replan"),
        Handler(when=gone, level="stop"),
    )


@dataclass(frozen=True, slots=True)
class Rung:
    """A handler that may take an anomaly."""

    handler: Handler
    when: Condition | None
    key: tuple[str, int]
    """Owner and number, under which its uses are counted."""

    @classmethod
    def of(cls, handler: Handler, owner: str, number: int) -> "Rung":
        """Parses a handler's condition.

        Raises:
            ConditionError: If it cannot be read.
        """
        when = parse_condition(handler.when) if handler.when else None
        return cls(handler, when, (owner, number))

    def takes(self, notice: Notice, state: State) -> bool:
        """Tells whether the handler is for an anomaly."""
        if self.handler.on not in ("any", notice.anomaly):
            return False
        return self.when is None or self.when.evaluate(state)


@final
class Ladder:
    """Remembers how often every handler was used, so that none is used for ever."""

    def __init__(self, entities_of: Callable[[Step], Sequence[str]]) -> None:
        """Prepares a ladder.

        Args:
            entities_of: Tells what entities a step is about.
        """
        self._entities_of = entities_of
        self._used: dict[tuple[str, int], int] = {}
        self._rungs: dict[str, tuple[Rung, ...]] = {}

    def rungs(self, nodes: Sequence[Node], notice: Notice, state: State) -> Iterator[Rung]:
        """Yields the handlers that may take an anomaly, from the cheapest to the last.

        Args:
            nodes: The node that noticed it, then the tasks around it, the innermost first.
            notice: The anomaly.
            state: What is believed now.
        """
        for rung in self._all(nodes):
            left = self._used.get(rung.key, 0) < rung.handler.times
            if left and rung.takes(notice, state):
                yield rung

    def use(self, rung: Rung) -> None:
        """Counts a use of a handler."""
        self._used[rung.key] = self._used.get(rung.key, 0) + 1

    def forget(self, nodes: Iterator[Node]) -> None:
        """Forgets the uses by nodes that a new plan brought, which may bear the same ids."""
        for node in nodes:
            self._rungs.pop(node.id, None)
            for key in [key for key in self._used if key[0] in (node.id, f"{node.id}*")]:
                del self._used[key]

    def _all(self, nodes: Sequence[Node]) -> Iterator[Rung]:
        first = nodes[0]
        for node in nodes:
            yield from self._own(node)
        yield from self._general(first)

    def _own(self, node: Node) -> tuple[Rung, ...]:
        return tuple(
            Rung.of(handler, node.id, number) for number, handler in enumerate(node.handlers)
        )

    def _general(self, node: Node) -> tuple[Rung, ...]:
        if node.id not in self._rungs:
            entities = self._entities_of(node) if isinstance(node, Step) else ()
            handlers = (*contextual_handlers(entities), *DEFAULT_HANDLERS)
            self._rungs[node.id] = tuple(
                Rung.of(handler, f"{node.id}*", number) for number, handler in enumerate(handlers)
            )
        return self._rungs[node.id]
