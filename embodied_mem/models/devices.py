"""How networks of torch come to where they run."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, Literal, get_args

from embodied_mem.errors import ConfigError

Device = Literal["auto", "cpu", "cuda"]
DEVICES: Final[tuple[Device, ...]] = get_args(Device)


def pick_device(torch: Any, wanted: str) -> Any:
    """Returns the device to run on: for `auto` the GPU where there is one.

    Raises:
        ConfigError: If it has another name, or there is no GPU and one was asked for.
    """
    if wanted not in DEVICES:
        raise ConfigError(f"the device is {wanted!r}; expected one of {', '.join(DEVICES)}")
    there = torch.cuda.is_available()
    if wanted == "cuda" and not there:
        raise ConfigError("torch finds no GPU here: take the device 'cpu' or 'auto'")
    return torch.device("cuda" if there and wanted != "cpu" else "cpu")


@contextmanager
def quiet_loading(transformers: Any) -> Iterator[None]:
    """Keeps progress bars and load reports off the terminal; what is wrong is raised instead."""
    logging = transformers.utils.logging
    shown, level = logging.is_progress_bar_enabled(), logging.get_verbosity()
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if shown:
            logging.enable_progress_bar()
