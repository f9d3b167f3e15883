"""What to say where a suite of guests is not installed."""

from embodied_mem.errors import EmbodiedMemError


class MissingGuestError(EmbodiedMemError):
    """A suite of environments is not installed, and pip alone would not choose what fits."""

    def __init__(self, package: str) -> None:
        super().__init__(
            f"{package} is not installed. It asks for packages that do not go with ours, but runs "
            f'without them: pip install "embodied_mem[guests]" && pip install --no-deps {package}'
        )
