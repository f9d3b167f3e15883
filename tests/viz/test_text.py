import numpy as np

from embodied_mem.viz.palette import COLOUR_TERMS, ink_on
from embodied_mem.viz.text import draw_label, draw_text, label_size, shorten, text_size


def blank(height: int = 40, width: int = 200) -> np.ndarray:
    return np.zeros((height, width, 3), np.uint8)


def test_text_stays_within_the_size_it_states() -> None:
    picture = blank()
    draw_text(picture, "Ägypt, 12 m²", (20, 8), 15, (255, 255, 255))
    rows, columns = np.nonzero(picture.any(axis=2))
    width, height = text_size("Ägypt, 12 m²", 15)
    assert columns.min() >= 20 and columns.max() < 20 + width
    assert rows.min() >= 8 and rows.max() < 8 + height
    assert picture.max() > 200


def test_text_is_cut_at_the_edges_of_the_picture() -> None:
    whole, cut = blank(), blank()
    draw_text(whole, "kitchen", (5, 5), 15, (255, 255, 255))
    draw_text(cut, "kitchen", (-15, 5), 15, (255, 255, 255))
    assert np.array_equal(cut[:, :100], whole[:, 20:120])
    draw_text(cut, "kitchen", (500, -90), 15, (255, 255, 255))


def test_a_character_that_the_font_lacks_is_written_without_a_warning() -> None:
    picture = blank()
    draw_text(picture, "椅子", (5, 5), 15, (255, 255, 255))
    assert picture.any()


def test_a_label_fills_its_plate_and_keeps_its_text_readable() -> None:
    for ground in COLOUR_TERMS.values():
        picture = blank()
        draw_label(picture, "mug", (10, 10), 13, ground)
        width, height = label_size("mug", 13, bold=True)
        plate = picture[10 : 10 + height, 10 : 10 + width].reshape(-1, 3).astype(int)
        contrast = np.abs(plate - ground).sum(axis=1).max()
        assert contrast > 250, (ground, ink_on(ground))
        picture[10 : 10 + height, 10 : 10 + width] = 0
        assert not picture.any()


def test_shorten_keeps_what_fits_and_cuts_the_rest() -> None:
    assert shorten("living room", 15, 500) == "living room"
    short = shorten("living room", 15, 60)
    assert short.endswith("…") and text_size(short, 15)[0] <= 60
    assert shorten("living room", 15, 2) == ""
