"""A short name for all options that a result depends on."""

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec

SELECTION = frozenset({"episodes", "first_seed"})
"""Options that say which episodes are run, not what an episode is."""


def settings_digest(suite: str, version: int, options: Mapping[str, Any]) -> str:
    """Returns the digest that records of one evaluation share.

    Options that only choose episodes are left out, so that more of them can be run later.

    >>> one = settings_digest("recall", 1, {"width": 64, "episodes": 3})
    >>> one == settings_digest("recall", 1, {"episodes": 9, "width": 64})
    True
    """
    told = {name: value for name, value in options.items() if name not in SELECTION}
    data = msgspec.json.encode([suite, version, told], order="deterministic")
    return hashlib.blake2b(data, digest_size=8).hexdigest()
