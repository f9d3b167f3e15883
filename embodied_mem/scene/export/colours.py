"""Which colour a category has in a mesh: the same in every memory."""

import colorsys
import hashlib

Colour = tuple[int, int, int]
"""Red, green and blue, 0 to 255."""

FLOOR: Colour = (196, 186, 170)
WALL: Colour = (226, 226, 220)


def category_colour(category: str) -> Colour:
    """Returns the colour of a category: a hue drawn from its name, light and not too grey."""
    digest = hashlib.sha256(category.encode()).digest()
    hue = int.from_bytes(digest[:2], "big") / 65536.0
    strong, light = 0.45 + digest[2] / 640.0, 0.7 + digest[3] / 1024.0
    red, green, blue = colorsys.hsv_to_rgb(hue, strong, light)
    return round(255 * red), round(255 * green), round(255 * blue)
