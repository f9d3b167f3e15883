"""JSON schemas of tools, in the three forms that models and clients ask for."""

from collections.abc import Iterable
from typing import Any, Final, Literal

import msgspec

from embodied_mem.brain.tools.tool import Tool
from embodied_mem.errors import unknown_name

Format = Literal["openai", "anthropic", "mcp"]
_BOUNDS: Final = frozenset({"default", "title", "minLength", "maxLength", "minItems", "maxItems"})
"""What strict modes of function calling do not take; a call is checked for these all the same."""


def tool_schemas(tools: Iterable[Tool], format: Format = "openai") -> list[dict[str, Any]]:
    """Returns the tools as a model's or a client's `tools` take them.

    Args:
        tools: Which.
        format: `openai` for chat completions with `strict`, `anthropic` for messages, `mcp` for
            `tools/list`. Every field is required in all but `mcp`; null stands for one left out.

    Raises:
        ConfigError: If there is no such format.
    """
    if format not in _FORMATS:
        raise unknown_name("format of tools", str(format), _FORMATS)
    return [_FORMATS[format](tool) for tool in tools]


def parameters(tool: Tool, *, all_required: bool = True) -> dict[str, Any]:
    """Returns the JSON schema of a tool's arguments, without references."""
    schema = msgspec.json.schema(tool.arguments)
    ((_, body),) = schema["$defs"].items()
    properties = {name: _bare(each) for name, each in body["properties"].items()}
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties) if all_required else body.get("required", []),
        "additionalProperties": False,
    }


def _bare(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {key: _bare(value) for key, value in schema.items() if key not in _BOUNDS}
    return [_bare(each) for each in schema] if isinstance(schema, list) else schema


def _openai(tool: Tool) -> dict[str, Any]:
    function = {
        "name": tool.name,
        "description": tool.description,
        "parameters": parameters(tool),
        "strict": True,
    }
    return {"type": "function", "function": function}


def _anthropic(tool: Tool) -> dict[str, Any]:
    return {
        "name": tool.name,
        "description": tool.description,
        "input_schema": parameters(tool),
    }


def _mcp(tool: Tool) -> dict[str, Any]:
    return {
        "name": tool.name,
        "description": tool.description,
        "inputSchema": parameters(tool, all_required=False),
        "annotations": {
            "readOnlyHint": not tool.writes,
            "destructiveHint": tool.destroys,
            "idempotentHint": not tool.writes,
            "openWorldHint": False,
        },
    }


_FORMATS: Final = {"openai": _openai, "anthropic": _anthropic, "mcp": _mcp}
