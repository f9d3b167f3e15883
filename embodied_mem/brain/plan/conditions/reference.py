"""The grammar of conditions as a page that a model reads, written from the table of functions."""

from embodied_mem.brain.plan.conditions.functions import FUNCTIONS

_INTRODUCTION = """\
A condition is text: functions of what the robot believes, joined by `and`, `or`, `not` and
parentheses; numbers are compared by < <= > >= == !=. Things are named by their ids without
quotes, words by "text". Arguments may be named: near(mug, tray, metres=0.2). A relation with a
thing that is unknown or missing does not hold. Metres, seconds, newtons, radians."""


def condition_reference() -> str:
    """Returns the grammar and every function with its meaning.

    >>> "near(a, b, metres=0.1)" in condition_reference()
    True
    """
    lines = [_INTRODUCTION, ""]
    for function in FUNCTIONS.values():
        kind = "" if function.type == "truth" else f" -> {function.type}"
        lines.append(f"{function.signature}{kind}: {function.help}")
    return "\n".join(lines)
