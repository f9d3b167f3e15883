"""What went wrong, in words: broken episodes, and asks that were not answered right."""

from collections.abc import Sequence

from embodied_mem.viz.html import Html, join, tag
from embodied_mem.viz.page_sections import section, table
from embodied_mem_envs.evaluation.suites.suite import AskRecord, EpisodeRecord

SHOWN = 40
"""So many misses of each agent are shown."""


def misses_section(records: Sequence[EpisodeRecord]) -> Html:
    """Returns a part for each agent that folds open."""
    parts = []
    for agent in dict.fromkeys(record.agent for record in records):
        own = [record for record in records if record.agent == agent]
        broken = [record for record in own if record.error]
        missed = [
            (record, ask)
            for record in own
            if not record.error
            for ask in record.asks
            if not ask.right
        ]
        if broken or missed:
            parts.append(_agent(agent, broken, missed))
    if not parts:
        parts.append(tag("p", "Every ask was fulfilled."))
    return section("misses", "What went wrong", "", join(*parts))


def _agent(
    agent: str, broken: Sequence[EpisodeRecord], missed: Sequence[tuple[EpisodeRecord, AskRecord]]
) -> Html:
    title = f"{agent}: {len(broken)} broken episodes, {len(missed)} asks not fulfilled in others"
    left = len(missed) - SHOWN
    more = [tag("p", f"{left} more are in the records.", class_="note")] if left > 0 else []
    errors = [
        [tag("td", str(record.seed)), tag("td", record.error.strip(), class_="words")]
        for record in broken
    ]
    misses = [
        [tag("td", str(record.seed)), *(tag("td", cell, class_="words") for cell in _cells(ask))]
        for record, ask in missed[:SHOWN]
    ]
    return tag(
        "details",
        tag("summary", title),
        *_table(("seed", "what happened"), errors),
        *_table(("seed", "kind", "asked", "replied", "judged"), misses),
        *more,
    )


def _cells(ask: AskRecord) -> tuple[str, ...]:
    return (ask.kind, ask.text, ask.reply or "(nothing)", ask.reason)


def _table(columns: Sequence[str], rows: Sequence[Sequence[Html]]) -> list[Html]:
    return [table(columns, rows, ())] if rows else []
