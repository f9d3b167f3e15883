"""Asks a model for a value of a type: what it wrote is mended, else sent back, else refused."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, Generic, TypeVar

import msgspec

from embodied_mem.errors import ConfigError, EmbodiedMemError, MalformedOutputError
from embodied_mem.models.client import Completion, Message, ModelClient
from embodied_mem.models.mending import LONGEST, Mended, mend

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class Structured(Generic[T]):
    """A value that a model wrote, and what it took to get it."""

    value: T
    completions: tuple[Completion, ...]
    """All answers, the one that was taken last."""
    repaired: bool
    """Whether the answer that was taken had to be mended."""
    retries: int
    """How many answers were sent back before."""

    @property
    def seconds(self) -> float:
        """How long all answers took."""
        return sum(each.seconds for each in self.completions)

    @property
    def prompt_tokens(self) -> int:
        """What was read for all answers."""
        return sum(each.prompt_tokens for each in self.completions)

    @property
    def completion_tokens(self) -> int:
        """What was written in all answers."""
        return sum(each.completion_tokens for each in self.completions)


def ask_for(
    client: ModelClient,
    messages: Sequence[Message],
    reply: type[T],
    *,
    check: Callable[[T], None] | None = None,
    retries: int = 2,
    timeout: float | None = None,
    caller: ModelClient | None = None,
) -> Structured[T]:
    """Returns a value of a type that a model wrote.

    An answer that nearly follows the schema is mended by `mend`, which invents nothing. One that
    cannot be mended, or that `check` refuses, is sent back with what is wrong with it.

    Args:
        client: Who is asked.
        messages: The conversation so far.
        reply: Any type that msgspec converts to; its JSON schema goes to the client.
        check: Raises an `EmbodiedMemError` or a `ValueError` for a value that cannot be used.
        retries: How often an answer is sent back at most.
        timeout: After how many seconds one answer is given up; None waits.
        caller: Who is asked to write a refused answer anew; the client itself where None.

    Raises:
        MalformedOutputError: If the last answer cannot be used either.
        ModelError: If there is no answer.
    """
    kind: Any = reply
    return ask_until(
        client,
        messages,
        partial(mend, reply=reply),
        schema=schema_for(kind),
        check=check,
        retries=retries,
        timeout=timeout,
        caller=caller,
    )


def ask_until(
    client: ModelClient,
    messages: Sequence[Message],
    read: Callable[[str], Mended[T]],
    *,
    schema: Mapping[str, Any],
    check: Callable[[T], None] | None = None,
    retries: int = 2,
    timeout: float | None = None,
    caller: ModelClient | None = None,
) -> Structured[T]:
    """Does what `ask_for` does, for answers with a reader of their own.

    Args:
        client: Who is asked.
        messages: The conversation so far.
        read: Reads an answer; raises `MalformedOutputError` for one that cannot be used. All
            other errors of it end the asking.
        schema: The JSON schema that goes to the client.
        check: See `ask_for`, as all that follow.
        retries: How often an answer is sent back at most.
        timeout: After how many seconds one answer is given up.
        caller: Who is asked to write a refused answer anew.

    Raises:
        ConfigError: If `retries` is negative.
        MalformedOutputError: If the last answer cannot be used either; its cause is what `read`
            or `check` raised.
        ModelError: If there is no answer.
    """
    if retries < 0:
        raise ConfigError(f"retries is {retries}; expected 0 or more")
    spent: list[Completion] = []
    conversation = list(messages)
    while True:
        asked = client if not spent or caller is None else caller
        completion = asked.complete(conversation, schema=schema, timeout=timeout)
        spent.append(completion)
        try:
            mended = read(completion.text)
            if check is not None:
                _checked(check, mended.value)
        except MalformedOutputError as error:
            if len(spent) > retries:
                times = f", even after {len(spent)} attempts" if retries else ""
                raise MalformedOutputError(
                    f"{asked.name} wrote nothing usable{times}: {error}"
                ) from (error.__cause__ or error)
            shown = completion.text[:LONGEST].encode(errors="replace").decode()
            answer = Message(role="assistant", text=shown)
            conversation += [answer, repair_message(str(error))]
        else:
            return Structured(
                value=mended.value,
                completions=tuple(spent),
                repaired=mended.repaired,
                retries=len(spent) - 1,
            )


def repair_message(error: str) -> Message:
    """Returns what is said to a model whose answer cannot be used."""
    return Message(
        role="user",
        text=f"Your answer was refused: {error}\nWrite the whole corrected JSON, nothing else.",
    )


@lru_cache(maxsize=64)
def schema_for(reply: Any) -> Mapping[str, Any]:
    """Returns the JSON schema of a type."""
    return msgspec.json.schema(reply)


def _checked(check: Callable[[T], None], value: T) -> None:
    try:
        check(value)
    except (EmbodiedMemError, ValueError) as error:
        raise MalformedOutputError(str(error)) from error
