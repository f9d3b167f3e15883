import numpy as np
import pytest

from embodied_mem.perception import COLOUR_TERMS, Frame, Segmentation, basic_colour, colour_votes
from painted_world import PaintedWorld

EXAMPLES = {
    "red": [(200, 30, 30), (150, 20, 30), (220, 60, 50)],
    "orange": [(240, 130, 20), (230, 110, 40), (255, 160, 60)],
    "yellow": [(240, 220, 50), (220, 190, 30), (250, 235, 110)],
    "green": [(40, 140, 60), (120, 170, 80), (30, 80, 40)],
    "blue": [(40, 90, 190), (20, 40, 100), (120, 170, 220)],
    "purple": [(120, 50, 150), (90, 60, 130), (160, 110, 190)],
    "pink": [(240, 150, 180), (230, 100, 150), (250, 200, 210)],
    "brown": [(110, 70, 40), (80, 50, 30), (140, 90, 55)],
    "black": [(20, 20, 22), (35, 33, 32), (10, 10, 10)],
    "white": [(245, 245, 245), (230, 232, 235), (250, 248, 240)],
    "grey": [(128, 128, 128), (90, 92, 95), (165, 165, 168)],
    "beige": [(215, 195, 160), (225, 210, 180), (200, 178, 140)],
}


def frame_with(rgb: np.ndarray) -> tuple[Frame, Segmentation]:
    """Fills the middle of a frame with a (60, 80, 3) picture and makes that one instance."""
    frame = PaintedWorld().frame((0.0, 0.0, 1.2), (2.0, 0.0, 0.5))
    image = frame.rgb.copy()
    image[30:90, 40:120] = rgb
    mask = np.zeros(frame.shape, np.int32)
    mask[30:90, 40:120] = 1
    painted = Frame(
        observation=frame.observation,
        stride=1,
        rgb=image,
        depth=frame.depth,
        points=frame.points,
        valid=frame.valid,
    )
    one = Segmentation(mask=mask, categories=("thing",), confidence=np.ones(1, np.float32))
    return painted, one


def name_of(rgb: np.ndarray) -> str:
    return basic_colour(colour_votes(*frame_with(rgb))[0])


@pytest.mark.parametrize("term", sorted(EXAMPLES))
def test_plain_colours_have_their_names(term: str) -> None:
    for rgb in EXAMPLES[term]:
        assert name_of(np.full((60, 80, 3), rgb, np.uint8)) == term, rgb


@pytest.mark.parametrize("term", sorted(EXAMPLES))
def test_names_hold_under_shade_and_texture(term: str) -> None:
    rng = np.random.default_rng(3)
    base = np.array(EXAMPLES[term][0], np.float64)
    shade = np.linspace(0.55, 1.0, 80)[None, :, None]
    texture = rng.normal(1.0, 0.06, (60, 80, 1)) + rng.normal(0.0, 0.02, (60, 80, 3))
    noisy = base * shade * texture + rng.normal(0.0, 4.0, (60, 80, 3))
    assert name_of(np.clip(noisy, 0, 255).astype(np.uint8)) == term


def test_the_cover_of_a_book_counts_more_than_its_pages() -> None:
    rgb = np.full((60, 80, 3), (240, 240, 235), np.uint8)
    rgb[:, :45] = (40, 130, 60)
    assert name_of(rgb) == "green"


def test_votes_are_shares_and_add_up_over_frames() -> None:
    frame, one = frame_with(np.full((60, 80, 3), (200, 30, 30), np.uint8))
    votes = colour_votes(frame, one)
    assert votes.shape == (1, 12)
    assert votes.dtype == np.float32
    assert votes.sum() == pytest.approx(1.0, abs=1e-4)
    blurred = colour_votes(*frame_with(np.full((60, 80, 3), (130, 120, 110), np.uint8)))
    assert basic_colour(votes[0] * 3 + blurred[0]) == "red"


def test_few_pixels_have_little_say() -> None:
    frame, _ = frame_with(np.full((60, 80, 3), (200, 30, 30), np.uint8))
    mask = np.zeros(frame.shape, np.int32)
    mask[40:43, 50:55] = 1
    few = Segmentation(mask=mask, categories=("thing",), confidence=np.ones(1, np.float32))
    assert colour_votes(frame, few).sum() == pytest.approx(15 / 60, abs=1e-4)


def test_no_instances_give_no_votes() -> None:
    frame, _ = frame_with(np.zeros((60, 80, 3), np.uint8))
    nothing = Segmentation(
        mask=np.zeros(frame.shape, np.int32), categories=(), confidence=np.zeros(0, np.float32)
    )
    assert colour_votes(frame, nothing).shape == (0, 12)


def test_every_term_has_one_place() -> None:
    assert len(set(COLOUR_TERMS)) == 12
    assert set(COLOUR_TERMS) == set(EXAMPLES)


def test_house_objects_keep_their_colour_names() -> None:
    house_module = pytest.importorskip("embodied_mem_envs.house")
    from embodied_mem.perception import InstanceSegmenter, make_frame
    from embodied_mem.types import Command

    house = house_module.generate_house(3)
    body = house_module.HouseBody(house)
    body.connect()
    votes: dict[str, np.ndarray] = {}
    for _ in range(12):
        frame = make_frame(body.observe(), 4)
        result = InstanceSegmenter(min_pixels=40).segment(frame)
        ids = frame.observation.instance
        assert ids is not None
        for k, row in enumerate(colour_votes(frame, result)):
            name = house.instance_to_object[int(ids[::4, ::4][result.mask == k + 1][0])]
            votes[name] = votes.get(name, 0.0) + row
        body.act(Command(turn=np.pi / 6))
    truth = {item["id"]: item["colour"] for item in house.truth()["objects"]}
    right = [basic_colour(row) == truth[name] for name, row in votes.items()]
    assert len(right) >= 3
    assert np.mean(right) >= 0.8
