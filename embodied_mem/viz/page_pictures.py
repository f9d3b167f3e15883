"""The pictures of a page: each is embedded once and shown as often as needed, whole or cropped."""

import base64
from collections.abc import Mapping, Sequence

import cv2
import numpy as np

from embodied_mem.viz.html import Html, tag
from embodied_mem.viz.palette import Rgb, css, ink_on, mark
from embodied_mem.viz.placement import LabelPlacer, Rectangle, around_box
from embodied_mem.viz.reading import SnapshotEntry, encode_rgb
from embodied_mem.viz.text import label_size

PixelBox = tuple[int, int, int, int]

_WIDEST = 800
_SHOWN_WIDTH = 340.0
"""Pixels that a picture in the gallery is about as wide as; labels are laid out for it."""
_TAG_TEXT, _TAG_HEIGHT = 11, 15.0
_PROOF: Rgb = (255, 214, 10)


class PictureBook:
    """Embeds each picture once; every view of it is an SVG that uses that one copy."""

    def __init__(self) -> None:
        self._held: dict[str, Html] = {}

    def definitions(self) -> Html:
        """Returns the pictures themselves, to put into the page once."""
        pictures = [self._held[key] for key in sorted(self._held)]
        return tag("svg", tag("defs", *pictures), class_="store", aria_hidden="true")

    def whole(
        self,
        entry: SnapshotEntry,
        strong: Sequence[str],
        labels: Mapping[str, str],
    ) -> Html:
        """Shows a snapshot with labelled boxes of some objects and thin boxes of the others."""
        boxes = entry.fact.boxes
        named = [object_id for object_id in strong if object_id in boxes]
        shapes = [
            _box(boxes[each], "#fff", 1, labels.get(each, each), opacity=0.65)
            for each in sorted(set(boxes) - set(named))
        ]
        shapes += [
            _box(boxes[each], css(mark(index)), 2, labels.get(each, each))
            for index, each in enumerate(named)
        ]
        tags = _tags(entry, named, labels)
        alt = f"{entry.title}: " + (", ".join(labels.get(each, each) for each in named) or "a view")
        return self._shot(entry, (0, 0, entry.fact.width, entry.fact.height), shapes, alt, tags)

    def proof(self, entry: SnapshotEntry, boxes: Sequence[PixelBox], alt: str) -> Html:
        """Shows a whole snapshot, darkened but for the boxes that prove an answer."""
        width, height = entry.fact.width, entry.fact.height
        holes = "".join(f"M{x0} {y0}V{y1}H{x1}V{y0}Z" for x0, y0, x1, y1 in boxes)
        veil = tag(
            "path",
            d=f"M0 0H{width}V{height}H0Z{holes}",
            fill="#000",
            fill_opacity=0.34,
            fill_rule="evenodd",
        )
        shapes = [veil, *(_box(box, css(_PROOF), 2.5, alt) for box in boxes)] if boxes else []
        return self._shot(entry, (0, 0, width, height), shapes, alt)

    def crop(self, entry: SnapshotEntry, box: PixelBox, alt: str) -> Html:
        """Shows what lies in and around a box, enlarged."""
        window = crop_window(box, entry.fact.width, entry.fact.height)
        return self._shot(entry, window, [_box(box, css(_PROOF), 2.5, alt)], alt)

    def _shot(
        self,
        entry: SnapshotEntry,
        window: tuple[float, float, float, float],
        shapes: Sequence[Html],
        alt: str,
        tags: Sequence[Html] = (),
    ) -> Html:
        key = self._hold(entry)
        if key is None:
            return tag("div", "the picture is no longer held", class_="shot gone")
        x, y, width, height = (round(v, 1) for v in window)
        svg = tag(
            "svg",
            tag("use", href=f"#{key}"),
            *shapes,
            viewBox=f"{x:g} {y:g} {width:g} {height:g}",
            role="img",
            aria_label=alt,
        )
        return tag("span", svg, *tags, class_="shot")

    def _hold(self, entry: SnapshotEntry) -> str | None:
        key = f"picture-{entry.record.id}"
        if key not in self._held:
            data = _jpeg(entry)
            if data is None:
                return None
            self._held[key] = tag(
                "image",
                id=key,
                width=entry.fact.width,
                height=entry.fact.height,
                preserveAspectRatio="none",
                href=data_url(data, "image/jpeg"),
            )
        return key


def data_url(data: bytes, media_type: str) -> str:
    """Returns bytes as a URL that holds them."""
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


def crop_window(box: PixelBox, width: int, height: int) -> tuple[float, float, float, float]:
    """Returns x, y, width, height of a window with the picture's aspect around a box.

    >>> crop_window((100, 100, 140, 130), 640, 480)
    (48.0, 61.0, 144.0, 108.0)
    """
    x0, y0, x1, y1 = box
    share = max((x1 - x0) / width, (y1 - y0) / height) * 1.7
    share = min(max(share, 0.225), 1.0)
    across, down = share * width, share * height
    x = min(max((x0 + x1 - across) / 2, 0.0), width - across)
    y = min(max((y0 + y1 - down) / 2, 0.0), height - down)
    return x, y, across, down


def _jpeg(entry: SnapshotEntry) -> bytes | None:
    """The picture as kept, made smaller where it is wider than a page shows it."""
    picture = entry.picture()
    if picture is None:
        return None
    if picture.shape[1] <= _WIDEST and entry.encoded.startswith(b"\xff\xd8"):
        return entry.encoded
    scale = min(1.0, _WIDEST / picture.shape[1])
    size = (round(picture.shape[1] * scale), max(1, round(picture.shape[0] * scale)))
    smaller = cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    return encode_rgb(smaller, ".jpg", cv2.IMWRITE_JPEG_QUALITY, 85)


def _box(
    box: PixelBox, stroke: str, width: float, title: str, opacity: float | None = None
) -> Html:
    x0, y0, x1, y1 = box
    return tag(
        "rect",
        tag("title", title),
        x=x0,
        y=y0,
        width=x1 - x0,
        height=y1 - y0,
        fill="none",
        stroke=stroke,
        stroke_width=width,
        stroke_opacity=opacity,
        pointer_events="all",
    )


def _tags(entry: SnapshotEntry, named: Sequence[str], labels: Mapping[str, str]) -> list[Html]:
    """Labels as text over the picture, placed in shares of it so that they scale with it."""
    scale = _SHOWN_WIDTH / max(entry.fact.width, 1)
    height = entry.fact.height * scale
    placer = LabelPlacer((0, 0, _SHOWN_WIDTH, height))
    scaled = {e: tuple(v * scale for v in entry.fact.boxes[e]) for e in named}
    for x0, y0, x1, y1 in scaled.values():
        if (x1 - x0) * (y1 - y0) < 70**2:
            placer.block((x0, y0, x1, y1))
    result = []
    small_first = sorted(
        range(len(named)), key=lambda i: (_area(entry.fact.boxes[named[i]]), named[i])
    )
    for index in small_first:
        text = labels.get(named[index], named[index])
        x0, y0, x1, y1 = scaled[named[index]]
        size = (float(label_size(text, _TAG_TEXT)[0]), _TAG_HEIGHT)
        spots = around_box((x0, y0, x1, y1), size)
        low = np.clip(spots[:, :2], 0, np.maximum((_SHOWN_WIDTH - size[0], height - size[1]), 0))
        place = placer.place(np.hstack([low, low + np.array(size)]), must=True)
        assert place is not None
        ground = mark(index)
        style = f"{_anchor(place, (x0, y0), height)};background:{css(ground)}"
        style += f";color:{css(ink_on(ground))}"
        result.append(tag("span", text, class_="tag", style=style))
    return result


def _anchor(place: Rectangle, corner: tuple[float, float], height: float) -> str:
    """Style that holds a label at its box's side, so that it stays there at any size."""
    x0, y0, x1, y1 = place
    across = f"left:{100 * x0 / _SHOWN_WIDTH:.2f}%"
    if x1 <= corner[0]:
        across = f"right:{100 - 100 * x1 / _SHOWN_WIDTH:.2f}%"
    down = f"top:{100 * y0 / height:.2f}%"
    if y1 <= corner[1]:
        down = f"bottom:{100 - 100 * y1 / height:.2f}%"
    return f"{across};{down}"


def _area(box: PixelBox) -> int:
    return (box[2] - box[0]) * (box[3] - box[1])


def overlay(key: str, back: str, content: Html, style: str | None = None) -> Html:
    """Returns a view over the whole page that opens by a link to `#key`, without a script."""
    return tag(
        "div",
        tag("a", href=f"#{back}", class_="close", aria_label="close"),
        content,
        tag("a", "×", href=f"#{back}", class_="x", aria_label="close"),
        id=key,
        class_="open",
        style=style,
    )
