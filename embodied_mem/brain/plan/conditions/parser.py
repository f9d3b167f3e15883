"""Reads conditions: recursive descent, with types checked and positions in every error.

```
expression := all ("or" all)*
all        := negation ("and" negation)*
negation   := "not" negation | comparison
comparison := primary (("<" | "<=" | ">" | ">=" | "==" | "!=") primary)?
primary    := number | "text" | true | false | call | entity | "(" expression ")"
call       := name "(" (argument ("," argument)*)? ")"
argument   := (name "=")? expression
```
"""

import difflib
import math
from collections.abc import Iterable

from embodied_mem.brain.plan.conditions.expressions import (
    Call,
    Comparison,
    Constant,
    Expression,
    Junction,
    Not,
    Several,
    ValueType,
)
from embodied_mem.brain.plan.conditions.functions import FUNCTIONS, Function
from embodied_mem.brain.plan.conditions.tokens import Token, tokenize
from embodied_mem.errors import ConditionError

MAX_DEPTH = 24
"""Parentheses, negations and calls may lie so deep within each other."""
_ORDERS = ("<", "<=", ">", ">=")
_COMPARISONS = (*_ORDERS, "==", "!=")
_RESERVED = ("and", "or", "not", "true", "false")


def parse_expression(text: str) -> Expression:
    """Reads an expression of any type.

    Raises:
        ConditionError: If the text does not follow the grammar or a type does not fit.
    """
    parser = _Parser(tokenize(text))
    expression = parser.expression()
    parser.expect_end()
    return expression


class _Parser:
    """One pass over the tokens of one text."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    def expression(self) -> Expression:
        """Reads parts joined by `or`."""
        return self._junction("or")

    def expect_end(self) -> None:
        """Checks that nothing is left."""
        token = self._next
        if token.kind != "end":
            raise _error(f"expected the end, `and` or `or`, found {token.shown}", token)

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _take(self) -> Token:
        token = self._next
        self._at += 1
        return token

    def _is(self, kind: str, *texts: str) -> bool:
        return self._next.kind == kind and self._next.text in texts

    def _junction(self, operator: Junction) -> Expression:
        """Reads parts joined by one operator; `and` binds more tightly than `or`."""
        start = self._next
        first = self._part(operator)
        if not self._is("name", operator):
            return first
        parts = [_truth(first, start)]
        while self._is("name", operator):
            self._take()
            start = self._next
            parts.append(_truth(self._part(operator), start))
        return Several(operator, tuple(parts), parts[0].position)

    def _part(self, operator: Junction) -> Expression:
        return self._junction("and") if operator == "or" else self._negation()

    def _negation(self) -> Expression:
        if not self._is("name", "not"):
            return self._comparison()
        position = self._take().position
        start = self._next
        self._deeper(start)
        part = _truth(self._negation(), start)
        self._depth -= 1
        return Not(part, position)

    def _comparison(self) -> Expression:
        left = self._primary()
        if not self._is("symbol", *_COMPARISONS):
            return left
        token = self._take()
        right = self._primary()
        if left.type != right.type:
            raise _error(f"a {left.type} cannot be compared with a {right.type}", token)
        if token.text in _ORDERS and left.type != "number":
            raise _error(f"{token.shown} compares numbers, not a {left.type}", token)
        if self._is("symbol", *_COMPARISONS):
            raise _error("join two comparisons with `and`", self._next)
        return Comparison(token.text, left, right, left.position)

    def _primary(self) -> Expression:
        token = self._take()
        if token.kind == "number":
            return _number(token)
        if token.kind == "text":
            return Constant("text", token.text[1:-1], token.position)
        if token.kind == "name":
            return self._named(token)
        if token.kind == "symbol" and token.text == "(":
            self._deeper(token)
            inner = self.expression()
            self._close("`)`")
            return inner
        if token.text == "=":
            raise _error("found '='; equality is written ==", token)
        raise _error(f"expected a condition, a value or a name, found {token.shown}", token)

    def _named(self, token: Token) -> Expression:
        if token.text in ("true", "false"):
            return Constant("truth", token.text == "true", token.position)
        if token.text in _RESERVED:
            raise _error(f"expected a condition, a value or a name, found {token.shown}", token)
        if not self._is("symbol", "("):
            if token.text in FUNCTIONS:
                raise _error(f"{token.text} is a function: {_signature(token.text)}", token)
            return Constant("entity", token.text, token.position)
        function = FUNCTIONS.get(token.text)
        if function is None:
            raise _error(
                f"no function is called {token.shown}{_near(token.text, FUNCTIONS)}", token
            )
        self._deeper(self._take())
        given = self._arguments(function)
        closing = self._close("`,` or `)`")
        return _call(function, given, token, closing)

    def _arguments(self, function: Function) -> dict[str, Expression]:
        """Reads what is between the parentheses: first by order, then by name."""
        given: dict[str, Expression] = {}
        named = False
        while not self._is("symbol", ")"):
            start = self._next
            follows = self._tokens[min(self._at + 1, len(self._tokens) - 1)]
            if start.kind == "name" and follows.text == "=" and follows.kind == "symbol":
                named = True
                self._at += 2
                name = start.text
            elif named:
                raise _error("an argument without a name follows one with a name", start)
            elif len(given) == len(function.parameters):
                raise _error(f"too many arguments: {function.signature}", start)
            else:
                name = function.parameters[len(given)].name
            _claim(function, name, given, start)
            given[name] = self._argument(function, name)
            if self._is("symbol", ","):
                comma = self._take()
                if self._is("symbol", ")"):
                    raise _error("expected an argument after `,`", comma)
            elif not self._is("symbol", ")"):
                raise _error(f"expected `,` or `)`, found {self._next.shown}", self._next)
        return given

    def _argument(self, function: Function, name: str) -> Expression:
        start = self._next
        value = self.expression()
        wanted = next(each.type for each in function.parameters if each.name == name)
        if value.type != wanted:
            found = f"{name} of {function.name} must be {_article(wanted)}"
            raise _error(f"{found}, found {_article(value.type)}{_hint(value, wanted)}", start)
        return value

    def _deeper(self, token: Token) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise _error(f"nested more than {MAX_DEPTH} deep", token)

    def _close(self, expected: str) -> Token:
        token = self._take()
        if token.kind != "symbol" or token.text != ")":
            raise _error(f"expected {expected}, found {token.shown}", token)
        self._depth -= 1
        return token


def _claim(function: Function, name: str, given: dict[str, Expression], token: Token) -> None:
    """Checks that an argument exists and is not given yet."""
    names = [each.name for each in function.parameters]
    if name not in names:
        near = _near(name, names)
        raise _error(f"{function.signature} has no argument {name!r}{near}", token)
    if name in given:
        raise _error(f"{name} of {function.name} is given twice", token)


def _call(
    function: Function, given: dict[str, Expression], token: Token, closing: Token
) -> Expression:
    for parameter in function.parameters:
        if parameter.required and parameter.name not in given:
            raise _error(f"{parameter.name} is not given: {function.signature}", closing)
    arguments = tuple((each.name, given.get(each.name)) for each in function.parameters)
    return Call(function.name, function.type, arguments, token.position)


def _number(token: Token) -> Expression:
    value = float(token.text)
    if not math.isfinite(value):
        raise _error(f"the number {token.text} is too large", token)
    return Constant("number", value, token.position)


def _truth(part: Expression, token: Token) -> Expression:
    if part.type != "truth":
        raise _error(f"expected a condition, found {_article(part.type)}", token)
    return part


def _hint(value: Expression, wanted: ValueType) -> str:
    """Says how a word must be written where only its quotes are wrong."""
    if isinstance(value, Constant):
        if value.type == "entity" and wanted == "text":
            return f'; write "{value.value}"'
        if value.type == "text" and wanted == "entity":
            return f"; write {value.value} without quotes"
    return ""


def _near(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def _article(type: ValueType) -> str:
    return {"truth": "a condition", "number": "a number", "entity": "an entity", "text": "a text"}[
        type
    ]


def _signature(name: str) -> str:
    return FUNCTIONS[name].signature


def _error(message: str, token: Token) -> ConditionError:
    return ConditionError(message, position=token.position)
