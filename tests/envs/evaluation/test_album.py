from pathlib import Path

import cv2
import numpy as np
import pytest

from embodied_mem_envs.evaluation.album import MOST, Album
from embodied_mem_envs.house import generate_house
from embodied_mem_envs.house.body import CameraConfig, HouseBody
from embodied_mem_envs.tasks.episode import Ask, Judgement

GREEN, RED = (22, 120, 74), (166, 42, 62)


def ask(number: int, ticks: int = 9, image: np.ndarray | None = None) -> Ask:
    return Ask(number=number, kind="k", text="Go there.", form="stop", max_ticks=ticks, image=image)


def judged(right: bool) -> Judgement:
    return Judgement(right=right, progress=float(right), reason="stands there")


@pytest.fixture
def body() -> HouseBody:
    body = HouseBody(generate_house(3), camera=CameraConfig(width=64, height=48))
    body.connect()
    return body


def test_the_first_views_are_kept_with_their_verdicts(tmp_path: Path, body: HouseBody) -> None:
    album = Album(tmp_path / "own")
    for number in range(MOST + 2):
        album.look(ask(number), body)
        album.caption(ask(number), "here", judged(number % 2 == 0))
    assert album.names == ["ask-0.jpg", "ask-1.jpg", "ask-2.jpg"]
    assert sorted(path.name for path in (tmp_path / "own").iterdir()) == album.names
    view = cv2.resize(body.observe().rgb, (320, 240))
    for name, ink in zip(album.names, (GREEN, RED, GREEN), strict=True):
        picture = cv2.imread(str(tmp_path / "own" / name))[..., ::-1].astype(int)
        assert picture.shape == (304, 320, 3)
        assert np.abs(picture[-2, 100] - ink).max() < 25
        assert np.abs(picture[:240] - view).mean() < 6.0


def test_what_was_shown_with_the_ask_stands_beside(tmp_path: Path, body: HouseBody) -> None:
    album = Album(tmp_path)
    wanted = np.full((30, 20, 3), (250, 10, 10), np.uint8)
    album.look(ask(0, image=wanted), body)
    album.caption(ask(0, image=wanted), "", judged(False))
    picture = cv2.imread(str(tmp_path / "ask-0.jpg"))[..., ::-1].astype(int)
    assert picture.shape == (304, 320 + 160, 3)
    assert np.abs(picture[120, 400] - (250, 10, 10)).max() < 20


def test_nothing_is_kept_where_nobody_moved(tmp_path: Path, body: HouseBody) -> None:
    album = Album(tmp_path / "own")
    album.look(ask(0, ticks=0), body)
    album.caption(ask(0, ticks=0), "here", judged(True))
    album.look(ask(1), None)
    album.caption(ask(1), "here", judged(True))
    assert album.names == []
    assert not (tmp_path / "own").exists()
