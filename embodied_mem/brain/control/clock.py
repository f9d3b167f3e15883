"""What a model call costs: nothing, ticks of the simulated world, or real time."""

import threading
import time
from collections.abc import Callable
from math import ceil, isfinite
from typing import Generic, Literal, TypeVar, final

from embodied_mem.errors import ConfigError, ModelTimeout

ClockMode = Literal["paused", "simulated", "wall"]
"""`paused`: the world waits while the model thinks. `simulated`: the world goes on for exactly as
many ticks as the model's latency is long, however long the call really takes. `wall`: the call runs
beside the loop and takes what it takes."""

T = TypeVar("T")


@final
class Thought(Generic[T]):
    """A model call under way."""

    def __init__(self, *, ready: int | None, deadline: float = 0.0, limit: float = 0.0) -> None:
        self._ready = ready
        self._deadline = deadline
        self._limit = limit
        self._finished = threading.Event()
        self._settling = threading.Lock()
        self._value: tuple[T] | None = None
        self.error: Exception | None = None
        """Why there is no result."""

    def done(self, tick: int) -> bool:
        """Tells whether the result is there, at a tick of the body.

        In wall time a call that takes longer than its limit is given up here; it is left to run
        out on its own thread, which ends with the process.
        """
        if self._ready is not None:
            return tick >= self._ready
        if not self._finished.is_set() and time.monotonic() >= self._deadline:
            self._give_up()
        return self._finished.is_set()

    def result(self) -> T:
        """Returns what the call returned; in wall time this waits for it.

        Raises:
            ModelTimeout: If the call took longer than its limit.
            Exception: Whatever the call itself raised.
        """
        if self._ready is None and not self._finished.wait(self._deadline - time.monotonic()):
            self._give_up()
        if self._value is None:
            raise self.error or ModelTimeout("the model has not answered")
        return self._value[0]

    def _give_up(self) -> None:
        self._settle(None, ModelTimeout(f"the model did not answer within {self._limit:g} s"))

    def _run(self, call: Callable[[], T]) -> None:
        """Runs the call."""
        value: tuple[T] | None = None
        error: Exception | None = None
        try:
            value = (call(),)
        except Exception as raised:  # handed on to whoever asks for the result
            error = raised
        self._settle(value, error)

    def _settle(self, value: tuple[T] | None, error: Exception | None) -> None:
        """Keeps the first end of the call: an answer after the time limit is dropped."""
        with self._settling:
            if not self._finished.is_set():
                self._value, self.error = value, error
                self._finished.set()


@final
class Clock:
    """Runs model calls and says at which tick their answers arrive."""

    def __init__(
        self,
        mode: ClockMode = "paused",
        *,
        rate: float = 200.0,
        latency: float | None = None,
        limit: float = 30.0,
    ) -> None:
        """Sets what a call costs.

        Args:
            mode: Who pays for the model's time.
            rate: Ticks a second of the body.
            latency: What each call costs in `simulated` mode, s; None takes the `seconds` that the
                answer itself claims (`Completion.seconds`).
            limit: Longest time that a call may take, s; in `paused` mode there is none.

        Raises:
            ConfigError: If a number is out of its range.
        """
        if mode not in ("paused", "simulated", "wall"):
            raise ConfigError(f"no clock is called {mode!r}. Known: paused, simulated, wall")
        for name, value in (("rate", rate), ("limit", limit)):
            if not (isfinite(value) and value > 0.0):
                raise ConfigError(f"the clock's {name} is {value}; it must be positive and finite")
        if latency is not None and not latency >= 0.0:
            raise ConfigError(f"the clock's latency is {latency}; it must not be negative")
        self.mode = mode
        self.rate = rate
        self.latency = latency
        self.limit = limit
        self.charged = 0
        """Ticks charged for all calls so far, in `simulated` mode."""

    def think(self, call: Callable[[], T], *, tick: int) -> Thought[T]:
        """Starts a call.

        Args:
            call: Asks the model; in `wall` mode on a thread of its own.
            tick: The body's tick now.
        """
        if self.mode == "wall":
            thought: Thought[T] = Thought(
                ready=None, deadline=time.monotonic() + self.limit, limit=self.limit
            )
            threading.Thread(
                target=thought._run, args=(call,), name="model call", daemon=True
            ).start()
            return thought
        thought = Thought(ready=tick, limit=self.limit)
        thought._run(call)
        if self.mode == "simulated":
            self._charge(thought, tick)
        return thought

    def ticks(self, seconds: float) -> int:
        """Returns how many ticks a latency costs: exactly ceil(seconds x rate).

        >>> Clock(rate=200.0).ticks(0.035)
        7
        """
        # 0.035 x 200 is 7.000000000000001 in floating point; it costs 7 ticks, not 8.
        return ceil(round(seconds * self.rate, 9))

    def _charge(self, thought: Thought[T], tick: int) -> None:
        seconds = self._latency(thought)
        if seconds > self.limit:
            thought._value = None
            thought.error = ModelTimeout(f"the model takes {seconds:g} s, over {self.limit:g} s")
        cost = self.ticks(min(seconds, self.limit))
        self.charged += cost
        thought._ready = tick + cost

    def _latency(self, thought: Thought[T]) -> float:
        if isinstance(thought.error, ModelTimeout):
            return self.limit
        if self.latency is not None:
            return self.latency
        if thought._value is None:
            return 0.0
        seconds = getattr(thought._value[0], "seconds", None)
        if not isinstance(seconds, int | float) or not seconds >= 0.0:
            raise ConfigError(
                "a simulated clock needs a latency, or answers that say how long they took in "
                f"`seconds`; got {type(thought._value[0]).__name__}"
            )
        return float(seconds)
