"""Which of a server's models is asked."""

import os
from collections.abc import Sequence

from embodied_mem.errors import ConfigError, unknown_name


def pick_model(asked: str, served: Sequence[str], base_url: str) -> str:
    """Returns the name to ask for.

    Some servers answer to any name with the model that they have (llama-cpp-python does), so a
    name is looked up first. A file or folder is taken as it is: `transformers serve` loads such.

    Args:
        asked: The name that was given; empty for the only one.
        served: What the server says that it has; empty where it says nothing.
        base_url: The server's address, for errors.

    Raises:
        ConfigError: If the server has no model of that name, or none was named and it has several.
    """
    if not asked:
        if len(served) == 1:
            return served[0]
        told = f"has {len(served)} models ({_listed(served)})" if served else "names no models"
        raise ConfigError(f"the server at {base_url} {told}: say which one, as {base_url}#MODEL")
    if not served or asked in served or (os.sep in asked and os.path.exists(asked)):  # noqa: PTH110
        return asked
    for variant in (f"{asked}:latest", f"{asked}@main"):
        if variant in served:
            return variant
    raise unknown_name(f"model at {base_url}", asked, served)


def _listed(names: Sequence[str], most: int = 8) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(sorted(names)[:most]) + more
