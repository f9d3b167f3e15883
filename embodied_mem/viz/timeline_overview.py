"""The picture at the head of a timeline: a lane a place, a line a thing that moved. No script."""

from collections.abc import Iterator
from typing import Any, Final

from embodied_mem.viz.html import Html, tag
from embodied_mem.viz.timeline_data import Timeline

_LANE, _LEFT, _WIDTH, _TOP, _BOTTOM = 40.0, 130.0, 1080.0, 26.0, 24.0
_MOST: Final = 60
"""Things that are drawn: those that moved most."""
_LABEL: Final = 16
"""Characters of a lane's name."""


def overview(timeline: Timeline) -> Html:
    """Returns the picture as SVG."""
    height = _TOP + _LANE * max(len(timeline.places), 1) + _BOTTOM
    moved = [each for each in timeline.objects if any(stay["moved"] for stay in each["stays"])]
    moved.sort(key=lambda each: -len(each["stays"]))
    return tag(
        "svg",
        tag("title", f"{len(moved)} things that moved between {len(timeline.places)} places"),
        *_visits(timeline, height),
        *_lanes(timeline, height),
        *_robot(timeline),
        *_pictures(timeline),
        *(
            shape
            for index, each in enumerate(moved[:_MOST])
            for shape in _line(timeline, each, index, min(len(moved), _MOST))
        ),
        viewBox=f"0 0 {_LEFT + _WIDTH + 20:g} {height:g}",
        class_="overview",
        role="img",
    )


def _x(timeline: Timeline, tick: float) -> float:
    share = (tick - timeline.first) / (timeline.last - timeline.first)
    return round(_LEFT + _WIDTH * min(max(share, 0.0), 1.0), 1)


def _y(lane: int, offset: float = 0.5) -> float:
    return round(_TOP + _LANE * (lane + offset), 1)


def _visits(timeline: Timeline, height: float) -> Iterator[Html]:
    for number, visit in enumerate(timeline.visits):
        x0, x1 = _x(timeline, visit["a"]), _x(timeline, visit["b"])
        inner = height - _TOP - _BOTTOM
        yield tag(
            "rect",
            x=x0,
            y=_TOP,
            width=max(round(x1 - x0, 1), 1),
            height=inner,
            class_="visit odd" if number % 2 else "visit",
        )
        if x1 - x0 > 7 * len(visit["name"]):
            yield tag("text", visit["name"], x=round((x0 + x1) / 2, 1), y=17, class_="head")


def _lanes(timeline: Timeline, height: float) -> Iterator[Html]:
    for number, place in enumerate(timeline.places):
        y = _y(number, 1.0)
        yield tag("line", x1=_LEFT, x2=_LEFT + _WIDTH, y1=y, y2=y, class_="lane")
        name = place["name"]
        short = name if len(name) <= _LABEL else name[: _LABEL - 1] + "…"
        yield tag("text", short, x=_LEFT - 10, y=_y(number) + 4, class_="name")
    for tick in _round_ticks(timeline.first, timeline.last, 8):
        x = _x(timeline, tick)
        yield tag("line", x1=x, x2=x, y1=_TOP, y2=height - _BOTTOM, class_="grid")
        yield tag("text", str(tick), x=x, y=height - 8, class_="head")


def _round_ticks(first: int, last: int, most: int) -> range:
    """Returns round ticks within a span.

    >>> list(_round_ticks(3, 100, 5)), list(_round_ticks(0, 9, 5))
    ([20, 40, 60, 80, 100], [0, 2, 4, 6, 8])
    """
    steps = (factor * 10**power for power in range(18) for factor in (1, 2, 5))
    step = next(step for step in steps if (last - first) / step <= most)
    return range(-(-first // step) * step, last + 1, step)


def _robot(timeline: Timeline) -> Iterator[Html]:
    for stay in timeline.stays:
        if stay["p"] < 0:
            continue
        x0, x1 = _x(timeline, stay["a"]), _x(timeline, stay["b"])
        width = max(round(x1 - x0, 1), 1)
        y = _y(stay["p"], 0.06)
        yield tag("rect", x=x0, y=y, width=width, height=round(_LANE * 0.88, 1), class_="robot")


def _pictures(timeline: Timeline) -> Iterator[Html]:
    drawn: set[tuple[int, float]] = set()
    for snapshot in timeline.snapshots:
        spot = (snapshot["p"], _x(timeline, snapshot["t"]))
        if snapshot["p"] >= 0 and spot not in drawn:
            drawn.add(spot)
            yield tag("circle", cx=spot[1], cy=_y(spot[0], 0.86), r=2, class_="picture")


def _line(timeline: Timeline, each: dict[str, Any], index: int, count: int) -> Iterator[Html]:
    """Draws a thing: flat while it stays, steep where it moves, an arrow where it arrives.

    Where nobody knows when between two ticks it moved, the line is dashed.
    """
    offset = 0.18 + 0.6 * (index + 0.5) / count
    known, guessed, arrows = "", "", ""
    last: tuple[float, float] | None = None
    for stay in each["stays"]:
        if stay["p"] < 0 or stay["state"] == "missing":
            continue
        y = _y(stay["p"], offset)
        x0 = _x(timeline, stay["a"])
        x1 = _x(timeline, timeline.last if stay["b"] is None else stay["b"])
        if last is not None and x0 - last[0] > 1:
            guessed += f"M{last[0]:g} {last[1]:g}L{x0:g} {y:g}"
        joins = last is not None and x0 - last[0] <= 1
        known += f"{'L' if joins else 'M'}{x0:g} {y:g}L{x1:g} {y:g}"
        if last is not None and last[1] != y:
            sign = 1 if y > last[1] else -1
            arrows += f"M{x0 - 4:g} {y - 7 * sign:g}L{x0:g} {y:g}L{x0 + 4:g} {y - 7 * sign:g}"
        last = (x1, y)
    if not known:
        return
    yield tag(
        "g",
        tag("title", f"{each['name']} ({each['id']})"),
        tag("path", d=known, class_="halo"),
        tag("path", d=known, class_="thing", stroke=each["colour"]),
        tag("path", d=guessed, class_="thing guessed", stroke=each["colour"]),
        tag("path", d=arrows, class_="thing", stroke=each["colour"]),
    )
