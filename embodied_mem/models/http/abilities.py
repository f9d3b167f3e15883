"""What a server can do to make an answer follow a schema; found out by asking it once.

Servers differ, and some take a field and ignore it, so their word is not enough:

| server | `json_schema` | `json_object` with `schema` | otherwise |
|---|---|---|---|
| vLLM, llama.cpp, Ollama | follows it | | |
| llama-cpp-python 0.3.36 | refuses, as status 500 | follows it | |
| `transformers serve` 5.23 | ignores it | ignores it | writes freely |

The probe asks for an answer that no model gives by itself, under a schema that allows no other.
"""

import re
from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec

from embodied_mem.models.http.schemas import with_plain_root, without_long_bounds

Way = Literal["json_schema", "object_schema", "json_object", "plain"]
WAYS: Final[tuple[Way, ...]] = ("json_schema", "object_schema", "json_object", "plain")
"""From the strongest to the weakest: the schema is enforced (twice), only JSON is, nothing is."""

PROBE_TEXT: Final = "Write one word that rhymes with house; no JSON."
"""OpenAI refuses `json_object` where the word JSON is not in the prompt."""
PROBE_TOKENS: Final = 64
"""Room for the constrained answer and the blanks that a grammar allows; free texts are cut."""
_PROOF: Final = "q7-zv"
PROBE_SCHEMA: Final[Mapping[str, Any]] = {
    "type": "object",
    "properties": {"code": {"type": "string", "enum": [_PROOF]}},
    "required": ["code"],
    "additionalProperties": False,
}
_ABOUT_FORM = re.compile(
    r"response_format|json_schema|json_object|json mode|schema|grammar|guided|structured"
    r"|xgrammar|outlines",
    re.IGNORECASE,
)
_REFUSALS: Final = (400, 415, 422, 500, 501)
"""llama-cpp-python calls a field that it cannot read its own fault."""


def response_format(way: Way, schema: Mapping[str, Any]) -> dict[str, Any] | None:
    """Returns the field of a request that asks for the form of an answer; None asks for none."""
    if way == "json_schema":
        root = with_plain_root(schema)
        return {"type": "json_schema", "json_schema": {"name": "answer", "schema": root}}
    if way == "object_schema":
        return {"type": "json_object", "schema": without_long_bounds(with_plain_root(schema))}
    return {"type": "json_object"} if way == "json_object" else None


def refuses_form(status: int, said: str) -> bool:
    """Whether a server's answer refuses the form that was asked for, and not the rest."""
    return status in _REFUSALS and _ABOUT_FORM.search(said) is not None


def proves(way: Way, text: str) -> bool:
    """Whether the answer to the probe could only be written under constraint in this way."""
    try:
        value = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return False
    return isinstance(value, dict) if way == "json_object" else value == {"code": _PROOF}


def enforces(way: Way) -> bool:
    """Whether answers follow the schema by force; else the schema has to be in the prompt."""
    return way in ("json_schema", "object_schema")


def weaker(way: Way) -> Way:
    """Returns the way to fall back to.

    >>> weaker("json_schema"), weaker("plain")
    ('object_schema', 'plain')
    """
    return WAYS[min(WAYS.index(way) + 1, len(WAYS) - 1)]
