"""Driving by hand: the real window (of SDL's dummy driver), the real house, the real memory."""

import json

import numpy as np
import pytest

from embodied_mem.cli import main
from embodied_mem_envs.play import steer
from embodied_mem_envs.screen import Screen

pygame = pytest.importorskip("pygame")


@pytest.fixture(autouse=True)
def nowhere(monkeypatch):
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")


@pytest.fixture
def played(tmp_path, monkeypatch):
    """Plays with keys pressed at ticks, and gives what the command left."""

    def play(keys, *options):
        events = Screen.events
        tick = iter(range(10_000))

        def happened(self):
            now = next(tick)
            for key, text in keys.get(now, ()):
                pressed = pygame.event.Event(pygame.KEYDOWN, key=key, unicode=text)
                pygame.event.post(pygame.event.Event(pygame.QUIT) if key is None else pressed)
            return events(self)

        monkeypatch.setattr(Screen, "events", happened)
        monkeypatch.setattr(Screen, "held", lambda self: frozenset({"a"}))
        out = tmp_path / "out"
        options = ("--rooms", "3", "--width", "160", "--out", str(out), *options)
        assert main(["play", *options, "--json", str(tmp_path / "j.json")]) == 0
        return out, json.loads((tmp_path / "j.json").read_text())["metrics"]

    return play


def test_keys_steer():
    assert steer(frozenset()).forward == 0.0
    assert steer(frozenset({"w", "up"})).forward == 0.5
    both = steer(frozenset({"w", "a", "d", "e"}))
    assert (both.forward, both.turn, both.tilt) == (0.5, 0.0, -0.6)


def test_a_person_looks_around_asks_moves_things_and_leaves(played):
    typed = [(ord(letter), letter) for letter in "Where is the bedx"]
    keys = {
        40: [(pygame.K_t, "t"), *typed, (pygame.K_BACKSPACE, ""), (pygame.K_RETURN, "\r")],
        42: [(pygame.K_n, "n")],
        45: [(pygame.K_t, "t"), (pygame.K_ESCAPE, "")],
        50: [(pygame.K_ESCAPE, "")],
    }
    out, metrics = played(keys)
    assert metrics["ticks"] == 51
    assert metrics["asked"] == 1
    assert metrics["moved"] >= 3
    assert metrics["objects"] > 3
    assert "Where is the bed" in (out / "report.html").read_text()
    assert (out / "map.png").exists()


def test_the_window_shows_what_is_remembered(monkeypatch, tmp_path):
    shown = []
    monkeypatch.setattr(Screen, "show", lambda self, picture: shown.append(picture))
    arguments = ["play", "--rooms", "3", "--width", "320", "--steps", "12"]
    assert main([*arguments, "--out", str(tmp_path)]) == 0
    assert len(shown) == 12
    assert all(picture.shape == shown[0].shape for picture in shown)
    # The camera is on the left, and boxes of remembered things lie over it.
    assert np.abs(shown[-1][:480, :640].astype(int) - shown[0][:480, :640]).sum() > 0


def test_a_player_ends_with_its_window(played):
    _, metrics = played({2: [(None, "")]}, "--steps", "30")
    assert metrics["ticks"] == 3
