"""Questions about a house, made from its ground truth and from what a walk really showed."""

from collections.abc import Collection, Mapping
from typing import Any, TypeVar

import msgspec
import numpy as np

from embodied_mem_envs.evaluation.absent import UNSEEN_KINDS, unseen_drafts
from embodied_mem_envs.evaluation.drafts import Draft, Kind, RightAnswer, seen_drafts
from embodied_mem_envs.evaluation.nouns import Noun, Words, plain_words, spoken_words
from embodied_mem_envs.evaluation.paraphrases import PLAIN, Form, choose_way
from embodied_mem_envs.evaluation.truth import HouseView, view_house

KINDS: tuple[Kind, ...] = (
    "where",
    "which_room",
    "how_many",
    "colour",
    "exists",
    "near",
    "superlative",
)
"""Those of every house."""
FLOOR_KINDS: tuple[Kind, ...] = (*KINDS, "which_floor")
"""Those of a house with more than one floor."""
_SUPERLATIVES: tuple[Form, ...] = ("biggest", "nearest", "nearest_of")
_UNSEEN_SHARE = 0.25
T = TypeVar("T")


class HouseQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """One question about one house, with what scoring needs to know."""

    kind: Kind
    form: Form
    text: str
    """As it is asked."""
    plain: str
    """The same question in its plain form; equal to `text` unless `paraphrase`."""
    paraphrase: bool
    about_unseen: bool
    """The thing asked about is not in the house, or did not show."""
    right: RightAnswer
    noun: Noun | None = None
    """What it asks about."""
    second: Noun | None = None
    """The other thing that it names."""


def generate_questions(
    truth: Mapping[str, Any],
    shown: Collection[str],
    rng: np.random.Generator,
    count: int = 15,
) -> list[HouseQuestion]:
    """Makes questions about a house, every kind equally often, half of them paraphrased.

    About a quarter asks about things that are not in the house or did not show; of the `exists`
    questions it is half. Nothing is asked twice, and a category is as likely to be asked about
    whether the house holds one of it or ten.

    Args:
        truth: The house's ground truth, as `House.truth()` gives it.
        shown: Ids of the objects that showed enough during the walk, to be asked about.
        rng: Decides everything that the arguments leave open.
        count: How many questions to make.

    Returns:
        `count` questions in random order, or fewer where the walk showed too little to ask about.
        With an odd count the paraphrases are one more than the plain ones.
    """
    view = view_house(truth, shown)
    drafts = _draft_all(view, rng, count)
    order = [int(index) for index in rng.permutation(len(drafts))]
    order.sort(key=lambda index: FLOOR_KINDS.index(drafts[index].kind))
    said = [_say(drafts[index], rank % 2 == 0, rng) for rank, index in enumerate(order)]
    return [said[int(index)] for index in rng.permutation(len(said))]


class _Pool:
    """All questions that can be asked about a house, each handed out once."""

    def __init__(self, view: HouseView, rng: np.random.Generator) -> None:
        self._rng = rng
        self._asked: set[tuple[str, Noun, Noun | None]] = set()
        self._seen = {form: seen_drafts(view, form) for form in PLAIN}
        self._unseen = {kind: unseen_drafts(view, kind) for kind in UNSEEN_KINDS}

    def take_unseen(self, kind: Kind) -> Draft | None:
        """Draws a reason for being unseen, then a question of that kind; None if none is left."""
        return self._take(self._unseen.get(kind, []))

    def take_seen(self, kind: Kind) -> Draft | None:
        """Draws a question about what showed; None if none of that kind is left."""
        if kind == "superlative":
            return self._take([self._seen[form] for form in _SUPERLATIVES])
        if kind == "how_many":  # most things are there once, and `one` would be too good a guess
            several = [draft for draft in self._seen[kind] if draft.right.count > 1]
            single = [draft for draft in self._seen[kind] if draft.right.count == 1]
            return self._take([several, single])
        return self._take([self._seen[kind]])

    def _take(self, groups: list[list[Draft]]) -> Draft | None:
        """Draws a group, a category in it, and one of the questions about that category."""
        groups = [[draft for draft in group if draft.key not in self._asked] for group in groups]
        groups = [group for group in groups if group]
        if not groups:
            return None
        group = self._choose(groups)
        category = self._choose(list(dict.fromkeys(draft.noun.category for draft in group)))
        draft = self._choose([draft for draft in group if draft.noun.category == category])
        self._asked.add(draft.key)
        return draft

    def _choose(self, options: list[T]) -> T:
        return options[int(self._rng.integers(len(options)))]


def _draft_all(view: HouseView, rng: np.random.Generator, count: int) -> list[Draft]:
    kinds: list[Kind] = []
    all_kinds = FLOOR_KINDS if view.has_floors else KINDS
    while len(kinds) < count:
        kinds += [all_kinds[int(index)] for index in rng.permutation(len(all_kinds))]
    pool = _Pool(view, rng)
    drafts: list[Draft] = []
    for kind, unseen in _mark_unseen(kinds[:count], rng):
        start = all_kinds.index(kind)
        for other in (
            *all_kinds[start:],
            *all_kinds[:start],
        ):  # the next kind where one has no more
            draft = (pool.take_unseen(other) if unseen else None) or pool.take_seen(other)
            if draft is not None:
                drafts.append(draft)
                break
    return drafts


def _mark_unseen(kinds: list[Kind], rng: np.random.Generator) -> list[tuple[Kind, bool]]:
    """Chooses which questions are about unseen things: half of `exists`, then any that can be."""
    exists = [index for index, kind in enumerate(kinds) if kind == "exists"]
    others = [index for index, kind in enumerate(kinds) if kind in (set(UNSEEN_KINDS) - {"exists"})]
    chosen = set(exists[: (len(exists) + 1) // 2])
    wanted = round(len(kinds) * _UNSEEN_SHARE) - len(chosen)
    chosen |= {others[int(index)] for index in rng.permutation(len(others))[: max(0, wanted)]}
    return [(kind, index in chosen) for index, kind in enumerate(kinds)]


def _say(draft: Draft, paraphrase: bool, rng: np.random.Generator) -> HouseQuestion:
    plain = _fill(PLAIN[draft.form], draft, None)
    text = _fill(choose_way(draft.form, rng), draft, rng) if paraphrase else plain
    return HouseQuestion(
        kind=draft.kind,
        form=draft.form,
        text=text,
        plain=plain,
        paraphrase=paraphrase,
        about_unseen=draft.about_unseen,
        right=draft.right,
        noun=draft.noun,
        second=draft.second,
    )


def _fill(template: str, draft: Draft, rng: np.random.Generator | None) -> str:
    def words_of(noun: Noun) -> Words:
        return plain_words(noun) if rng is None else spoken_words(noun, rng)

    words = words_of(draft.noun)
    second = words_of(draft.second) if draft.second is not None else words
    place = words.place
    if draft.form == "biggest" and not place:
        place = " in the house"
    return template.format(
        x=words.definite,
        name=words.name,
        a=words.indefinite,
        xs=words.plural,
        place=place,
        y=second.name,
        ys=second.plural,
    )
