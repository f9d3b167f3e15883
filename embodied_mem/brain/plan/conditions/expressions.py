"""The tree that a condition's text stands for; printing one gives text that parses to it again."""

from dataclasses import dataclass, field
from typing import Literal

ValueType = Literal["truth", "number", "entity", "text"]
"""What an expression gives: the grammar has no other types."""

Junction = Literal["and", "or"]


@dataclass(frozen=True, slots=True)
class Constant:
    """A value that is written down: `0.1`, `true`, `"red"`, or the id of an entity."""

    type: ValueType
    value: float | bool | str
    position: int = field(default=0, compare=False)

    def __str__(self) -> str:
        if self.type == "text":
            quote = "'" if '"' in str(self.value) else '"'
            return f"{quote}{self.value}{quote}"
        if self.type == "truth":
            return "true" if self.value else "false"
        if self.type == "number":
            return repr(self.value).removesuffix(".0")
        return str(self.value)


@dataclass(frozen=True, slots=True)
class Call:
    """A function of the state with all its arguments; None where an optional one is left out."""

    name: str
    type: ValueType
    arguments: tuple["tuple[str, Expression | None]", ...]
    """Names and values, in the order of the function's parameters."""
    position: int = field(default=0, compare=False)

    def __str__(self) -> str:
        shown: list[str] = []
        named = False
        for name, value in self.arguments:
            if value is None:
                named = True
            else:
                shown.append(f"{name}={value}" if named else str(value))
        return f"{self.name}({', '.join(shown)})"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two values of one type with `<`, `<=`, `>`, `>=`, `==` or `!=` between them."""

    operator: str
    left: "Expression"
    right: "Expression"
    position: int = field(default=0, compare=False)

    @property
    def type(self) -> ValueType:
        """A comparison holds or does not."""
        return "truth"

    def __str__(self) -> str:
        return f"{_primary(self.left)} {self.operator} {_primary(self.right)}"


@dataclass(frozen=True, slots=True)
class Not:
    """Holds where its part does not."""

    part: "Expression"
    position: int = field(default=0, compare=False)

    @property
    def type(self) -> ValueType:
        """A negation holds or does not."""
        return "truth"

    def __str__(self) -> str:
        return f"not {_within(self.part, Several)}"


@dataclass(frozen=True, slots=True)
class Several:
    """Parts of which all (`and`) or at least one (`or`) must hold."""

    operator: Junction
    parts: tuple["Expression", ...]
    position: int = field(default=0, compare=False)

    @property
    def type(self) -> ValueType:
        """A junction holds or does not."""
        return "truth"

    def __str__(self) -> str:
        return f" {self.operator} ".join(_within(part, Several) for part in self.parts)


Expression = Constant | Call | Comparison | Not | Several


def _primary(part: Expression) -> str:
    """Prints an operand of a comparison."""
    return str(part) if isinstance(part, Constant | Call) else f"({part})"


def _within(part: Expression, looser: type) -> str:
    """Prints a part, in parentheses where it binds more loosely than what is around it."""
    return f"({part})" if isinstance(part, looser) else str(part)
