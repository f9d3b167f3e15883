"""What a language model is to the brain: messages go in, one completion comes out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """One turn of a conversation with a model."""

    role: Role
    text: str
    images: tuple[str, ...] = ()
    """Handles of pictures; who builds the client knows how to turn a handle into pixels."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Completion:
    """What a model answered, and what the answer cost."""

    text: str
    prompt_tokens: int
    completion_tokens: int
    seconds: float
    """How long the answer took; a client that only acts as a model says how long one would take,
    so that a simulated clock can charge it."""


@runtime_checkable
class ModelClient(Protocol):
    """Anything that completes a conversation: a server, a local model, a script."""

    @property
    def name(self) -> str:
        """What reports call it."""

    def complete(
        self,
        messages: Sequence[Message],
        *,
        schema: Mapping[str, Any] | None = None,
        timeout: float | None = None,
    ) -> Completion:
        """Returns the next turn of a conversation.

        Args:
            messages: The conversation so far; a client changes none of it.
            schema: The JSON schema that the text should follow, for clients that can force it;
                callers check the text all the same.
            timeout: After how many seconds to give up; None waits for ever.

        Raises:
            ModelError: If there is no answer in time, or none at all.
        """
