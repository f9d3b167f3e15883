"""Windows and videos: what Gymnasium's users expect of `render_mode`."""

import pickle

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.wrappers import RecordVideo

from embodied_mem_envs.screen import Screen

pygame = pytest.importorskip("pygame")

SMALL = {
    "EmbodiedMem/Explore-v0": {"rooms": 3, "width": 64, "height": 64},
    "EmbodiedMem/Manipulate-v0": {"family": "stack"},
    "EmbodiedMem/TMaze-v0": {},
}


@pytest.fixture(autouse=True)
def nowhere(monkeypatch):
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")


def test_a_screen_shows_what_it_is_given():
    screen = Screen("a test", 1000.0)
    picture = np.random.default_rng(0).integers(0, 255, (40, 60, 3), np.uint8)
    screen.show(picture)
    shown = pygame.surfarray.array3d(pygame.display.get_surface()).swapaxes(0, 1)
    np.testing.assert_array_equal(shown, picture)
    screen.show(picture[:20])
    assert pygame.display.get_surface().get_size() == (60, 20)
    assert screen.held() == frozenset()
    screen.close()
    screen.close()
    assert not pygame.display.get_init()
    assert pickle.loads(pickle.dumps(screen)).events() == []


def test_keys_are_told():
    screen = Screen("a test", 1000.0)
    screen.show(np.zeros((10, 10, 3), np.uint8))
    pygame.event.post(pygame.event.Event(pygame.KEYDOWN, key=pygame.K_t, unicode="t"))
    keys = [event.key for event in screen.events() if event.type == pygame.KEYDOWN]
    assert keys == [pygame.K_t]
    screen.close()


@pytest.mark.parametrize("name", sorted(SMALL))
def test_human_mode_shows_every_step(name):
    seen = gym.make(name, render_mode="rgb_array", **SMALL[name]).unwrapped
    env = gym.make(name, render_mode="human", **SMALL[name]).unwrapped
    for each in (seen, env):
        each.reset(seed=3)
        each.action_space.seed(5)
    for _ in range(2):
        action = env.action_space.sample()
        env.step(action)
        seen.step(action)
        assert env.render() is None
        shown = pygame.surfarray.array3d(pygame.display.get_surface()).swapaxes(0, 1)
        np.testing.assert_array_equal(shown, seen.render())
    env.close()
    seen.close()


@pytest.mark.parametrize("name", ["EmbodiedMem/Explore-v0", "EmbodiedMem/TMaze-v0"])
def test_videos_are_recorded(name, tmp_path):
    pytest.importorskip("moviepy")
    env = gym.make(name, render_mode="rgb_array", **SMALL[name])
    video = RecordVideo(env, str(tmp_path / "videos"), disable_logger=True)
    video.reset(seed=1)
    for _ in range(3):
        *_, terminated, truncated, _ = video.step(0)
        if terminated or truncated:
            break
    video.close()
    (file,) = tmp_path.glob("videos/*.mp4")
    assert file.stat().st_size > 500
