"""Which models are shown pictures: a text-only model must not end an inquiry by refusing one."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar, final

from embodied_mem.errors import MalformedOutputError, ModelError, ModelTimeout
from embodied_mem.models.client import Message
from embodied_mem.models.roles import Part

_LOG = logging.getLogger(__name__)
T = TypeVar("T")


@final
class Sight:
    """Shows pictures to the roles whose models take them.

    Args:
        sees: Whether the models take pictures. None finds it out: one that refuses a prompt with
            pictures, and takes the same prompt without, is shown none from then on.
    """

    def __init__(self, sees: bool | None) -> None:
        self.sees = sees
        self.blind: set[Part] = set()
        """Roles whose models were found to take none."""

    def ask(
        self, part: Part, messages: Sequence[Message], ask: Callable[[Sequence[Message]], T]
    ) -> T:
        """Asks with pictures, or without them where the role's model takes none.

        Args:
            part: Whose turn it is.
            messages: With pictures.
            ask: Asks the model.

        Raises:
            ModelError: As `ask` does.
        """
        if self.sees is False or part in self.blind:
            return ask(_without(messages))
        if self.sees or not any(message.images for message in messages):
            return ask(messages)
        try:
            return ask(messages)
        except (MalformedOutputError, ModelTimeout):
            raise
        except ModelError as refusal:
            answer = ask(_without(messages))
            self.blind.add(part)
            _LOG.warning("the %s is shown no pictures: %s", part, refusal)
            return answer


def _without(messages: Sequence[Message]) -> tuple[Message, ...]:
    return tuple(replace(message, images=()) for message in messages)
