"""Drawings of an evaluation's figures, as SVG that is the same for the same records."""

import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from embodied_mem_envs.evaluation.metrics.intervals import Estimate, mean_interval
from embodied_mem_envs.evaluation.metrics.summary import AgentSummary, by_kind, summarise
from embodied_mem_envs.evaluation.metrics.table import METRICS
from embodied_mem_envs.evaluation.suites.suite import EpisodeRecord

# Okabe and Ito's colours, which most colour-blind people can tell apart, then greys.
_COLOURS = (
    "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#8C6D1F", "#444444",
    "#8A8A8A", "#B8B8B8",
)  # fmt: skip
_WORTH = ("answer_accuracy", "success", "right", "progress")
"""What stands against bytes: the first of these that there is."""
_POINTS = 12
"""So many points an episode is drawn with at most; more asks are taken together."""


def plots(records: Sequence[EpisodeRecord]) -> list[tuple[str, bytes]]:
    """Returns each drawing with what it shows, in words."""
    summaries = summarise(records)
    colours = {s.agent: _COLOURS[n % len(_COLOURS)] for n, s in enumerate(summaries)}
    drawn = [
        _draw_shares(summaries, colours),
        _draw_order(records, colours),
        _draw_kinds(by_kind(records), [summary.agent for summary in summaries]),
        _draw_bytes(summaries, colours),
    ]
    return [drawing for drawing in drawn if drawing is not None]


Drawing = tuple[str, bytes] | None


def _draw_shares(summaries: Sequence[AgentSummary], colours: Mapping[str, str]) -> Drawing:
    """All metrics between 0 and 1, a panel each, a bar an agent with its interval."""
    present = {name for summary in summaries for name in summary.metrics}
    names = [
        name
        for name, metric in METRICS.items()
        if name in present and metric.unit == "share" and metric.better != "neither"
    ]
    if not names:
        return None
    columns = min(2, len(names))
    lines = -(-len(names) // columns)
    height = lines * (0.55 + 0.24 * len(summaries))

    def draw(figure: Any) -> None:
        axes = figure.subplots(lines, columns, sharex=True, sharey=True, squeeze=False)
        for panel, name in zip(axes.flat, names, strict=False):
            _bars(panel, name, summaries, colours)
        for panel in axes.flat[len(names) :]:
            panel.axis("off")

    return "Metrics from 0 to 1, with their intervals", _svg(draw, 5.4, height)


def _bars(
    panel: Any, name: str, summaries: Sequence[AgentSummary], colours: Mapping[str, str]
) -> None:
    for row, summary in enumerate(summaries):
        estimate = summary.metrics.get(name)
        if estimate is not None:
            panel.barh(row, estimate.mean, color=colours[summary.agent], height=0.72)
            _whisker(panel, estimate, row)
    panel.set(title=name, xlim=(0.0, 1.0), ylim=(len(summaries) - 0.4, -0.6))
    panel.set_yticks(range(len(summaries)), [summary.agent for summary in summaries])


def _whisker(panel: Any, estimate: Estimate, row: float) -> None:
    if np.isfinite(estimate.lo):
        panel.plot([estimate.lo, estimate.hi], [row, row], color="black", linewidth=1.2)


def _draw_order(records: Sequence[EpisodeRecord], colours: Mapping[str, str]) -> Drawing:
    """Whether asks are right, by how many came before in the episode."""
    most = max((len(record.asks) for record in records), default=0)
    if most < 2:
        return None

    def draw(figure: Any) -> None:
        panel = figure.subplots()
        for agent, colour in colours.items():
            own = [record for record in records if record.agent == agent]
            numbers, shares, ends = _by_number(own, most)
            panel.plot(numbers, shares, color=colour, marker="o", markersize=3, label=agent)
            panel.fill_between(numbers, *ends, color=colour, alpha=0.12, linewidth=0)
        panel.set(xlabel="ask of the episode", ylabel="share that was right", ylim=(0.0, 1.02))
        panel.xaxis.get_major_locator().set_params(integer=True)
        _legend(panel, len(colours))

    return "Share of asks that were right, along the episode", _svg(draw, 5.4, 3.4)


def _by_number(
    own: Sequence[EpisodeRecord], most: int
) -> tuple[list[float], list[float], tuple[list[float], list[float]]]:
    """Returns points along the episode: their asks, the share that was right, and its interval."""
    numbers, shares, low, high = [], [], [], []
    step = -(-most // _POINTS)
    for first in range(0, most, step):
        rights = [share for record in own for share in _share(record, first, first + step)]
        if rights:
            estimate = mean_interval(rights, resamples=400)
            numbers.append(1.0 + first + 0.5 * (step - 1))
            shares.append(estimate.mean)
            low.append(estimate.lo if np.isfinite(estimate.lo) else estimate.mean)
            high.append(estimate.hi if np.isfinite(estimate.hi) else estimate.mean)
    return numbers, shares, (low, high)


def _share(record: EpisodeRecord, first: int, end: int) -> list[float]:
    """Returns the share of some asks of an episode that was right; none where none was asked."""
    if record.error:
        return [0.0]
    asks = record.asks[first:end]
    return [sum(ask.right for ask in asks) / len(asks)] if asks else []


def _draw_kinds(table: Mapping[str, Mapping[str, Estimate]], agents: Sequence[str]) -> Drawing:
    """The share that was right as a field of numbers, a row a kind, a column an agent."""
    if not table:
        return None
    kinds = list(table)
    shares = np.full((len(kinds), len(agents)), np.nan)
    for row, kind in enumerate(kinds):
        for column, agent in enumerate(agents):
            if agent in table[kind]:
                shares[row, column] = table[kind][agent].mean

    def draw(figure: Any) -> None:
        panel = figure.subplots()
        panel.imshow(shares, cmap="YlGnBu", vmin=0.0, vmax=1.0, aspect="auto")
        for (row, column), share in np.ndenumerate(shares):
            if np.isfinite(share):
                ink = "white" if share > 0.6 else "black"
                words = f"{share:.2f}"
                panel.text(column, row, words, ha="center", va="center", color=ink, fontsize=7)
        panel.set_yticks(range(len(kinds)), kinds)
        panel.set_xticks(range(len(agents)), agents, rotation=30, ha="right")
        panel.tick_params(length=0)

    height = 1.0 + 0.26 * len(kinds)
    return "Share of asks that were right, by kind", _svg(draw, 5.4, height)


def _draw_bytes(summaries: Sequence[AgentSummary], colours: Mapping[str, str]) -> Drawing:
    """How good an agent is against how many bytes its memory takes."""
    present = {name for summary in summaries for name in summary.metrics}
    worth = next((name for name in _WORTH if name in present), None)
    if worth is None or "memory_bytes" not in present:
        return None

    def draw(figure: Any) -> None:
        panel = figure.subplots()
        for summary in summaries:
            size, good = summary.metrics.get("memory_bytes"), summary.metrics.get(worth)
            if size is not None and good is not None:
                _point(panel, summary.agent, size, good, colours[summary.agent])
        sizes = [s.metrics["memory_bytes"].mean for s in summaries if "memory_bytes" in s.metrics]
        if max(sizes) > 20.0 * min(sizes):
            # Bytes of 0 (no memory) must have a place on the axis too.
            least = min(size for size in sizes if size > 0.0)
            panel.set_xscale("symlog", linthresh=10.0 ** np.floor(np.log10(least)), linscale=0.5)
        panel.set(xlabel="memory, bytes", ylabel=worth, ylim=(-0.02, 1.04))
        panel.set_xlim(left=0.0)
        _legend(panel, len(summaries))

    return f"{worth} against bytes of memory", _svg(draw, 5.4, 3.4)


def _point(panel: Any, agent: str, size: Estimate, good: Estimate, colour: str) -> None:
    panel.plot(size.mean, good.mean, "o", color=colour, label=agent)
    if np.isfinite(size.lo) and np.isfinite(good.lo):
        panel.plot([size.lo, size.hi], [good.mean] * 2, color=colour, linewidth=1.0)
        panel.plot([size.mean] * 2, [good.lo, good.hi], color=colour, linewidth=1.0)


def _legend(panel: Any, agents: int) -> None:
    if agents > 1:
        panel.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False, fontsize=8)


def _svg(draw: Callable[[Any], None], width: float, height: float) -> bytes:
    """Draws on a figure of so many inches, without anything that differs from run to run."""
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    style: Any = {
        "svg.hashsalt": "embodied_mem",
        "svg.fonttype": "path",
        "font.size": 9.0,
        "axes.titlesize": 9.0,
        "axes.spines.top": False,
        "axes.spines.right": False,
    }
    with matplotlib.rc_context(style):
        figure = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasSVG(figure)
        draw(figure)
        out = io.BytesIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return out.getvalue()
