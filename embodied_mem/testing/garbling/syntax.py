"""Slips of writing: what was meant is there, but it is no JSON, or is not alone.

Which slips models make is reported in many places: fences (langchain issue 23297), cut-off texts
(llama_index pull request 22918), quotes that are not escaped and answers without any JSON (kitsune
pull request 6749), and as "invalid format" in ToolScan (Kokane et al. 2024, arXiv 2411.13547).
"""

import json
from collections.abc import Callable
from typing import Any

from embodied_mem.testing.garbling.answer import Answer

_BEFORE = ("Sure! Here is the JSON you asked for:\n\n", "I need to look that up. ", "Answer: ")
_AFTER = ("\n\nLet me know if you need anything else!", " This follows the schema {as asked}.", "")
_REFUSALS = (
    "I'm sorry, but I can't help with that.",
    "I do not have access to the memory of the robot.",
    "To answer this, I would first look for the thing [see the tools] and then for its room.",
)


def truncated(answer: Answer) -> str | None:
    """The limit of tokens was reached somewhere within the answer."""
    return answer.text[: int(answer.rng.integers(1, len(answer.text)))]


def unclosed(answer: Answer) -> str | None:
    """The last brackets were forgotten."""
    brackets = len(answer.text) - len(answer.text.rstrip("}]"))
    return answer.text[: -int(answer.rng.integers(1, brackets + 1))] if brackets else None


def closed_too_often(answer: Answer) -> str | None:
    """There is a bracket too many."""
    return answer.text + "}"


def fenced(answer: Answer) -> str | None:
    """The answer is a block of Markdown, mostly with words around it."""
    words = answer.pick([("", ""), ("Here you go:\n", ""), ("", "\nThat is the call.")])
    before, after = words or ("", "")
    return f"{before}```{answer.pick(['json', '', 'python'])}\n{answer.text}\n```{after}"


def in_prose(answer: Answer) -> str | None:
    """Words come before or after it."""
    return f"{answer.pick(list(_BEFORE))}{answer.text}{answer.pick(list(_AFTER))}"


def after_thoughts(answer: Answer) -> str | None:
    """A thinking model left its thoughts in, with a draft of another answer."""
    draft = answer.pick(['{"thing": "spoon"}', "Maybe {recall}?", '{"tool": "history"'])
    return f"<think>\nThe user asks for something. {draft} No.\n</think>\n\n{answer.text}"


def tagged(answer: Answer) -> str | None:
    """It stands between the signs of a chat template."""
    start, end = answer.pick([("<tool_call>\n", "\n</tool_call>"), ("[TOOL_CALLS]", "")]) or (
        "",
        "",
    )
    return f"{start}{answer.text}{end}"


def trailing_commas(answer: Answer) -> str | None:
    """A comma follows the last of the fields."""
    return written(answer.value, trailing=True)


def python(answer: Answer) -> str | None:
    """It is written as Python: single quotes, `True`, `None`."""
    return repr(answer.value)


def naive_single_quotes(answer: Answer) -> str | None:
    """Single quotes instead of double ones, and apostrophes not escaped."""
    return written(answer.value, quote=lambda text: _between("'", text, "'"))


def bare_names(answer: Answer) -> str | None:
    """Names of fields without quotes, as in JavaScript."""
    return written(answer.value, key=str)


def commented(answer: Answer) -> str | None:
    """Comments explain the fields."""
    return written(answer.value, comment="  // as asked")


def no_commas(answer: Answer) -> str | None:
    """The commas between lines are missing."""
    return written(answer.value, comma="")


def unescaped(answer: Answer) -> str | None:
    """Quotes and ends of lines within texts are not escaped."""
    return written(answer.value, quote=lambda text: _between('"', text, '"'))


def curly_quotes(answer: Answer) -> str | None:
    """Quotes as in printed text."""
    return written(answer.value, quote=lambda text: _between("“", text, "”"))


def _between(opener: str, text: str, closer: str) -> str:
    return opener + text.replace("\\", "\\\\") + closer


def twice(answer: Answer) -> str | None:
    """The same answer comes twice."""
    return answer.text + str(answer.pick(["", "\n", "\n\nOr:\n"])) + answer.text


def changed_its_mind(answer: Answer) -> str | None:
    """Another answer stands before or after it, and nothing says which is meant."""
    found = answer.leaf(lambda _, each: isinstance(each, str) and each not in answer.choices)
    if found is None:
        return None
    path, text = found
    other = answer.with_part(path, f"{text} 2")
    return answer.pick([f"{other}\n{answer.text}", f"{answer.text}\n{other}"])


def empty(answer: Answer) -> str | None:
    """Nothing was written."""
    return answer.pick(["", "\n", "```json\n```", "{}", "null"])


def refused(answer: Answer) -> str | None:
    """The model says in words that it will not, or what it would do."""
    return answer.pick(list(_REFUSALS))


def written(
    value: Any,
    *,
    quote: Callable[[str], str] = json.dumps,
    key: Callable[[str], str] | None = None,
    trailing: bool = False,
    comma: str = ",",
    comment: str = "",
) -> str:
    """Returns a value in something like JSON, a line for each field."""

    def lines(items: list[str], opener: str, closer: str) -> str:
        if not items:
            return opener + closer
        ends = [comma] * (len(items) - 1) + [comma if trailing else ""]
        body = "\n".join(f"{item}{end}{comment}" for item, end in zip(items, ends, strict=True))
        return f"{opener}\n{body}\n{closer}"

    def one(each: Any) -> str:
        if isinstance(each, dict):
            return lines([f"{(key or quote)(k)}: {one(v)}" for k, v in each.items()], "{", "}")
        if isinstance(each, list):
            return lines([one(v) for v in each], "[", "]")
        return quote(each) if isinstance(each, str) else json.dumps(each)

    return one(value)
