"""What a client was asked is counted, failures too."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from embodied_mem.errors import ModelError
from embodied_mem.models import Completion, Message, ModelClient
from embodied_mem.models.metered import Metered, Usage

HELLO = [Message(role="user", text="hello")]


class Counted:
    """Takes one second longer with each call, and fails at every fourth."""

    name = "counted"

    def __init__(self) -> None:
        self.calls = 0
        self.asked: list[tuple[Any, Any]] = []

    def complete(
        self,
        messages: Sequence[Message],
        *,
        schema: Mapping[str, Any] | None = None,
        timeout: float | None = None,
    ) -> Completion:
        self.calls += 1
        self.asked.append((schema, timeout))
        if self.calls % 4 == 0:
            raise ModelError("gone")
        return Completion(text="x", prompt_tokens=10, completion_tokens=2, seconds=self.calls)


def test_usage_is_what_the_client_said() -> None:
    client = Counted()
    metered = Metered(client)
    assert isinstance(metered, ModelClient)
    assert metered.name == "counted"
    assert metered.usage() == Usage()
    for at in range(1, 6):
        if at == 4:
            with pytest.raises(ModelError, match="gone"):
                metered.complete(HELLO)
        else:
            metered.complete(HELLO, schema={"type": "object"}, timeout=9.0)
    assert metered.usage() == Usage(
        calls=4,
        failures=1,
        prompt_tokens=40,
        completion_tokens=8,
        seconds=11.0,
        p50_seconds=2.5,
        p95_seconds=pytest.approx(4.7),
    )
    assert (metered.calls, metered.failures, metered.seconds) == (4, 1, 11.0)
    assert (metered.prompt_tokens, metered.completion_tokens) == (40, 8)
    assert client.asked[0] == ({"type": "object"}, 9.0)


def test_threads_are_counted_together() -> None:
    class Steady:
        name = "steady"

        def complete(self, messages: Sequence[Message], **settings: Any) -> Completion:
            return Completion(text="x", prompt_tokens=1, completion_tokens=1, seconds=0.5)

    metered = Metered(Steady())
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: metered.complete(HELLO), range(2000)))
    assert metered.usage().calls == metered.usage().prompt_tokens == 2000
    assert metered.seconds == 1000.0
