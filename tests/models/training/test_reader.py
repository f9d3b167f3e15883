"""Readers learn, go on to the bit after an interruption, and are kept as they are."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from embodied_mem.allocation.training.session import BEST, Session, SessionConfig
from embodied_mem.errors import ConfigError
from embodied_mem.models.sat.config import SATConfig
from embodied_mem.models.sat.reader import Reader, ReaderConfig
from embodied_mem.models.training.reader import ReaderTrainer, ReadingConfig
from embodied_mem_envs.room_ballet.motions import WHOLE
from embodied_mem_envs.room_ballet.multi_task import FULL
from embodied_mem_envs.room_ballet.pictures import square_pictures
from embodied_mem_envs.room_ballet.practice import DanceLessons

SAT = SATConfig(width=96, hidden=192, layers=1, read="place")
READING = ReadingConfig(updates=100, recent=0.8, patience=0.9)


def make_trainer(reading=READING, seed=0, sizes=(1, 2)):
    reader = Reader(ReaderConfig(sat=SAT, classes=8), square_pictures(), seed)
    return ReaderTrainer(reading, reader, DanceLessons(FULL, sizes), seed)


def weights(reader):
    return {name: value.clone() for name, value in reader.state_dict().items()}


@pytest.fixture(scope="module")
def taught():
    trainer = make_trainer()
    told = [trainer.update() for _ in range(trainer.updates)]
    return trainer, told


def fresh_accuracy(reader, size):
    lesson = DanceLessons(FULL, (size,)).draw(np.random.default_rng(77), 0, 64)
    return (reader.answer(lesson.memories).argmax(dim=-1) == lesson.answers).float().mean().item()


def test_a_reader_learns_to_find_one_of_two_dances_and_how_it_goes(taught):
    trainer, told = taught
    assert [each["stage"] for each in (told[0], told[-1])] == [0, 1]
    assert trainer.ready
    assert fresh_accuracy(make_trainer().reader, 2) < 0.3
    assert fresh_accuracy(trainer.reader, 2) > 0.85


def test_the_same_seed_gives_the_same_bits_and_another_does_not():
    short = [make_trainer(seed=seed) for seed in (0, 0, 1)]
    losses = [[trainer.update()["loss"] for _ in range(4)] for trainer in short]
    assert losses[0] == losses[1] != losses[2]


@pytest.mark.parametrize("nothing", [{"updates": 0}, {"episodes": 0}])
def test_a_training_of_nothing_is_refused(nothing):
    with pytest.raises(ConfigError, match="expected at least 1"):
        ReadingConfig(**nothing)


def test_attuning_comes_before_the_first_step_and_is_not_done_again_after_an_interruption():
    plain, attuned = make_trainer(), make_trainer(replace(READING, attune=True))
    assert plain.update()["loss"] != attuned.update()["loss"]
    later = make_trainer(replace(READING, attune=True), seed=5)
    later.restore(attuned.snapshot())
    assert later.update() == attuned.update()


def test_an_interrupted_training_goes_on_to_the_same_bits(tmp_path):
    reading = ReadingConfig(updates=12, episodes=4, patience=0.4)
    whole = make_trainer(reading)
    stages = [whole.update()["stage"] for _ in range(12)]
    assert stages == [0] * 5 + [1] * 7
    settings = SessionConfig(folder=tmp_path, tensorboard=False, minutes=0, evaluate_every=3)

    def examine(reader):
        return {"accuracy": fresh_accuracy(reader, 2)}

    for _ in range(12):
        session = Session(make_trainer(reading), examine, {}, {"x": 1}, settings)
        if session.trainer.done or (tmp_path / "checkpoint.safetensors").exists():
            session.resume()
        finished = session.run()
    assert finished
    assert session.trainer.done == 12
    found, expected = weights(session.trainer.reader), weights(whole.reader)
    assert all(torch.equal(found[name], expected[name]) for name in expected)
    assert [each.update for each in session.history] == [3, 6, 9, 12]
    # The first evaluation is still in the easy stage, and its reader none to be kept.
    assert [each.ready for each in session.history] == [False, True, True, True]
    assert (tmp_path / f"{BEST}.json").exists()


def test_a_kept_reader_answers_as_before(taught, tmp_path):
    reader = taught[0].reader
    reader.save(tmp_path / "kept", {"seed": 0})
    back = Reader.load(tmp_path / "kept")
    lesson = DanceLessons(FULL, (2,)).draw(np.random.default_rng(5), 0, 16)
    before, after = (each.answer(lesson.memories) for each in (reader, back))
    assert torch.allclose(before, after, atol=0.02)  # of half precision
    assert torch.allclose(after.sum(dim=-1), torch.ones(16, 2))
    assert json.loads((tmp_path / "kept.json").read_text())["about"] == {"seed": 0}


def test_a_reader_of_another_version_is_refused(taught, tmp_path):
    taught[0].reader.save(tmp_path / "kept")
    about = json.loads((tmp_path / "kept.json").read_text())
    about["config"]["sat"]["shine"] = 1
    (tmp_path / "kept.json").write_text(json.dumps(about))
    with pytest.raises(ConfigError, match="another version"):
        Reader.load(tmp_path / "kept")


def test_questions_ask_for_dances_in_memory_and_the_answers_are_what_was_danced():
    lessons = DanceLessons(FULL, (1, 9), questions=3, tokens=2)
    assert lessons.draw(np.random.default_rng(0), 0, 5).memories.sizes == (5, 32, 1, 2)
    lesson = lessons.draw(np.random.default_rng(0), 1, 5)
    memories = lesson.memories
    assert memories.sizes == (5, 9 * 32, 3, 2)
    dancer, position = memories.frames.flatten(1).max(dim=1)
    inner = {6: 0, 7: 1, 8: 2, 11: 3, 12: 4, 13: 5, 16: 6, 17: 7, 18: 8}
    for row in range(5):
        entries = memories.entry_frame[row]
        for question in range(3):
            asked = dancer[memories.query_frame[row, question]]
            same = dancer[entries] == asked[0]
            order = memories.entry_time[row][same].argsort()
            seen = [inner[at] for at in position[entries][same][order].tolist()]
            assert seen == WHOLE[lesson.answers[row, question]].tolist()
