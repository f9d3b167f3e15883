"""A short name for all options that a result depends on."""

import hashlib
from collections.abc import Mapping
from typing import Any, Final

import msgspec

SELECTION = frozenset({"episodes", "first_seed"})
"""Options that say which episodes are run, not what an episode is."""
_LATER: Final[Mapping[str, Any]] = {"floors": 1}
"""Options that suites got later, with the value that stood for them before they were there."""


def settings_digest(suite: str, version: int, options: Mapping[str, Any]) -> str:
    """Returns the digest that records of one evaluation share.

    Options that only choose episodes are left out, so that more of them can be run later; an
    option that came later does not set older records apart where it has the value from before.

    >>> one = settings_digest("recall", 1, {"width": 64, "episodes": 3})
    >>> one == settings_digest("recall", 1, {"episodes": 9, "width": 64})
    True
    >>> one == settings_digest("recall", 1, {"width": 64, "floors": 1})
    True
    """
    data = msgspec.json.encode([suite, version, telling(options)], order="deterministic")
    return hashlib.blake2b(data, digest_size=8).hexdigest()


def telling(options: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the options that set the records of one evaluation apart from another's."""
    return {
        name: value
        for name, value in options.items()
        if name not in SELECTION and (name not in _LATER or value != _LATER[name])
    }
