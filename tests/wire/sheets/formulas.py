"""Simple formulas: arithmetic, references, ranges, a dozen functions. Anything else is #NAME? as with Google."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tests.wire.sheets.locales import Locale
from tests.wire.sheets.ranges import Area, parse_cells, split_title

Look = Callable[[str | None, Area], list[list[Any]]]
"""(title or None, area) -> values there, empty cells None."""

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>"(?:[^"]|"")*")|(?P<ref>(?:'(?:[^']|'')*'|[^\W\d]\w*)!\$?[A-Za-z]{0,3}\$?\d*(?::\$?[A-Za-z]{0,3}\$?\d*)?"""
    r"""|\$?[A-Za-z]{1,3}\$?\d+(?::\$?[A-Za-z]{1,3}\$?\d+)?(?!\w|\()|\$?[A-Za-z]{1,3}:\$?[A-Za-z]{1,3}(?!\w))"""
    r"""|(?P<name>[^\W\d][\w.]*)|(?P<number>\d+(?:DECIMAL\d+)?%?)|(?P<sign><=|>=|<>|[-+*/^&=<>()]|ARGUMENT))""",
    re.VERBOSE,
)

ERRORS = {
    "DIVIDE_BY_ZERO": "#DIV/0!",
    "NAME": "#NAME?",
    "VALUE": "#VALUE!",
    "REF": "#REF!",
    "N_A": "#N/A",
    "NUM": "#NUM!",
    "ERROR": "#ERROR!",
}


class FormulaError(Exception):
    """The formula's result is an error of that type."""

    def __init__(self, kind: str, text: str = "") -> None:
        super().__init__(text)
        self.kind = kind
        self.text = text or f"Formula error {ERRORS[kind]}"


def evaluate(formula: str, place: Locale, look: Look) -> Any:
    """The value of `=…`. Raises FormulaError."""
    value = _Parser(formula[1:], place, look).result()
    if isinstance(value, list):
        value = value[0][0] if value and value[0] else None
    return 0 if value is None else value


class _Parser:
    def __init__(self, text: str, place: Locale, look: Look) -> None:
        pattern = _TOKEN.pattern.replace("DECIMAL", re.escape(place.decimal)).replace("ARGUMENT", re.escape(place.arguments))
        self._tokens: list[tuple[str, str]] = []
        self._place = place
        self._look = look
        start, scan = 0, re.compile(pattern)
        while start < len(text.rstrip()):
            found = scan.match(text, start)
            if found is None or found.lastgroup is None:
                raise FormulaError("ERROR", "Formula parse error.")
            self._tokens.append((found.lastgroup, found[found.lastgroup]))
            start = found.end()
        self._at = 0

    def result(self) -> Any:
        value = self._compared()
        if self._at < len(self._tokens):
            raise FormulaError("ERROR", "Formula parse error.")
        return value

    def _sign(self, *wanted: str) -> str:
        if self._at < len(self._tokens):
            kind, text = self._tokens[self._at]
            if kind == "sign" and text in wanted:
                self._at += 1
                return text
        return ""

    def _compared(self) -> Any:
        left = self._joined()
        while sign := self._sign("=", "<>", "<", ">", "<=", ">="):
            one, two = _single(left), _single(self._joined())
            if isinstance(one, str) or isinstance(two, str):
                one, two = str(one or "").lower(), str(two or "").lower()
            one, two = one or 0 if one is None else one, two or 0 if two is None else two
            left = {"=": one == two, "<>": one != two, "<": one < two, ">": one > two, "<=": one <= two, ">=": one >= two}[sign]
        return left

    def _joined(self) -> Any:
        left = self._sum()
        while self._sign("&"):
            left = _text(left) + _text(self._sum())
        return left

    def _sum(self) -> Any:
        left = self._product()
        while sign := self._sign("+", "-"):
            right = _number(self._product())
            left = _number(left) + right if sign == "+" else _number(left) - right
        return left

    def _product(self) -> Any:
        left = self._power()
        while sign := self._sign("*", "/"):
            right = _number(self._power())
            if sign == "/" and right == 0:
                raise FormulaError("DIVIDE_BY_ZERO", "Function DIVIDE parameter 2 cannot be zero.")
            left = _number(left) * right if sign == "*" else _number(left) / right
        return left

    def _power(self) -> Any:
        left = self._unary()
        return _number(left) ** _number(self._power()) if self._sign("^") else left

    def _unary(self) -> Any:
        if sign := self._sign("-", "+"):
            value = _number(self._unary())
            return -value if sign == "-" else value
        return self._atom()

    def _atom(self) -> Any:
        if self._sign("("):
            value = self._compared()
            if not self._sign(")"):
                raise FormulaError("ERROR", "Formula parse error.")
            return value
        if self._at >= len(self._tokens):
            raise FormulaError("ERROR", "Formula parse error.")
        kind, text = self._tokens[self._at]
        self._at += 1
        if kind == "text":
            return text[1:-1].replace('""', '"')
        if kind == "number":
            value = float(text.rstrip("%").replace(self._place.decimal, "."))
            return value / 100 if text.endswith("%") else value
        if kind == "ref":
            title, cells = split_title(text)
            area = parse_cells(cells)
            if area is None:
                raise FormulaError("NAME", f"Unknown range name: '{cells}'.")
            return self._look(title, area)
        if kind == "name":
            return self._named(text.upper())
        raise FormulaError("ERROR", "Formula parse error.")

    def _named(self, name: str) -> Any:
        if not self._sign("("):
            if name in ("TRUE", "FALSE", self._place.true, self._place.false):
                return name in ("TRUE", self._place.true)
            raise FormulaError("NAME", f"Unknown range name: '{name}'.")
        arguments = []
        if not self._sign(")"):
            arguments.append(self._compared())
            while self._sign(self._place.arguments):
                arguments.append(self._compared())
            if not self._sign(")"):
                raise FormulaError("ERROR", "Formula parse error.")
        function = _FUNCTIONS.get(name)
        if function is None:
            raise FormulaError("NAME", f"Unknown function: '{name}'.")
        try:
            return function(arguments)
        except (TypeError, IndexError) as error:
            raise FormulaError("N_A", f"Wrong number of arguments to {name}.") from error


def _single(value: Any) -> Any:
    return (value[0][0] if value and value[0] else None) if isinstance(value, list) else value


def _number(value: Any) -> float:
    value = _single(value)
    if value is None or value == "":
        return 0
    if isinstance(value, bool | int | float):
        return value
    try:
        return float(value)
    except ValueError as error:
        raise FormulaError("VALUE", f"'{value}' is a text and cannot be coerced to a number.") from error


def _text(value: Any) -> str:
    value = _single(value)
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, float) and value == int(value) else str(value)


def _cells(arguments: list[Any]) -> Iterator[Any]:
    for argument in arguments:
        if isinstance(argument, list):
            for row in argument:
                yield from row
        else:
            yield argument


def _figures(arguments: list[Any]) -> list[float]:
    return [value for value in _cells(arguments) if isinstance(value, int | float) and not isinstance(value, bool)]


def _average(arguments: list[Any]) -> float:
    figures = _figures(arguments)
    if not figures:
        raise FormulaError("DIVIDE_BY_ZERO", "Evaluation of function AVERAGE caused a divide by zero error.")
    return sum(figures) / len(figures)


def _counted(arguments: list[Any]) -> int:
    cells, wanted = arguments
    return sum(1 for value in _cells([cells]) if value is not None and _text(value).lower() == _text(wanted).lower())


def _rounded(arguments: list[Any]) -> float:
    digits = int(_number(arguments[1])) if len(arguments) > 1 else 0
    return float(Decimal(repr(_number(arguments[0]))).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))


_FUNCTIONS: dict[str, Callable[[list[Any]], Any]] = {
    "SUM": lambda arguments: sum(_figures(arguments)),
    "AVERAGE": _average,
    "MIN": lambda arguments: min(_figures(arguments), default=0),
    "MAX": lambda arguments: max(_figures(arguments), default=0),
    "COUNT": lambda arguments: len(_figures(arguments)),
    "COUNTA": lambda arguments: sum(1 for value in _cells(arguments) if value is not None),
    "COUNTIF": _counted,
    "ROUND": _rounded,
    "ABS": lambda arguments: abs(_number(arguments[0])),
    "IF": lambda arguments: arguments[1] if _single(arguments[0]) else (arguments[2] if len(arguments) > 2 else False),
    "CONCATENATE": lambda arguments: "".join(_text(value) for value in _cells(arguments)),
    "LEN": lambda arguments: len(_text(arguments[0])),
    "UPPER": lambda arguments: _text(arguments[0]).upper(),
    "LOWER": lambda arguments: _text(arguments[0]).lower(),
    "TRIM": lambda arguments: " ".join(_text(arguments[0]).split()),
    "AND": lambda arguments: all(_cells(arguments)),
    "OR": lambda arguments: any(_cells(arguments)),
    "NOT": lambda arguments: not _single(arguments[0]),
}
