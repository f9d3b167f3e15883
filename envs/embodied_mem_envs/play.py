"""Driving a body through a house by hand, beside what its memory makes of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import cv2
import numpy as np

from embodied_mem.brain.hippocampus import Hippocampus
from embodied_mem.brain.language.answers import Answer
from embodied_mem.errors import HouseError
from embodied_mem.scene.graph import SceneChange
from embodied_mem.types import Command, UInt8Array
from embodied_mem.viz.live_map import draw_live_map
from embodied_mem.viz.live_view import draw_live_view
from embodied_mem.viz.text import draw_text, shorten
from embodied_mem_envs.house.body import HouseBody
from embodied_mem_envs.house.life import live
from embodied_mem_envs.screen import Screen

HELP = "arrows or WASD drive - Q/E tilt - T ask - N things move - Esc end"
FPS = 10
_VIEW, _MAP = (640, 480), (480, 480)
_LINES, _LINE, _SIZE = 4, 20, 15
_INK, _PAPER = (30, 33, 40), (250, 250, 248)
_SPEED, _TURN, _TILT = 0.5, 1.2, 0.6
_MOVED = 3
"""So many things move when N is pressed."""
_DRIVE: dict[str, Command] = {
    "w": Command(forward=_SPEED),
    "up": Command(forward=_SPEED),
    "s": Command(forward=-_SPEED),
    "down": Command(forward=-_SPEED),
    "a": Command(turn=_TURN),
    "left": Command(turn=_TURN),
    "d": Command(turn=-_TURN),
    "right": Command(turn=-_TURN),
    "q": Command(tilt=_TILT),
    "page up": Command(tilt=_TILT),
    "e": Command(tilt=-_TILT),
    "page down": Command(tilt=-_TILT),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Played:
    """How it went."""

    ticks: int
    answers: tuple[Answer, ...]
    """To what was asked."""
    moved: int
    """Things that were moved."""


def steer(held: frozenset[str]) -> Command:
    """Returns what the held keys ask for, by pygame's names of them; opposite keys cancel."""
    asked = [_DRIVE[name] for name in sorted(held) if name in _DRIVE]
    return Command(
        forward=float(np.clip(sum(c.forward for c in asked), -_SPEED, _SPEED)),
        turn=float(np.clip(sum(c.turn for c in asked), -_TURN, _TURN)),
        tilt=float(np.clip(sum(c.tilt for c in asked), -_TILT, _TILT)),
    )


@final
class Player:
    """One person, one body, one memory, one window."""

    def __init__(self, body: HouseBody, hippocampus: Hippocampus, screen: Screen) -> None:
        """Takes a connected body and a fresh hippocampus, or one of an earlier visit."""
        self._body, self._hippocampus, self._screen = body, hippocampus, screen
        self._rng = np.random.default_rng([body.house.seed, 41])
        self._typed: str | None = None
        self._news: list[str] = [HELP]
        self._over = False
        self._answers: list[Answer] = []
        self._moved = 0
        self._seen: set[int] = set()

    def play(self, max_ticks: int, on_tick: Callable[[], None] | None = None) -> Played:
        """Drives until Esc is pressed, the window is closed, or for `max_ticks` ticks."""
        ticks = 0
        while ticks < max_ticks and not self._over:
            self._tell(self._hippocampus.observe(self._body.observe()))
            self._screen.show(self.picture())
            for event in self._screen.events():
                self._take(event)
            writing = self._typed is not None
            self._body.act(Command() if writing else steer(self._screen.held()))
            ticks += 1
            if on_tick is not None:
                on_tick()
        return Played(ticks=ticks, answers=tuple(self._answers), moved=self._moved)

    def picture(self) -> UInt8Array:
        """Returns the whole window: the camera with what is remembered, the map, and the news."""
        view = draw_live_view(self._hippocampus, _VIEW[0])
        if view.shape[:2] != _VIEW[::-1]:
            view = cv2.resize(view, _VIEW, interpolation=cv2.INTER_AREA).astype(np.uint8)
        upper = np.hstack([view, draw_live_map(self._hippocampus, *_MAP)])
        lower = np.full((_LINE * (_LINES + 1) + 8, upper.shape[1], 3), _PAPER, np.uint8)
        lines = [self._status(), *self._news[-_LINES:]]
        if self._typed is not None:
            lines[-1] = f"? {self._typed}_"
        for index, line in enumerate(lines):
            cut = shorten(line, _SIZE, upper.shape[1] - 16)
            draw_text(lower, cut, (8, 4 + _LINE * index), _SIZE, _INK, bold=index == 0)
        return np.vstack([upper, lower])

    def _status(self) -> str:
        scene, store = self._hippocampus.scene, self._hippocampus.store
        return (
            f"{int(scene.objects.confirmed().sum())} things, {len(scene.snapshots.columns())} "
            f"snapshots, {scene.occupancy.explored_area:.0f} m2 seen, "
            f"{self._hippocampus.walk.length:.0f} m walked, {store.disk_bytes / 1024:.0f} KiB kept"
        )

    def _tell(self, change: SceneChange) -> None:
        """Says what the memory has just understood."""
        objects = self._hippocampus.scene.objects
        confirmed = set(np.flatnonzero(objects.confirmed()).tolist())
        new = [objects.category[row] for row in sorted(confirmed - self._seen)]
        self._seen |= confirmed
        for words, names in (
            ("new", new),
            ("gone from its place", [objects.category[row] for row in change.gone]),
            ("found elsewhere", [objects.category[row] for row in change.moved]),
        ):
            if names:
                self._news.append(f"{words}: {', '.join(names)}")
        del self._news[: -2 * _LINES]

    def _take(self, event: Any) -> None:
        """Does what a key asks for; `type` and `key` are pygame's."""
        import pygame

        if event.type == pygame.QUIT:
            self._over = True
        elif event.type == pygame.KEYDOWN and self._typed is not None:
            self._write(event, pygame)
        elif event.type == pygame.KEYDOWN:
            if event.key == pygame.K_ESCAPE:
                self._over = True
            elif event.key == pygame.K_t:
                self._typed = ""
            elif event.key == pygame.K_n:
                self._rearrange()

    def _write(self, event: Any, pygame: Any) -> None:
        assert self._typed is not None
        if event.key == pygame.K_ESCAPE:
            self._typed = None
        elif event.key == pygame.K_BACKSPACE:
            self._typed = self._typed[:-1]
        elif event.key in (pygame.K_RETURN, pygame.K_KP_ENTER):
            self._answer(self._typed)
            self._typed = None
        else:
            self._typed += event.unicode

    def _answer(self, question: str) -> None:
        if question.strip():
            self._hippocampus.consolidate()
            answer = self._hippocampus.recall(question)
            self._answers.append(answer)
            self._news += [f"? {question}", f"> {answer.text}"]

    def _rearrange(self) -> None:
        """Lets some things move, unseen; the body has to find out."""
        try:
            changes = live(self._body.house, self._rng, _MOVED)
        except HouseError as error:
            self._news.append(str(error))
            return
        self._moved += len(changes)
        self._news.append(f"{_MOVED} things were moved while you looked away; find them")
