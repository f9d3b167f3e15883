"""JSON schemas as servers can read them; what they then allow too much, callers find.

A server that cannot read a schema does not always say so: that of llama-cpp-python 0.3.36 goes on
with any JSON, or ends.
"""

from collections.abc import Mapping
from typing import Any, Final

_BOUNDS: Final = ("minLength", "maxLength", "minItems", "maxItems")
_LONGEST_BOUND: Final = 500
_DEFINITIONS: Final = "#/$defs/"


def with_plain_root(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Returns a schema whose root is no reference.

    llama-cpp-python follows no reference behind one at the root, and OpenAI wants an object there.

    >>> with_plain_root({"$ref": "#/$defs/Yes", "$defs": {"Yes": {"enum": ["yes"]}}})
    {'enum': ['yes'], '$defs': {'Yes': {'enum': ['yes']}}}
    """
    name = str(schema.get("$ref", "")).removeprefix(_DEFINITIONS)
    definitions = schema.get("$defs", {})
    if name not in definitions:
        return schema
    return {**definitions[name], "$defs": definitions}


def without_long_bounds(schema: Any) -> Any:
    """Returns a schema without bounds on lengths that a grammar writes out one by one.

    llama-cpp-python's server crashes at a string of 1,300 letters at most, and takes one of 1,000.

    >>> without_long_bounds({"type": "string", "minLength": 1, "maxLength": 2000})
    {'type': 'string', 'minLength': 1}
    """
    if isinstance(schema, list | tuple):
        return [without_long_bounds(each) for each in schema]
    if not isinstance(schema, Mapping):
        return schema
    return {
        name: without_long_bounds(value)
        for name, value in schema.items()
        if not (name in _BOUNDS and isinstance(value, int) and value > _LONGEST_BOUND)
    }
