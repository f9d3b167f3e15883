"""A client of which a share of the answers is malformed."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, final

import msgspec
import numpy as np

from embodied_mem.errors import ConfigError
from embodied_mem.models.client import Completion, Message, ModelClient
from embodied_mem.testing.garbling import shape, syntax
from embodied_mem.testing.garbling.answer import Answer

Way = Callable[[Answer], str | None]
_TRIES: Final = 50


def _named(*ways: Way) -> dict[str, Way]:
    return {way.__name__: way for way in ways}


WAYS: Final[Mapping[str, Way]] = _named(
    syntax.truncated,
    syntax.unclosed,
    syntax.closed_too_often,
    syntax.fenced,
    syntax.in_prose,
    syntax.after_thoughts,
    syntax.tagged,
    syntax.trailing_commas,
    syntax.python,
    syntax.naive_single_quotes,
    syntax.bare_names,
    syntax.commented,
    syntax.no_commas,
    syntax.unescaped,
    syntax.curly_quotes,
    syntax.twice,
    syntax.changed_its_mind,
    syntax.empty,
    syntax.refused,
    shape.wrong_type,
    shape.wrong_choice,
    shape.wrong_tool,
    shape.renamed,
    shape.missing,
    shape.extra,
    shape.wrapped,
)
"""How answers are made malformed, by name; the docstring of each says what happens."""


@final
class Garbling:
    """Passes a client's answers on, a share of them malformed in a way drawn anew each time.

    Malformed is what is not of the type that is asked for as it stands: a slip after which an
    answer is still of the type, such as an optional field that is left out, is drawn again.

    Args:
        client: Whose answers; they must be of the type.
        rate: Which share, 0 to 1.
        rng: Draws which answers, and how.
        reply: The type that is asked for.
        accepts: Whether a value of that type would be taken; a malformed answer's is not.
        ways: Names of `WAYS`, each as likely as the others; all where empty.

    Raises:
        ConfigError: If the rate is no share, or a way is unknown.
    """

    def __init__(
        self,
        client: ModelClient,
        rate: float,
        rng: np.random.Generator,
        *,
        reply: Any,
        accepts: Callable[[Any], bool] = lambda value: True,
        ways: Sequence[str] = (),
    ) -> None:
        unknown = [way for way in ways if way not in WAYS]
        if not 0.0 <= rate <= 1.0 or unknown:
            raise ConfigError(f"rate {rate} and ways {unknown}: expected 0..1 and {list(WAYS)}")
        self.client = client
        self.asked = 0
        """How many answers were asked for."""
        self.drawn = Counter[str]()
        """How many answers were malformed, by the way."""
        self.last = ""
        """The way of the last answer; empty where it was passed on as it is."""
        self._rate, self._rng, self._reply, self._accepts = rate, rng, reply, accepts
        self._ways = list(ways or WAYS)
        self._choices = frozenset(_choices(msgspec.json.schema(reply)))

    @property
    def name(self) -> str:
        """The client's own."""
        return self.client.name

    def complete(
        self,
        messages: Sequence[Message],
        *,
        schema: Mapping[str, Any] | None = None,
        timeout: float | None = None,
    ) -> Completion:
        """Returns what the client answers, or something like it.

        Raises:
            ModelError: If the client gives no answer.
        """
        self.asked += 1
        completion = self.client.complete(messages, schema=schema, timeout=timeout)
        self.last = ""
        if self._rng.random() >= self._rate:
            return completion
        text = self._garbled(completion.text)
        self.drawn[self.last] += 1
        return replace(completion, text=text)

    def can(self, text: str) -> bool:
        """Returns whether any of the ways makes a text malformed."""
        return self._drawn(text) is not None

    def _garbled(self, text: str) -> str:
        drawn = self._drawn(text)
        if drawn is None:
            raise ConfigError(f"no way of {self._ways} makes {text[:80]!r} malformed")
        self.last, garbled = drawn
        return garbled

    def _drawn(self, text: str) -> tuple[str, str] | None:
        answer = Answer(text=text, value=json.loads(text), choices=self._choices, rng=self._rng)
        for _ in range(_TRIES):
            way = str(self._rng.choice(self._ways))
            found = WAYS[way](answer)
            if found is not None and not self._is_of_type(found):
                return way, found
        return None

    def _is_of_type(self, text: str) -> bool:
        try:
            return self._accepts(msgspec.json.decode(text, type=self._reply))
        except (msgspec.DecodeError, UnicodeEncodeError):
            return False


def _choices(schema: Any) -> Iterator[str]:
    """Gives the texts of which a schema asks for one."""
    if isinstance(schema, dict):
        for each in schema.get("enum", []):
            if isinstance(each, str):
                yield each
        for each in schema.values():
            yield from _choices(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from _choices(each)
