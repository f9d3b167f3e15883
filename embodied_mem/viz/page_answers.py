"""Questions and answers on a page, each with the pictures that prove it."""

from collections.abc import Sequence

from embodied_mem.brain.language.answers import Answer
from embodied_mem.brain.language.recollection import Citation
from embodied_mem.memory.store import MemoryStore
from embodied_mem.viz.cited import certainty, cited_by_picture
from embodied_mem.viz.html import Html, tag
from embodied_mem.viz.page_pictures import PictureBook
from embodied_mem.viz.page_sections import section
from embodied_mem.viz.reading import MemoryView, SnapshotEntry, find_snapshot

_MOST_PICTURES = 4
_MOST_CROPS = 3


def answers_section(
    memory: MemoryStore, view: MemoryView, answers: Sequence[Answer], book: PictureBook
) -> Html:
    """Returns one card a question: what was asked, what was said, and the cited pictures."""
    cards = [_card(memory, view, answer, book) for answer in answers]
    return section(
        "questions",
        "Questions",
        "Answered from memory alone; the pictures are what each answer cites.",
        tag("div", *cards, class_="answers"),
    )


def _card(memory: MemoryStore, view: MemoryView, answer: Answer, book: PictureBook) -> Html:
    groups = cited_by_picture(answer)
    found = [(find_snapshot(memory, view, key), cited) for key, cited in groups.items()]
    shown = [(entry, cited) for entry, cited in found if entry is not None]
    figures = [_figure(view, entry, cited, book) for entry, cited in shown[:_MOST_PICTURES]]
    more = len(shown) - _MOST_PICTURES
    return tag(
        "article",
        tag("div", tag("h3", answer.question), badge(answer), class_="row"),
        tag("p", answer.text, class_="said"),
        tag("div", *figures, class_="cites") if figures else Html(""),
        tag("p", f"and {more} more pictures", class_="note") if more > 0 else Html(""),
        class_="card answer",
    )


def badge(answer: Answer) -> Html:
    """Returns the mark that says how far an answer can be trusted."""
    words = certainty(answer)
    looks = {"certain": "good", "not certain": "warn", "uncertain": "warn", "not understood": "bad"}
    return tag("span", words, class_=f"badge {looks.get(words, '')}".strip())


def _figure(
    view: MemoryView, entry: SnapshotEntry, cited: Sequence[Citation], book: PictureBook
) -> Html:
    labels = view.object_labels()
    boxed = [(each, each.box) for each in cited if each.box is not None]
    names = [labels.get(each.object, "what was asked for") for each, _ in boxed]
    alt = f"{entry.title}, which shows: {', '.join(names) or 'the place'}"
    whole = book.proof(entry, [box for _, box in boxed], alt)
    crops = [
        book.crop(entry, box, f"close view of the {name}")
        for (_, box), name in zip(boxed[:_MOST_CROPS], names, strict=False)
    ]
    pair = whole
    if crops:
        # Crops have the picture's aspect: n of them, 1/n as wide, are together as high as it.
        columns = f"grid-template-columns:{len(crops)}fr 1fr"
        pair = tag("div", whole, tag("div", *crops, class_="crops"), class_="pair", style=columns)
    link: Html | str = entry.title
    if entry.number is not None:
        link = tag("a", entry.title, href=f"#snapshot-{entry.number}")
    where = f" · tick {entry.fact.tick}" + (f" · {entry.room}" if entry.room else "")
    pose = entry.record.pose
    seen_from = "" if pose is None else f" · seen from ({pose[0]:.1f}, {pose[1]:.1f})"
    return tag("figure", pair, tag("figcaption", link, where, seen_from), class_="cite")
