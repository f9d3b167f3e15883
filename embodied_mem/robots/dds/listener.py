"""One thread that waits for everything that DDS has to tell, and hands it on at once."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, final

from cyclonedds.core import (
    DDSException,
    GuardCondition,
    InstanceState,
    ReadCondition,
    SampleState,
    ViewState,
    WaitSet,
)
from cyclonedds.internal import InvalidSample, dds_infinity

from embodied_mem.errors import BodyError

_ALL = ViewState.Any | InstanceState.Any | SampleState.NotRead


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Source:
    """One reader and what becomes of its messages."""

    reader: Any
    take: Callable[[Any, float], None]
    """Is given every message and when it came, on the monotonic clock, s."""
    refuse: Callable[[str], None]
    """Is told why a message could not be read."""
    bookkeeping: bool = False
    """Whether messages without data are handed on too: of DDS's own topics they tell that somebody
    left."""


@final
class Listener:
    """Waits for messages and changes of all readers, without ever polling.

    In every round each source gives one message at most, the first sources first, so that a stop
    never waits for more than one picture.
    """

    def __init__(
        self,
        participant: Any,
        sources: Sequence[Source],
        *,
        watched: Sequence[Any],
        changed: Callable[[], None],
        broken: Callable[[str], None],
        name: str,
    ) -> None:
        """Starts the thread.

        Args:
            participant: Of DDS.
            sources: The readers, the most urgent first.
            watched: Readers and writers whose status masks are set.
            changed: Is called when one of these changed, or when bookkeeping came.
            broken: Is told why the thread had to end.
            name: Of the thread.
        """
        self._sources, self._changed, self._broken = tuple(sources), changed, broken
        self._watched = tuple(watched)
        self._waitset = WaitSet(participant)
        self._end = GuardCondition(participant)
        self._conditions = [ReadCondition(source.reader, _ALL) for source in sources]
        for entity in (self._end, *self._conditions, *watched):
            self._waitset.attach(entity)
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ends the thread and lets go of everything; safe to call twice."""
        if self._thread.is_alive():
            self._end.set(True)
            if threading.current_thread() is not self._thread:
                self._thread.join(5.0)
                if self._thread.is_alive():
                    raise BodyError(f"the thread {self._thread.name} does not end")
        self._sources, self._watched = (), ()
        for entity in [one for one, _ in self._waitset.attached]:
            self._waitset.detach(entity)
        self._conditions.clear()

    def _run(self) -> None:
        try:
            while True:
                self._waitset.wait(dds_infinity)
                if self._end.read():
                    return
                self._round()
        except Exception as error:
            # Whatever it was, nobody listens any more: the robot must not go on unseen.
            self._broken(f"the DDS thread ended: {error!r}")

    def _round(self) -> None:
        changed = any([entity.take_status() for entity in self._watched])
        busy = True
        while busy and not self._end.read():
            busy = False
            for source, condition in zip(self._sources, self._conditions, strict=True):
                taken = self._take(source, condition)
                busy = busy or taken
                changed = changed or (taken and source.bookkeeping)
            if changed:
                self._changed()
                changed = False

    def _take(self, source: Source, condition: ReadCondition) -> bool:
        """Hands on one message; returns whether there was any."""
        try:
            messages = source.reader.take(1, condition)
        except DDSException:
            raise
        except Exception as error:
            # A message that cannot be unpacked has been taken already; so has nothing else.
            source.refuse(f"it cannot be unpacked: {error}")
            return True
        for message in messages:
            if source.bookkeeping or not isinstance(message, InvalidSample):
                source.take(message, time.monotonic())
        return bool(messages)
