from pathlib import Path

import numpy as np
import pytest

from embodied_mem.errors import ConfigError
from embodied_mem.scene.tabletop.learning import AppearanceLearner, Sample
from embodied_mem.scene.tabletop.looks import LOOKS
from embodied_mem.scene.tabletop.recognition import UNKNOWN, Appearance, learned_appearance
from embodied_mem_envs.tabletop.catalogue import kinds
from embodied_mem_envs.tabletop_appearance import learn


def test_the_shipped_looks_cover_the_catalogue() -> None:
    assert set(learned_appearance().categories) == set(kinds())


def test_looks_are_learned_from_rendered_views(tmp_path: Path) -> None:
    looks = [("block", "red"), ("block", "blue"), ("can", "red"), ("duck", "yellow")]
    looks += [("mug", "white"), ("plate", "white"), ("fork", "steel"), ("ball", "blue")]
    learner = learn(views=20, views_above=2, seed=5, looks=looks)
    learner.write(tmp_path / "looks.npz")
    appearance = Appearance(tmp_path / "looks.npz")
    fresh = learn(views=8, views_above=0, seed=6, looks=looks).samples
    upright = [each for each in fresh if each.pose == "front-upright"]
    found = [appearance.recognise(each.looks) for each in upright]
    right = [
        (one.category, one.colour) == (each.category, each.colour)
        for one, each in zip(found, upright, strict=True)
    ]
    assert len(right) > 40
    assert np.mean(right) > 0.95


def test_two_clouds_are_told_apart_and_a_stranger_is_no_one(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    centres = {"block": np.zeros(LOOKS), "mug": np.zeros(LOOKS)}
    centres["mug"][3] = 5.0
    learner = AppearanceLearner()
    for _ in range(30):
        for category, centre in centres.items():
            learner.samples.append(
                Sample(
                    colour="red",
                    category=category,
                    pose="front-upright" if category == "block" else "front-lying",
                    looks=(centre + rng.normal(0.0, 0.3, LOOKS)).astype(np.float32),
                    size=np.array([0.04, 0.04, 0.04]),
                    shift=np.array([0.0, 0.0, 0.001]),
                )
            )
    learner.write(tmp_path / "two.npz")
    appearance = Appearance(tmp_path / "two.npz")
    for category, centre in centres.items():
        known = appearance.recognise(centre.astype(np.float32))
        assert (known.category, known.colour) == (category, "red")
        assert known.confidence > 0.8 and known.misfit < 1.3
        assert known.lying == (category == "mug")
        assert known.size == pytest.approx([0.04, 0.04, 0.04])
    far = np.full(LOOKS, 40.0, np.float32)
    stranger = appearance.recognise(far)
    assert (stranger.category, stranger.size, stranger.confidence) == (UNKNOWN, None, 0.0)


def test_too_few_samples_are_not_written(tmp_path: Path) -> None:
    learner = learn(views=2, views_above=0, seed=5, looks=[("block", "red"), ("can", "blue")])
    with pytest.raises(ConfigError, match="gather more"):
        learner.write(tmp_path / "few.npz")


def test_another_file_is_refused_by_name(tmp_path: Path) -> None:
    np.savez(tmp_path / "other.npz", mean=np.zeros(3))
    with pytest.raises(ConfigError, match="projection"):
        Appearance(tmp_path / "other.npz")
