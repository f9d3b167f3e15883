"""Schemas as a grammar takes them: narrower than given, and never wider."""

from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embodied_mem.brain.planning.prompt import schema_of
from embodied_mem.models.local.schemas import narrowed

NAMES = st.sampled_from(["a", "b", "title", "default", "enum"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 10**13) | st.sampled_from(["", "x", "yy"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
SCHEMAS = st.recursive(
    st.sampled_from(
        [
            {"type": "string"},
            {"type": "string", "maxLength": 1, "default": "x"},
            {"enum": ["x", 3, None]},
            {"type": "integer", "minimum": 2},
            {"type": "number", "exclusiveMaximum": 10**13},
            {"type": ["boolean", "null"], "title": "Maybe"},
            {},
        ]
    ),
    lambda inner: (
        st.builds(lambda each: {"type": "array", "items": each, "maxItems": 2}, inner)
        | st.builds(lambda *each: {"anyOf": list(each), "discriminator": {}}, inner, inner)
        | st.builds(
            lambda fields: {"type": "object", "properties": fields, "required": sorted(fields)[:1]},
            st.dictionaries(NAMES, inner, max_size=3),
        )
        | st.builds(
            lambda how, first, second: {
                how: [
                    {"type": "object", "properties": {"a": first}},
                    {"type": "object", "properties": {"b": second}},
                ]
            },
            st.sampled_from(["allOf", "oneOf", "anyOf"]),
            inner,
            inner,
        )
    ),
    max_leaves=5,
)


def follows(value: Any, schema: dict[str, Any]) -> bool:
    return jsonschema.Draft202012Validator(schema).is_valid(value)


@given(SCHEMAS, VALUES)
def test_what_follows_the_narrow_schema_follows_the_wide_one(schema: Any, value: Any) -> None:
    narrow = narrowed(schema)
    jsonschema.Draft202012Validator.check_schema(narrow)
    if follows(value, narrow):
        assert follows(value, schema)


@given(SCHEMAS, VALUES)
def test_only_fields_that_are_not_named_and_huge_numbers_are_lost(schema: Any, value: Any) -> None:
    if follows(value, schema) and not follows(value, narrowed(schema)):
        text = msgspec.json.encode(value).decode()
        assert "{" in text or any(len(part) > 12 for part in text.replace("-", "").split(","))


def test_names_of_fields_are_no_remarks() -> None:
    schema = {
        "type": "object",
        "title": "T",
        "properties": {"title": {"type": "string", "description": "D"}, "default": {"enum": [1]}},
        "required": ["title"],
    }
    assert narrowed(schema) == {
        "type": "object",
        "properties": {"title": {"type": "string"}, "default": {"enum": [1]}},
        "required": ["title"],
        "additionalProperties": False,
    }


@pytest.mark.parametrize(
    "schema",
    [
        {"allOf": [{"properties": {"a": {}}}, {"properties": {"b": {}}}]},
        {"properties": {"a": {}}, "anyOf": [{"properties": {"b": {}}, "required": ["b"]}]},
    ],
)
def test_schemas_that_hold_together_stay_open(schema: Any) -> None:
    assert follows({"a": 1, "b": 2}, narrowed(schema))


@pytest.mark.parametrize("reply", ["Plan", "Task"])
def test_a_reference_at_the_top_is_resolved(reply: str) -> None:
    narrow = narrowed(schema_of(reply))
    assert "$ref" not in narrow and narrow["type"] == "object" and reply in narrow["$defs"]


def test_bounds_that_are_given_stay() -> None:
    assert narrowed({"type": "integer", "minimum": 3, "maximum": 9}) == {
        "type": "integer",
        "minimum": 3,
        "maximum": 9,
    }
    wide = narrowed({"type": "number", "exclusiveMinimum": 10**15})
    assert wide["maximum"] > 10**15
