"""One thing that a model can ask of a memory."""

import inspect
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, final

import msgspec

from embodied_mem.brain.tools.access import Access
from embodied_mem.brain.tools.arguments import Arguments
from embodied_mem.brain.tools.result import Refused, ToolResult, one_line
from embodied_mem.errors import EmbodiedMemError

_LONGEST = 400
"""Characters of an error at most."""
_log = logging.getLogger(__name__)


@final
@dataclass(frozen=True, kw_only=True, eq=False)
class Tool:
    """A function that a model can call: what it is called with, and what comes back.

    >>> from embodied_mem.brain.tools import memory_tools
    >>> from embodied_mem.memory import MemoryStore
    >>> memory_tools(MemoryStore())["where_is"].call({"thing": "red mug"}).value["status"]
    'unseen'
    """

    name: str
    arguments: type[Arguments]
    """Its fields are the arguments; its docstring tells the model what the tool does."""
    run: Callable[[Access, Any], ToolResult]
    access: Access
    writes: bool = False
    destroys: bool = False

    @property
    def description(self) -> str:
        """What the tool does, for a model."""
        return one_line(inspect.getdoc(self.arguments) or "")

    @property
    def schema(self) -> dict[str, Any]:
        """JSON schema of the arguments: every field required, null for one left out."""
        from embodied_mem.brain.tools.schemas import parameters

        return parameters(self)

    def call(self, arguments: Mapping[str, Any] | str | None) -> ToolResult:
        """Carries out a call; never raises, whatever it is given.

        Args:
            arguments: As a model gives them: a mapping, or the JSON text of one.

        Returns:
            The answer, or what was wrong with the call and what to do.
        """
        try:
            given = self._read(arguments)
        except (msgspec.MsgspecError, ValueError, TypeError, RecursionError) as error:
            return failure(f"{one_line(str(error), 160)}. {self.usage}")
        try:
            return self.run(self.access, given)
        except Refused as error:
            return failure(str(error))
        except EmbodiedMemError as error:
            return failure(f"{self.name} failed: {error}")
        except Exception as error:  # the border: a model must get an answer
            _log.exception("the tool %s failed", self.name)
            return failure(f"{self.name} failed inside ({type(error).__name__}); it is logged.")

    @property
    def usage(self) -> str:
        """One line on how to call it."""
        fields = msgspec.structs.fields(self.arguments)
        told = ", ".join(f.name if f.required else f"{f.name}?" for f in fields)
        return f"Call {self.name}({told}); a field with ? may be null."

    def _read(self, arguments: Mapping[str, Any] | str | None) -> Arguments:
        if isinstance(arguments, str | bytes):
            arguments = json.loads(arguments or "{}")
        if arguments is None:
            arguments = {}
        if not isinstance(arguments, Mapping):
            raise ValueError("The arguments are no object of names and values")
        names = [field.name for field in msgspec.structs.fields(self.arguments)]
        unknown = [one_line(str(each), 40) for each in arguments if each not in names]
        if unknown:
            raise ValueError(f"There is no argument {unknown[0]!r}")
        known: Arguments = msgspec.convert(dict(arguments), self.arguments)
        msgspec.to_builtins(known)
        for field in names:
            _check_text(field, getattr(known, field))
        return known


def failure(text: str) -> ToolResult:
    """Returns the outcome of a call that cannot be answered."""
    line = one_line(text, _LONGEST)
    return ToolResult(text=f"error: {line}", value={"error": line}, failed=True)


def _check_text(field: str, value: object) -> None:
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, str):
            try:
                each.encode()
            except UnicodeEncodeError:
                raise ValueError(f"{field} holds half of a character") from None
