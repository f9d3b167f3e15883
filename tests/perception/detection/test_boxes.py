import numpy as np
import pytest

from embodied_mem.errors import ConfigError, ObservationError
from embodied_mem.perception.detection.boxes import Boxes, check_request, clipped, corners_of

PICTURE = np.zeros((4, 6, 3), np.uint8)


def test_centre_and_size_become_corners_in_pixels() -> None:
    centred = np.array([[0.5, 0.5, 1.0, 1.0], [0.25, 0.75, 0.1, 0.5]], np.float32)
    np.testing.assert_allclose(
        corners_of(centred, 200, 100), [[0, 0, 200, 100], [40, 50, 60, 100]], atol=1e-4
    )


def test_boxes_end_at_the_border() -> None:
    corners = np.array([[-5, -1, 30, 3], [2, 2, 4, 90]], np.float32)
    assert clipped(corners, (10, 20, 3)).tolist() == [[0, 0, 20, 3], [2, 2, 4, 10]]


def test_some_of_the_boxes_by_index_mask_and_slice() -> None:
    boxes = Boxes(
        corners=np.arange(12, dtype=np.float32).reshape(3, 4),
        words=("a", "b", "c"),
        scores=np.array([0.1, 0.2, 0.3], np.float32),
    )
    assert boxes[np.array([2, 0])].words == ("c", "a")
    assert boxes[np.array([False, True, False])].scores.tolist() == pytest.approx([0.2])
    assert boxes[:2].corners.tolist() == boxes.corners[:2].tolist()
    assert len(boxes[np.zeros(0, int)]) == 0


@pytest.mark.parametrize("words", [[], [" "], ["bed", ""], ["bed", "bed"]])
def test_words_that_say_nothing_are_refused(words: list[str]) -> None:
    with pytest.raises(ConfigError):
        check_request([PICTURE], words)


@pytest.mark.parametrize(
    "picture", [PICTURE[..., 0], PICTURE.astype(np.float32), PICTURE[:0], PICTURE[..., :2]]
)
def test_what_is_no_picture_is_refused(picture: np.ndarray) -> None:
    with pytest.raises(ObservationError):
        check_request([PICTURE, picture], ["bed"])
