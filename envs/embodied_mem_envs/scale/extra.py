"""Whether the optional dependencies of this package are there."""

from importlib.util import find_spec

from embodied_mem.errors import MissingExtraError

_RLLIB = ("tree", "pandas", "tensorboardX", "pyarrow", "fsspec", "lz4", "ormsgpack")


def require_ray_extra(*, rllib: bool = False) -> None:
    """Makes sure that Ray is installed.

    Args:
        rllib: Also what RLlib imports.

    Raises:
        MissingExtraError: If something is missing.
    """
    if any(find_spec(name) is None for name in ("ray", *(_RLLIB if rllib else ()))):
        raise MissingExtraError("RLlib" if rllib else "Ray", "ray")
