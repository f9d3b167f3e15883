"""The colours of the tabletop: what a colour word means in pixels, before the light falls on it."""

PALETTE: dict[str, tuple[int, int, int]] = {
    "red": (205, 38, 38),
    "green": (44, 150, 60),
    "blue": (34, 84, 190),
    "yellow": (240, 200, 30),
    "orange": (240, 122, 20),
    "purple": (122, 52, 160),
    "pink": (240, 130, 170),
    "brown": (116, 70, 38),
    "white": (240, 240, 236),
    "black": (38, 38, 42),
    "grey": (140, 143, 148),
    "steel": (176, 182, 190),
    "wood": (204, 170, 126),
    "oak": (158, 116, 74),
    "floor": (108, 112, 118),
    "shell": (236, 238, 240),
    "joint": (70, 74, 82),
}
"""RGB of every colour name that a part may have."""
