"""Fits the fields of objects: names that are nearly right, wrappers, tags, comments on the side."""

import re
from collections.abc import Callable, Sequence
from typing import Any, Final

from msgspec import inspect

from embodied_mem.models.mending.lenient import CutDict
from embodied_mem.models.mending.names import meant, plain
from embodied_mem.models.mending.values import UnfitError, opened, shown

Fit = Callable[[Any, inspect.Type], Any]
_ASIDES: Final = re.compile(
    r"thoughts?|thinking|reason|reasoning|rationale|explanation|comments?|confidence"
    r"|id|callid|toolcallid|schema|title"
)
"""What models write beside what was asked for; it is left out where no field is called so."""
_ARGUMENTS: Final = re.compile(r"arguments|args|parameters|params|inputs?|kwargs")
"""Names for one thing."""
_WRAPPERS: Final = re.compile(
    r"answer|response|result|output|json|data|value|final|call|toolcalls?|functioncall|function"
    rf"|properties|{_ARGUMENTS.pattern}"
)
"""What models put around what was asked for; `properties` from the schema that they were shown."""
_NAMES: Final = ("name", "tool", "tool_name", "function", "function_name", "action")
"""What models call the field that says which of several things they write."""
_NO_NAMES: Final = frozenset({"function", "tool_call", "tool_use", "object"})
"""What the field `type` says in the wrappers of servers."""
_MOST_WRAPPERS: Final = 4


def unwrapped(value: Any, type: Any) -> Any:
    """Returns the object within what a model put around it, such as `{"answer": {...}}`.

    Raises:
        UnfitError: If what is around it says that it is something else.
    """
    names = _names(type)
    for _ in range(_MOST_WRAPPERS):
        if not isinstance(value, dict) or any(meant(key, names) for key in value):
            return value
        called = plain(getattr(getattr(type, "cls", None), "__name__", ""))
        inner = [
            opened(each, "{")
            for key, each in value.items()
            if _WRAPPERS.fullmatch(plain(key)) or plain(key) == called
        ]
        inner = [each for each in inner if isinstance(each, dict)]
        if len(inner) != 1:
            return value
        tag = getattr(type, "tag", None)
        for key in _NAMES:
            said = value.get(key)
            if isinstance(said, str) and plain(said) not in (called, plain(str(tag))):
                raise UnfitError(f"it is a call of {shown(said)}, which was not asked for")
        value = inner[0]
    return value


def by_tag(value: Any, types: Sequence[inspect.StructType]) -> tuple[Any, inspect.Type] | None:
    """Returns an object with its tag as it should be, and the type that has that tag.

    None where the object says nothing of it.

    Raises:
        UnfitError: If it names none that there is.
    """
    for _ in range(_MOST_WRAPPERS):
        if not isinstance(value, dict):
            return None
        tags = {str(type.tag): type for type in types}
        field = str(types[0].tag_field)
        taken = {name for type in types for name in _names(type)} - {field}
        core = {k: v for k, v in value.items() if not _is_aside(k, v, taken | {field})}
        for key in (field, *_NAMES):
            said = core.get(key)
            if key in taken or not isinstance(said, str):
                continue
            name = meant(said, tags)
            if name is None:
                raise UnfitError(f"{field} is {shown(said)}; expected one of {', '.join(tags)}")
            rest = {k: v for k, v in value.items() if k != key}
            whole = CutDict if isinstance(value, CutDict) else dict
            return whole({field: name, **rest}), tags[name]
        if len(core) != 1:
            return None
        ((only, inner),) = core.items()
        inner = opened(inner, "{")
        if only in tags and isinstance(inner, dict):  # {"where_is": {"thing": "mug"}}
            return {field: only, **inner}, tags[only]
        if not _WRAPPERS.fullmatch(plain(only)) or only in taken:
            return None
        value = inner
    return None


def fit_fields(value: dict[str, Any], type: Any, fit: Fit) -> dict[str, Any]:
    """Returns the fields of an object by their names in the type, each fitted.

    Raises:
        UnfitError: If a field is missing, is cut off, is none of the type's, or is not fitting.
    """
    fields = {field.encode_name: field for field in type.fields}
    given = _sorted_out(value, type)
    lost = [name for name in fields if name not in given]
    if lost and isinstance(value, CutDict):
        raise UnfitError(f"it is cut off before `{lost[0]}`")
    fitted = {type.tag_field: type.tag} if getattr(type, "tag_field", None) else {}
    for name, field in fields.items():
        if name not in given and field.required:
            raise UnfitError(f"the field `{name}` is missing")
        left_out = given.get(name) is None and not field.required and not _takes_null(field.type)
        if name not in given or left_out:
            continue
        try:
            fitted[name] = fit(given[name], field.type)
        except UnfitError as error:
            raise UnfitError(f"`{name}`: {error}") from None
    return fitted


def _sorted_out(value: dict[str, Any], type: Any) -> dict[str, Any]:
    """Returns the fields under the names that they should have.

    Raises:
        UnfitError: If a field or the tag is none of the type's.
    """
    names = _names(type)
    given = {name: value[name] for name in names if name in value}
    free = [name for name in names if name not in value]
    unknown: dict[str, Any] = {}
    for key, each in value.items():
        if key in names:
            continue
        name = _name_of(key, free)
        if name is not None and name in given:
            raise UnfitError(f"`{name}` is given twice")
        if name is not None:
            given[name] = each
        elif not _is_aside(key, each, names):
            unknown[key] = each
    tag = getattr(type, "tag_field", None)
    said = given.pop(tag, type.tag) if tag else None
    if tag and said != type.tag and meant(str(said), [str(type.tag)]) is None:
        raise UnfitError(f"`{tag}` is {shown(said)}; expected {type.tag}")
    if unknown and not isinstance(value, CutDict):
        given, unknown = _nested(given, unknown, type)
    if unknown and getattr(type, "forbid_unknown_fields", False):
        raise UnfitError(f"there is no field `{next(iter(unknown))[:40]}`")
    return given


def _name_of(key: str, free: list[str]) -> str | None:
    """Returns the field that a name means, of those that are not given yet."""
    name = meant(key, free)
    if name is None and _ARGUMENTS.fullmatch(plain(key)):
        alike = [each for each in free if _ARGUMENTS.fullmatch(plain(each))]
        name = alike[0] if len(alike) == 1 else None
    return name


def _nested(
    given: dict[str, Any], unknown: dict[str, Any], type: Any
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Puts fields that lie beside the object that they belong into where they belong."""
    missing = [f for f in type.fields if f.required and f.encode_name not in given]
    if len(missing) != 1:
        return given, unknown
    of = missing[0].type
    of = of.type if isinstance(of, inspect.Metadata) else of
    if isinstance(of, inspect.StructType) and all(meant(key, _names(of)) for key in unknown):
        return {**given, missing[0].encode_name: unknown}, {}
    return given, unknown


def _is_aside(key: str, value: Any, names: Sequence[str] | set[str]) -> bool:
    if key in names:
        return False
    said = isinstance(value, str) and plain(key) == "type" and value in _NO_NAMES
    return said or value in (None, "", [], {}) or bool(_ASIDES.fullmatch(plain(key)))


def _names(type: Any) -> list[str]:
    tag = getattr(type, "tag_field", None)
    return [*([tag] if tag else []), *(field.encode_name for field in type.fields)]


def _takes_null(type: inspect.Type) -> bool:
    if isinstance(type, inspect.Metadata):
        return _takes_null(type.type)
    if isinstance(type, inspect.UnionType):
        return any(map(_takes_null, type.types))
    return isinstance(type, inspect.NoneType | inspect.AnyType)
