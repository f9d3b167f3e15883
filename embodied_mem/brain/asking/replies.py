"""What the three roles write, as types that their answers are checked against."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal, Union

import msgspec
from msgspec import Meta

from embodied_mem.brain.tools import Tool

Next = Literal["call", "conclude", "give_up"]
"""Who goes on: the caller, the summariser, or nobody."""


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What the planner writes."""

    thought: Annotated[
        str,
        Meta(description="What is known, what is missing, and how to find it.", max_length=600),
    ]
    next: Next


class Conclusion(msgspec.Struct, frozen=True, kw_only=True):
    """What the summariser writes."""

    answer: Annotated[str, Meta(description="The answer in words.", max_length=1000)]
    status: Annotated[
        Literal["answered", "unknown"],
        Meta(description="unknown if the results do not tell what was asked."),
    ]
    cites: Annotated[
        tuple[Annotated[str, Meta(max_length=40)], ...],
        Meta(description="Ids of the records that prove the answer, as the results name them."),
    ]


class AnyCall(msgspec.Struct, frozen=True, kw_only=True):
    """Base of what the caller writes: the name of a tool and what it is called with."""

    arguments: Any


def call_type(tools: Iterable[Tool]) -> Any:
    """Returns the type of a call of one of some tools: `{"tool": name, "arguments": {...}}`."""
    structs = [
        msgspec.defstruct(
            f"Call_{tool.name}",
            [("arguments", tool.arguments)],
            bases=(AnyCall,),
            tag_field="tool",
            tag=tool.name,
            frozen=True,
            kw_only=True,
        )
        for tool in tools
    ]
    return Union[tuple(structs)]  # noqa: UP007 - of as many types as there are tools


def tool_of(call: AnyCall) -> str:
    """Returns the name of the tool that is called."""
    return str(call.__struct_config__.tag)


def as_json(reply: msgspec.Struct) -> str:
    """Returns a reply as the conversation keeps it: in one form, however it was written."""
    built = msgspec.to_builtins(reply)
    return msgspec.json.encode(_lean(built)).decode()


def _lean(value: Any) -> Any:
    """Leaves out arguments that are null: every token is read again and again."""
    if isinstance(value, dict):
        return {key: _lean(each) for key, each in value.items() if each is not None}
    return value
