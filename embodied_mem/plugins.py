"""Parts that other distributions bring: found by entry-point group and name.

Groups: `embodied_mem.bodies`, `.robots`, `.segmenters`, `.embedders`, `.allocators`,
`.text_embedders`, `.model_clients`. An entry point that cannot be loaded warns with its
distribution's name and stops nothing.
"""

import warnings
from collections.abc import Mapping
from importlib.metadata import entry_points
from typing import Any

from embodied_mem.errors import unknown_name


def load_plugin(
    kind: str, name: str, builtin: Mapping[str, Any], *, group: str | None = None
) -> Any:
    """Returns a part by name: a built-in one, else one from a group of entry points.

    Args:
        kind: What it is, for messages.
        name: Its name.
        builtin: The parts that need no other distribution.
        group: `embodied_mem.<group>`; `<kind>s` where None.

    Raises:
        ConfigError: If neither knows the name; the nearest name is suggested.
    """
    if name in builtin:
        return builtin[name]
    plugins = {
        point.name: point for point in entry_points(group=f"embodied_mem.{group or f'{kind}s'}")
    }
    if name in plugins:
        point = plugins[name]
        try:
            return point.load()
        except Exception as error:
            owner = point.dist.name if point.dist else "an unknown distribution"
            warnings.warn(f"the {kind} {name!r} of {owner} cannot be loaded: {error}", stacklevel=2)
            plugins.pop(name)
    raise unknown_name(kind, name, [*builtin, *plugins])
