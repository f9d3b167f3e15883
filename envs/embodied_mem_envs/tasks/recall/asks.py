"""Draws the asks of an episode from its log: each of another template, each with its truth."""

from collections.abc import Iterator, Sequence
from typing import Final, final

import numpy as np

from embodied_mem_envs.evaluation.truth import box_gaps
from embodied_mem_envs.house.catalogue import catalogue
from embodied_mem_envs.house.house import House
from embodied_mem_envs.tasks.recall import words
from embodied_mem_envs.tasks.recall.choosing import Chosen, chosen_carries, chosen_stays
from embodied_mem_envs.tasks.recall.drawn import Drawn, Word
from embodied_mem_envs.tasks.recall.log import Lies, Log, TrueCarry, TrueStay, all_lie
from embodied_mem_envs.tasks.recall.making import AskMaker

SHARES: Final = {"temporal": 0.42, "spatial": 0.26, "semantic": 0.14, "multi": 0.18}
"""Of all asks, by kind; FindingDory (Yadav et al. 2025) has these kinds of tasks."""
_AHEAD: Final = 0.4
"""By so much the nearest or farthest must be ahead of the next, metres."""
_MOST_PLACES: Final = 5
"""Of an ask for several places."""
_TEMPORAL: Final = frozenset(
    (*("nth", "nth_in_visit", "last", "last_in_visit", "after", "before"), "longest", "shortest")
)
_SPATIAL: Final = frozenset(("farthest", "least", "from_room", "from_on", "to_room", "to_on"))
_SAME: Final = frozenset(
    (
        *(("named", "what"), ("coloured", "colour"), ("from_room", "source_room")),
        *(("to_room", "target_room"), ("from_on", "source_on"), ("to_on", "target_on")),
        *(("nth_in_visit", "visit"), ("last_in_visit", "visit")),
    )
)
"""Choices that tell already what would be asked."""


def draw_asks(
    log: Log,
    house: House,
    count: int,
    rng: np.random.Generator,
    *,
    most_places: int | None = None,
) -> list[Drawn]:
    """Draws asks of all kinds, each of another template as long as there are enough.

    Args:
        log: What happened.
        house: As it is in the end.
        count: How many; fewer where too little happened.
        rng: The source of chance.
        most_places: Asks that want more places are left out; None leaves out none.
    """
    drawer = _Drawer(log, house, rng)
    drawn = [ask for ask in drawer.all() if ask.goals or len(ask.options) > 1]
    drawn = [ask for ask in drawn if most_places is None or len(ask.goals) <= most_places]
    drawn = [drawn[index] for index in rng.permutation(len(drawn)).tolist()]
    chosen: list[Drawn] = []
    for kind, share in SHARES.items():
        chosen += _of_other_templates([a for a in drawn if a.kind == kind], round(share * count))
    rest = [ask for ask in drawn if ask.template not in {each.template for each in chosen}]
    chosen += _of_other_templates(rest, count - len(chosen))
    texts = {ask.text for ask in chosen}
    chosen += [ask for ask in drawn if ask.text not in texts][: max(0, count - len(chosen))]
    return [chosen[index] for index in rng.permutation(len(chosen)).tolist()][:count]


def _of_other_templates(asks: Sequence[Drawn], count: int) -> list[Drawn]:
    by_template: dict[str, Drawn] = {}
    for ask in asks:
        by_template.setdefault(ask.template, ask)
    return list(by_template.values())[: max(0, count)]


@final
class _Drawer:
    def __init__(self, log: Log, house: House, rng: np.random.Generator) -> None:
        self._log, self._house = log, house
        self._make = AskMaker(rng)
        self._stays = log.stays(house)
        self._now = all_lie(house)
        self._visits = len(log.ends)
        names = [room.category for room in house.rooms]
        self._single_rooms = tuple(sorted({n for n in names if names.count(n) == 1}))
        self._rooms = tuple(sorted(set(names)))

    def all(self) -> Iterator[Drawn]:
        """Yields every ask that the log has an answer to."""
        carries = self._log.carries
        if carries:
            chosen = chosen_carries(carries, self._visits, self._single_rooms)
            for each in chosen:
                yield from self._of_carry(each)
            yield from self._nearest_kinds(chosen)
            yield from self._rooms_while(chosen)
            yield from self._ranked()
            yield from self._all_in_order()
            yield from self._earlier()
            yield from self._counts()
        yield from self._of_rooms()
        yield from self._rooms_after()
        yield from self._by_others()

    # -- one carry -----------------------------------------------------------------------------

    def _of_carry(self, chosen: Chosen) -> Iterator[Drawn]:
        rule, carry = chosen.rule, chosen.carry
        kind = "temporal" if rule in _TEMPORAL else "spatial" if rule in _SPATIAL else "semantic"
        which = self._make.pick(words.WHICH[rule]).format(**chosen.slots)
        goals = {
            "now": self._now[carry.thing.id],
            "source": carry.source,
            "target": carry.target,
        }
        for aspect, lying in goals.items():
            text = self._make.pick(words.CARRY[aspect]).format(which=which)
            yield self._make.places(kind, f"{rule}/{aspect}", text, [lying], [carry])
        for aspect, (word, pool) in self._words_of(carry).items():
            if (rule, aspect) in _SAME or word is None:
                continue
            text = self._make.pick(words.CARRY[aspect]).format(which=which)
            asked = "semantic" if aspect in ("what", "colour") else kind
            yield self._make.word(asked, f"{rule}/{aspect}", text, word, pool, [carry])

    def _words_of(self, carry: TrueCarry) -> dict[str, tuple[Word | None, Sequence[Word]]]:
        things = sorted({c.thing.category for c in self._log.carries})
        pieces = sorted({o.category for o in self._house.objects if not _portable(o.category)})
        source, target = carry.source, carry.target
        visit = carry.visit + 1 if self._visits > 1 else None
        return {
            "what": (carry.thing.category, things),
            "colour": (carry.thing.colour, sorted(catalogue().colours)),
            "source_room": (source.room.category, self._rooms),
            "target_room": (target.room.category, self._rooms),
            "source_on": (None if source.on is None else source.on.category, pieces),
            "target_on": (None if target.on is None else target.on.category, pieces),
            "visit": (visit, range(1, self._visits + 1)),
        }

    # -- rooms ---------------------------------------------------------------------------------

    def _of_rooms(self) -> Iterator[Drawn]:
        for chosen in chosen_stays(self._stays, self._visits, self._single_rooms):
            which = self._make.pick(words.ROOM_WHICH[chosen.rule]).format(**chosen.slots)
            stay = chosen.stay
            text = self._make.pick(words.ROOM["go"]).format(which=which)
            yield self._make.in_rooms("temporal", f"{chosen.rule}/go", text, [stay])
            text = self._make.pick(words.ROOM["name"]).format(which=which)
            name = stay.room.category
            yield self._make.word(
                "temporal", f"{chosen.rule}/name", text, name, self._rooms, [], ticks=[stay.start]
            )

    def _rooms_after(self) -> Iterator[Drawn]:
        for visit in range(self._visits):
            stays = [stay for stay in self._stays if stay.visit == visit]
            names = [stay.room.category for stay in stays]
            for name in self._single_rooms:
                if name not in names:
                    continue
                later = [s for s in stays[names.index(name) + 1 :] if s.room.category != name]
                rooms = _fresh(later)
                if 2 <= len(rooms) <= _MOST_PLACES:
                    slots = {"room": name, "visit": words.ORDINALS[visit]}
                    text = self._make.pick(words.ROOMS_AFTER).format(**slots)
                    yield self._make.in_rooms("multi", "rooms_after", text, rooms)

    def _rooms_while(self, chosen: Sequence[Chosen]) -> Iterator[Drawn]:
        for each in chosen:
            first, last = each.carry.picked, each.carry.placed
            rooms = _fresh([s for s in self._stays if s.start <= last and s.end >= first])
            if 2 <= len(rooms) <= _MOST_PLACES:
                which = self._make.pick(words.WHICH[each.rule]).format(**each.slots)
                text = self._make.pick(words.ROOMS_WHILE).format(which=which)
                template = f"rooms_while/{each.rule}"
                yield self._make.in_rooms("multi", template, text, rooms, ticks=[first])

    # -- several carries -----------------------------------------------------------------------

    def _ranked(self) -> Iterator[Drawn]:
        """Asks which carried thing is now nearest to, or farthest from, a piece of furniture."""
        carried = {c.thing.id: c for c in self._log.carries}
        names = [thing.category for thing in self._house.objects]
        for anchor in self._house.objects:
            if _portable(anchor.category) or names.count(anchor.category) != 1:
                continue
            gaps = {name: _gap(self._now[name], self._now[anchor.id]) for name in carried}
            order = sorted(gaps, key=lambda name: gaps[name])
            for say, end, beside in ((words.NEAREST, 0, 1), (words.FARTHEST, -1, -2)):
                if len(order) < 2 or abs(gaps[order[end]] - gaps[order[beside]]) < _AHEAD:
                    continue
                best = carried[order[end]]
                template = "nearest_carried" if end == 0 else "farthest_carried"
                text = say[0].format(anchor=anchor.category)
                things = sorted({c.thing.category for c in carried.values()})
                name = best.thing.category
                yield self._make.word("spatial", f"{template}/what", text, name, things, [best])
                text = say[1].format(anchor=anchor.category)
                lying = self._now[best.thing.id]
                yield self._make.places("spatial", f"{template}/now", text, [lying], [best])

    def _nearest_kinds(self, chosen: Sequence[Chosen]) -> Iterator[Drawn]:
        for each in chosen:
            for use, categories in words.USES.items():
                near = [
                    lying
                    for lying in self._now.values()
                    if lying.thing.category in categories and lying.thing.id != each.carry.thing.id
                ]
                near.sort(key=lambda lying: _gap(lying, each.carry.target))
                gaps = [_gap(lying, each.carry.target) for lying in near[:2]]
                if not near or (len(gaps) == 2 and gaps[1] - gaps[0] < _AHEAD):
                    continue
                which = self._make.pick(words.WHICH[each.rule]).format(**each.slots)
                text = self._make.pick(words.NEAREST_KIND).format(use=use, which=which)
                template = f"nearest_kind/{use}"
                yield self._make.places("semantic", template, text, near[:1], [each.carry])

    def _all_in_order(self) -> Iterator[Drawn]:
        for visit in range(self._visits):
            carries = [c for c in self._log.carries if c.visit == visit]
            if not 2 <= len(carries) <= _MOST_PLACES:
                continue
            inside = words.IN_VISIT.format(visit=words.ORDINALS[visit])
            for template, say, lying in (
                ("all_now", words.ALL_NOW, [self._now[c.thing.id] for c in carries]),
                ("all_sources", words.ALL_SOURCES, [c.source for c in carries]),
                ("all_targets", words.ALL_TARGETS, [c.target for c in carries]),
            ):
                text = self._make.pick(say).format(visit=inside)
                which = f"{template}/{words.ORDINALS[visit]}"
                yield self._make.places("multi", which, text, lying, carries)

    def _earlier(self) -> Iterator[Drawn]:
        carries = self._log.carries
        names = [carry.thing.category for carry in carries]
        single = [carry for carry in carries if names.count(carry.thing.category) == 1]
        for first in single:
            for second in single:
                if first is not second:
                    text = self._make.pick(words.EARLIER).format(
                        first=first.thing.category, second=second.thing.category
                    )
                    earlier = first.picked < second.picked
                    both = [first, second]
                    yield self._make.word("temporal", "earlier", text, earlier, (True, False), both)

    def _counts(self) -> Iterator[Drawn]:
        carries = self._log.carries
        total = len(carries)
        text = self._make.pick(words.COUNT_ALL)
        around = range(max(0, total - 2), total + 3)
        yield self._make.word("multi", "count_all", text, total, around, carries)
        for visit in range(self._visits):
            inside = [carry for carry in carries if carry.visit == visit]
            text = self._make.pick(words.COUNT).format(visit=words.ORDINALS[visit])
            around = range(max(0, len(inside) - 2), len(inside) + 3)
            yield self._make.word("multi", "count_in_visit", text, len(inside), around, inside)
        rooms = len({stay.room.id for stay in self._stays})
        text = self._make.pick(words.COUNT_ROOMS)
        yield self._make.word("multi", "count_rooms", text, rooms, range(2, 8), [])

    # -- what others did -----------------------------------------------------------------------

    def _by_others(self) -> Iterator[Drawn]:
        names = [thing.category for thing in self._house.objects]
        for visit in range(1, self._visits):
            before, after = self._log.ends[visit - 1], self._log.starts[visit]
            for name in sorted(set(before) & set(after)):
                thing = before[name].thing
                if not _portable(thing.category) or names.count(thing.category) != 1:
                    continue
                apart = np.subtract(thing.position, after[name].thing.position)
                moved = float(np.linalg.norm(apart)) > 0.0
                slots = {"thing": thing.category, "visit": words.ORDINALS[visit]}
                text = self._make.pick(words.MOVED).format(**slots)
                ticks = [pose.tick for pose in self._log.poses if pose.visit == visit][:1]
                yield self._make.word(
                    "temporal", f"moved/{moved}", text, moved, (True, False), [], ticks=ticks
                )
                if not moved:
                    continue
                for at in (visit - 1, visit):
                    slots["visit"] = words.ORDINALS[at]
                    text = self._make.pick(words.WHERE_IN_VISIT).format(**slots)
                    lying = self._log.ends[at][name]
                    template = f"where_in_visit/{'before' if at < visit else 'after'}"
                    yield self._make.places("temporal", template, text, [lying], [])


def _portable(category: str) -> bool:
    return catalogue().category(category).portable


def _fresh(stays: Sequence[TrueStay]) -> list[TrueStay]:
    """Returns the first stay in each room."""
    first: dict[str, TrueStay] = {}
    for stay in stays:
        first.setdefault(stay.room.id, stay)
    return list(first.values())


def _gap(first: Lies, second: Lies) -> float:
    return float(box_gaps(*first.box, *second.box))
