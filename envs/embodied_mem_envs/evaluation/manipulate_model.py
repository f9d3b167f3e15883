"""The fault of a model: it does not answer, at one of its calls."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, final

from embodied_mem.errors import ModelTimeout
from embodied_mem.models.client import Completion, Message, ModelClient
from embodied_mem_envs.tabletop.faults import FaultSpec


@final
class ModelFault:
    """Makes clients late at one call; counts over all clients of an episode."""

    def __init__(self, spec: FaultSpec, tick: Callable[[], int]) -> None:
        """Waits for its call.

        Args:
            spec: A `model_timeout`: which call, and for how many seconds there is no answer.
            tick: Returns the body's tick.
        """
        self.spec = spec
        self.fired_at: int | None = None
        """Tick at which it began to act; None while it has not."""
        self._tick = tick
        self._calls = 0

    def wrap(self, client: ModelClient) -> ModelClient:
        """Returns a client that asks this fault before it answers."""
        return LateModel(client, self)

    def strikes(self) -> bool:
        """Counts a call, and tells whether it is the one that gets no answer."""
        self._calls += 1
        if self._calls != self.spec.occurrence:
            return False
        self.fired_at = self._tick()
        return True


@final
class LateModel:
    """A client that does not answer when its fault strikes."""

    def __init__(self, client: ModelClient, fault: ModelFault) -> None:
        self._client, self._fault = client, fault

    @property
    def name(self) -> str:
        """What reports call it."""
        return self._client.name

    def complete(
        self,
        messages: Sequence[Message],
        *,
        schema: Mapping[str, Any] | None = None,
        timeout: float | None = None,
    ) -> Completion:
        """Returns the client's answer, late or not at all where the fault strikes.

        Raises:
            ModelTimeout: If the caller's time is up before the answer; at once, for the wait is the
                clock's to charge.
        """
        late = self._fault.spec.size if self._fault.strikes() else 0.0
        if late and (timeout is None or late >= timeout):
            raise ModelTimeout(f"{self.name} did not answer for {late:g} s")
        answer = self._client.complete(messages, schema=schema, timeout=timeout)
        return Completion(
            text=answer.text,
            prompt_tokens=answer.prompt_tokens,
            completion_tokens=answer.completion_tokens,
            seconds=answer.seconds + late,
        )
