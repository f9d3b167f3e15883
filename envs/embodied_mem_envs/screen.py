"""A window for `render_mode="human"` and for whoever plays by hand."""

import os
import warnings
from collections.abc import Callable
from contextlib import suppress
from typing import Any, final

from embodied_mem.errors import MissingExtraError
from embodied_mem.types import UInt8Array

RENDER_MODES = ("human", "rgb_array")
"""What environments that draw themselves offer."""


@final
class Screen:
    """Shows pictures in one window, which opens with the first of them.

    Where there is no display, SDL's own `SDL_VIDEODRIVER=dummy` shows them nowhere.
    """

    def __init__(self, title: str, fps: float) -> None:
        """Opens nothing yet.

        Args:
            title: Of the window.
            fps: Pictures a second at most; `show` waits as long as that takes.
        """
        self._title, self._fps = title, fps
        self._pygame: Any = None
        self._surface: Any = None
        self._clock: Any = None

    def show(self, picture: UInt8Array) -> None:
        """Shows a picture, (H, W, 3) RGB; the window takes its size.

        Raises:
            MissingExtraError: If pygame is not installed.
        """
        pygame = self._open(picture)
        size = (picture.shape[1], picture.shape[0])
        surface = pygame.image.frombuffer(picture.tobytes(), size, "RGB")
        self._surface.blit(surface, (0, 0))
        pygame.event.pump()
        pygame.display.flip()
        self._clock.tick(self._fps)

    def events(self) -> list[Any]:
        """Returns what happened at the window since it was last asked: pygame's own events."""
        return [] if self._surface is None else list(self._pygame.event.get())

    def held(self) -> frozenset[str]:
        """Returns the names of the keys that are held down now, as pygame has them."""
        if self._surface is None:
            return frozenset()
        keys, pressed = self._pygame.key, self._pygame.key.get_pressed()
        names = {name: keys.key_code(name) for name in _STEERING}
        return frozenset(name for name, code in names.items() if pressed[code])

    def close(self) -> None:
        """Closes the window; safe to call twice."""
        if self._surface is not None:
            self._surface = None
            with suppress(self._pygame.error):
                self._pygame.display.quit()

    def _open(self, picture: UInt8Array) -> Any:
        if self._pygame is None:
            self._pygame = _pygame()
        pygame, size = self._pygame, (picture.shape[1], picture.shape[0])
        if self._surface is None:
            pygame.display.init()
            pygame.display.set_caption(self._title)
            self._clock = pygame.time.Clock()
        if self._surface is None or self._surface.get_size() != size:
            self._surface = pygame.display.set_mode(size)
        return pygame

    def __getstate__(self) -> dict[str, Any]:
        # An environment that is sent to another process opens its window there.
        return {"title": self._title, "fps": self._fps}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)


def shown(mode: str | None, screen: Screen, draw: Callable[[], UInt8Array]) -> UInt8Array | None:
    """Does what `Env.render` is to do in a mode: returns the picture, shows it, or neither."""
    if mode is None:
        return None
    if mode != "human":
        return draw()
    screen.show(draw())
    return None


_STEERING = ("w", "a", "s", "d", "q", "e", "up", "down", "left", "right", "page up", "page down")


def _pygame() -> Any:
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what pygame itself imports
            import pygame
    except ImportError as error:
        raise MissingExtraError("a window", "render") from error
    return pygame
