"""OpenEQA's files: questions, scores and histories, written here in its form."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from embodied_mem.errors import EvaluationError, RecordingError
from embodied_mem.types import Observation
from embodied_mem_envs.house import CameraConfig, HouseBody, generate_house
from embodied_mem_envs.house.config import HouseConfig
from embodied_mem_envs.tasks.episode import Ask, Reply
from embodied_mem_envs.tasks.question_answering.open_eqa import (
    OpenEqaQuestion,
    Prediction,
    by_history,
    episodes,
    llm_match,
    load_questions,
    matches,
    score_predictions,
)
from embodied_mem_envs.tasks.question_answering.open_eqa_history import open_history

ITEMS = [
    {
        "question": "How many chairs are around the dining table?",
        "answer": "Eight chairs",
        "category": "object localization",
        "question_id": "q-1",
        "episode_history": "hm3d-v0/000",
    },
    {
        "question": "What colour is the rug?",
        "answer": "Tan",
        "extra_answers": ["beige", "Light brown"],
        "category": "attribute recognition",
        "question_id": "q-2",
        "episode_history": "hm3d-v0/000",
    },
    {
        "question": "Where is the sofa?",
        "answer": "In the living room",
        "category": "object localization",
        "question_id": "q-3",
        "episode_history": "scannet-v0/001",
        "a field that is new": 1,
    },
]


@pytest.fixture
def questions(tmp_path: Path) -> tuple[OpenEqaQuestion, ...]:
    path = tmp_path / "open-eqa.json"
    path.write_text(json.dumps(ITEMS))
    return load_questions(path)


class Strict:
    """Marks by the length of the answer, which can be foreseen."""

    def mark(self, question: OpenEqaQuestion, prediction: str) -> int:
        return 5 if matches(question, prediction) else len(prediction)


def test_files_load_and_are_grouped(questions: tuple[OpenEqaQuestion, ...], tmp_path: Path) -> None:
    groups = by_history(questions)
    assert {name: len(own) for name, own in groups.items()} == {
        "hm3d-v0/000": 2,
        "scannet-v0/001": 1,
    }
    assert questions[1].extra_answers == ("beige", "Light brown")
    (tmp_path / "wrong.json").write_text('[{"question": 3}]')
    with pytest.raises(EvaluationError, match=r"wrong\.json"):
        load_questions(tmp_path / "wrong.json")
    with pytest.raises(EvaluationError, match="missing"):
        load_questions(tmp_path / "missing.json")


def test_answers_match_word_by_word(questions: tuple[OpenEqaQuestion, ...]) -> None:
    chairs, rug, sofa = questions
    assert matches(chairs, "8 chairs") and matches(chairs, "There are eight chairs.")
    assert not matches(chairs, "seven chairs") and not matches(chairs, "")
    assert matches(rug, "It is BEIGE!") and matches(rug, "light brown")
    assert not matches(rug, "brown")
    assert matches(sofa, "in the Living-Room") and not matches(sofa, "bedroom")


def test_marks_are_on_the_stated_scale(questions: tuple[OpenEqaQuestion, ...]) -> None:
    assert [llm_match([mark]) for mark in (0, 1, 2, 3, 5, 9)] == [0, 0, 25, 50, 100, 100]
    predictions = [
        Prediction(question_id="q-1", answer="eight chairs"),
        Prediction(question_id="q-2", answer="red"),
    ]
    plain = score_predictions(questions, predictions)
    assert plain == {"answer_accuracy": pytest.approx(1 / 3)}
    judged = score_predictions(questions, predictions, Strict())
    assert judged["llm_match"] == pytest.approx((100 + 50 + 0) / 3)
    with pytest.raises(EvaluationError, match="q-9"):
        score_predictions(questions, [Prediction(question_id="q-9", answer="x")])


@pytest.mark.parametrize("scannet", [False, True])
def test_histories_stream_through_the_recordings_reader(tmp_path: Path, scannet: bool) -> None:
    folder = tmp_path / "scannet-v0" / "001"
    folder.mkdir(parents=True)
    walk = list(_walk())
    for number, seen in enumerate(walk):
        _write(folder, number, seen, scannet)
    reader = open_history(folder, width=80)
    frames = list(reader)
    assert len(frames) == len(walk) and reader.frames_skipped == 0
    for frame, seen in zip(frames, walk, strict=True):
        assert (frame.intrinsics.width, frame.intrinsics.height) == (80, 60)
        assert frame.T_world_camera[2, 3] == pytest.approx(1.25, abs=0.1)
        assert abs(frame.T_world_camera[2, 2] - seen.T_world_camera[2, 2]) < 0.05
        np.testing.assert_allclose(frame.depth[::7, ::7], seen.depth[::14, ::14], atol=0.4)
    turned = np.linalg.inv(frames[0].T_world_camera) @ frames[-1].T_world_camera
    truly = np.linalg.inv(walk[0].T_world_camera) @ walk[-1].T_world_camera
    np.testing.assert_allclose(turned, truly, atol=1e-4)


def test_a_history_is_shown_before_its_questions_are_asked(
    questions: tuple[OpenEqaQuestion, ...], tmp_path: Path
) -> None:
    folder = tmp_path / "frames"
    folder.mkdir()
    for number, seen in enumerate(_walk()):
        _write(folder, number, seen, scannet=False)
    (episode,) = episodes(questions, {"hm3d-v0/000": open_history(folder)}, Strict())
    shown, replies = 0, iter(["8 chairs", "red"])
    while (happening := episode.next()) is not None:
        if isinstance(happening, Ask):
            judgement = episode.submit(Reply(text=next(replies)))
        else:
            assert isinstance(happening, Observation)
            shown += 1
    assert shown == 6 and episode.progress == 0.5 and episode.body is None
    assert judgement.values == {"answer_accuracy": 0.0, "llm_match": 50.0}
    episode.close()


def test_a_folder_without_depth_is_refused(tmp_path: Path) -> None:
    (tmp_path / "00000-rgb.png").write_bytes(b"")
    with pytest.raises(RecordingError, match="rgb-only"):
        open_history(tmp_path)
    with pytest.raises(RecordingError, match="no history"):
        open_history(tmp_path / "nowhere")


def _walk() -> list[Observation]:
    house = generate_house(2, HouseConfig(rooms=3))
    body = HouseBody(house, CameraConfig(width=160, height=120))
    body.connect()
    x, y, yaw = house.start
    seen = []
    for turn in range(6):
        body.place(x, y + 0.03 * turn, yaw + turn)
        seen.append(body.observe())
    return seen


def _write(folder: Path, number: int, seen: Observation, scannet: bool) -> None:
    """Writes a frame as the scripts of OpenEQA do."""
    rgb = seen.rgb if not scannet else cv2.resize(seen.rgb, (320, 240))
    cv2.imwrite(str(folder / f"{number:06d}-rgb.png"), rgb[..., ::-1])
    units = 1000.0 if scannet else 6553.5
    depth = np.clip(seen.depth * units, 0, 65535).astype(np.uint16)
    cv2.imwrite(str(folder / f"{number:06d}-depth.png"), depth)
    pose = seen.T_world_camera
    matrix = np.eye(4)
    matrix[:3, :3] = seen.intrinsics.matrix
    if scannet:
        np.savetxt(folder / "extrinsic_depth.txt", np.eye(4), fmt="%f")
    else:
        y_up = np.array([[1.0, 0, 0, 0], [0, 0, 1, 0], [0, -1, 0, 0], [0, 0, 0, 1]])
        pose = y_up @ pose @ np.diag([1.0, -1.0, -1.0, 1.0])
        matrix[1, 1] *= 1.2  # as the script has it
    np.savetxt(folder / f"{number:06d}.txt", pose, fmt="%.6f")
    np.savetxt(folder / "intrinsic_depth.txt", matrix, fmt="%.6f")
