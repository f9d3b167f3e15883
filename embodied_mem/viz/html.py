"""HTML built from values, so that no text gets into a page without being escaped."""

from collections.abc import Iterable
from html import escape

_VOID = frozenset({"br", "col", "hr", "image", "img", "input", "link", "meta", "rect", "use"})


class Html(str):
    """Markup that is safe to put into a page as it is."""

    __slots__ = ()


def tag(name: str, /, *children: "str | Iterable[str]", **attributes: object) -> Html:
    """Builds an element; plain strings in it are escaped, `Html` is taken as it is.

    Args:
        name: Element name.
        *children: Text, `Html`, or iterables of them.
        **attributes: Their names lose a trailing underscore and turn the others into dashes.
            None leaves the attribute out.

    >>> tag("p", "a < b", tag("b", "!"), class_="note")
    '<p class="note">a &lt; b<b>!</b></p>'
    """
    pairs = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in _VOID and not children:
        return Html(f"<{name}{pairs}/>")
    return Html(f"<{name}{pairs}>{join(*children)}</{name}>")


def join(*children: "str | Iterable[str]") -> Html:
    """Puts texts and markup behind each other, escaping what is plain text."""
    return Html("".join(_piece(child) for child in children))


def _piece(child: "str | Iterable[str]") -> str:
    if isinstance(child, Html):
        return child
    if isinstance(child, str):
        return escape(child)
    return "".join(_piece(each) for each in child)


def page(title: str, style: str, *body: "str | Iterable[str]", policy: str | None = None) -> str:
    """Builds a whole document that asks for nothing from outside itself.

    Args:
        title: Of the document.
        style: Its style sheet.
        *body: Text, `Html`, or iterables of them.
        policy: What a browser may load and run (Content-Security-Policy); None for no word on it.
    """
    allowed = tag("meta", http_equiv="Content-Security-Policy", content=policy)
    head = join(
        Html('<meta charset="utf-8"/>'),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        # An icon of no bytes keeps a browser from asking a server for one.
        tag("link", rel="icon", href="data:,"),
        *([] if policy is None else [allowed]),
        tag("title", title),
        Html(f"<style>{style}</style>"),
    )
    return (
        f'<!doctype html>\n<html lang="en"><head>{head}</head><body>{join(*body)}</body></html>\n'
    )
