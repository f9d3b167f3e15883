"""The loop around the trainers, with a trainer that only counts."""

import json
import signal

import numpy as np
import pytest

from allocation_episodes import small_episodes, take_all_in
from embodied_mem.allocation.training.session import BEST, CHECKPOINT, Session, SessionConfig
from embodied_mem.allocation.training.snapshot import Snapshot
from embodied_mem.errors import ConfigError

ABOUT = {"algorithm": "counting", "sizes": (1, 2)}


class Counted:
    """Keeps at most so many records: a policy whose accuracy is known to rise and fall."""

    def __init__(self, most, written):
        self.most, self.written = most, written

    def __call__(self, slots, context, mask, rng):
        held = slots[:, :-1, 0].sum(axis=1)
        refuse = 4 * slots.shape[1] - 1
        return np.where(held < self.most, take_all_in(slots, context, mask), refuse)

    def save(self, path, about=None):
        self.written.append((self.most, path, about))


class Counting:
    """A trainer whose policy keeps as many records as `plan` says after each update."""

    def __init__(self, plan, press_at=None, presses=1, warm=0):
        self.plan, self.done, self.written, self.warm = plan, 0, [], warm
        self.press_at, self.presses = press_at, presses

    @property
    def updates(self):
        return len(self.plan)

    @property
    def ready(self):
        return self.done > self.warm

    def update(self):
        if self.done == self.press_at:
            for _ in range(self.presses):
                signal.raise_signal(signal.SIGINT)
        self.done += 1
        return {"accuracy": 0.25}

    def trained(self):
        return Counted(self.plan[self.done - 1], self.written)

    def snapshot(self):
        return Snapshot(values={"done": self.done}, arrays={"x": np.array(self.done)})

    def restore(self, snapshot):
        self.done = snapshot.values["done"]
        assert snapshot.arrays["x"] == self.done


@pytest.fixture(scope="module")
def episodes():
    return small_episodes(count=16)


def session(trainer, episodes, folder, *, about=ABOUT, every=1, **config):
    settings = SessionConfig(folder=folder, evaluate_every=every, tensorboard=False, **config)
    return Session(trainer, episodes, {"others": episodes}, about, settings)


def test_the_best_policy_is_kept_and_the_curve(episodes, tmp_path):
    trainer = Counting([0, 1, 3, 2, 1])
    notes = []
    looked = session(trainer, episodes, tmp_path)
    assert looked.run(notes.append)
    assert [most for most, _, _ in trainer.written] == [0, 1, 3]
    assert {path for _, path, _ in trainer.written} == {tmp_path / BEST}
    figures = trainer.written[-1][2]["figures"]
    assert trainer.written[-1][2]["algorithm"] == "counting"
    assert looked.best.update == 3 and dict(looked.best.accuracy) == figures
    assert [each.update for each in looked.history] == [1, 2, 3, 4, 5]
    assert "accuracy 0.250" in notes[0] and "others" in notes[-1] and len(notes) == 5


def test_what_only_warmed_up_is_never_kept(episodes, tmp_path):
    trainer = Counting([3, 3, 1, 2, 1], warm=2)
    looked = session(trainer, episodes, tmp_path)
    looked.run()
    assert [most for most, _, _ in trainer.written] == [1, 2]
    assert looked.best.update == 4
    assert [each.ready for each in looked.history] == [False, False, True, True, True]
    again = session(Counting([3, 3, 1, 2, 1], warm=2), episodes, tmp_path)
    again.resume()
    assert again.history == looked.history


def test_the_last_update_is_always_evaluated(episodes, tmp_path):
    looked = session(Counting([1] * 5), episodes, tmp_path, every=2)
    looked.run()
    assert [each.update for each in looked.history] == [2, 4, 5]


def test_it_stops_when_the_time_is_over_and_goes_on(episodes, tmp_path):
    first = session(Counting([3, 2, 1]), episodes, tmp_path, minutes=0.0)
    assert not first.run()
    second = session(Counting([3, 2, 1]), episodes, tmp_path)
    second.resume()
    assert second.trainer.done == 1 and second.seconds == first.seconds
    assert second.history == first.history
    assert second.run()
    assert second.trainer.written == []  # the first of all was the best, and stays


def test_ctrl_c_lets_the_update_end_and_leaves_a_checkpoint(episodes, tmp_path):
    before = signal.getsignal(signal.SIGINT)
    looked = session(Counting([1] * 9, press_at=4), episodes, tmp_path)
    assert not looked.run()
    assert looked.trainer.done == 5
    assert Snapshot.read(tmp_path / CHECKPOINT).values["done"] == 5
    assert signal.getsignal(signal.SIGINT) is before


def test_pressed_twice_it_stops_at_once_with_the_last_checkpoint(episodes, tmp_path):
    before = signal.getsignal(signal.SIGINT)
    looked = session(Counting([1] * 9, press_at=4, presses=2), episodes, tmp_path)
    with pytest.raises(KeyboardInterrupt):
        looked.run()
    assert Snapshot.read(tmp_path / CHECKPOINT).values["done"] == 4
    assert signal.getsignal(signal.SIGINT) is before


def test_what_differs_from_the_checkpoint_is_named(episodes, tmp_path):
    session(Counting([1]), episodes, tmp_path).run()
    session(Counting([1]), episodes, tmp_path).resume()
    other = session(Counting([1]), episodes, tmp_path, about={**ABOUT, "sizes": (1, 3)})
    with pytest.raises(ConfigError, match=r"sizes was \[1, 2\], is \[1, 3\]"):
        other.resume()


@pytest.mark.parametrize("cut", [0, 5, 100, -1])
def test_a_damaged_checkpoint_is_refused(episodes, tmp_path, cut):
    looked = session(Counting([1]), episodes, tmp_path)
    looked.run()
    data = (tmp_path / CHECKPOINT).read_bytes()
    (tmp_path / CHECKPOINT).write_bytes(data[:cut])
    with pytest.raises(ConfigError, match="no checkpoint can be read"):
        session(Counting([1]), episodes, tmp_path).resume()


def test_a_checkpoint_holds_any_array_and_value(tmp_path):
    arrays = {
        "none": np.zeros((0, 3), np.float32),
        "scalar": np.array(2.5),
        "turned": np.arange(6).reshape(2, 3).T,
        "flags": np.array([True, False]),
    }
    values = {"large": 2**127 + 1, "text": "ä", "list": [1, None, 0.1]}
    Snapshot(arrays=arrays, values=values).write(tmp_path / "x")
    back = Snapshot.read(tmp_path / "x")
    assert json.dumps(back.values) == json.dumps(values)
    for name, array in arrays.items():
        np.testing.assert_array_equal(back.arrays[name], array)
        assert back.arrays[name].dtype == array.dtype and back.arrays[name].shape == array.shape
