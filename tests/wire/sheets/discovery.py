"""Google's own description of its services, shipped by google-api-python-client, and a small validator over it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import unquote

Json = dict[str, Any]

_INTEGERS = {"int32": 1 << 31, "uint32": 1 << 32, "int64": 1 << 63, "uint64": 1 << 64}


class Mismatch(Exception):
    """The value is not what the description says. `field` is the path to it."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field
        self.text = text


@dataclass(frozen=True, slots=True)
class Method:
    """One method of a service, and how its path looks."""

    id: str
    verb: str
    pattern: re.Pattern[str]
    parameters: Mapping[str, Json]
    request: str
    response: str
    scopes: frozenset[str]


class Service:
    """One service's methods and schemas. `strict`: unknown names in requests are faults (Sheets), or overlooked (Drive)."""

    def __init__(self, name: str, strict: bool) -> None:
        document = files("googleapiclient").joinpath(f"discovery_cache/documents/{name}.json")
        self._document: Json = json.loads(document.read_text(encoding="utf-8"))
        self.schemas: dict[str, Json] = self._document["schemas"]
        self.strict = strict
        self._common: dict[str, Json] = self._document["parameters"]
        methods = list(self._methods(self._document))
        self._by_length = sorted(methods, key=lambda method: -len(re.sub(r"\(.*?\)", "", method.pattern.pattern)))
        self.methods = {method.id: method for method in methods}

    def _methods(self, part: Json) -> Iterator[Method]:
        base = "/" + self._document["servicePath"]
        for found in part.get("methods", {}).values():
            path = re.escape(base + found.get("flatPath", found["path"])).replace("\\{", "{").replace("\\}", "}")
            yield Method(
                found["id"],
                found["httpMethod"],
                re.compile(re.sub(r"{\+?(\w+)}", r"(?P<\1>[^/]+?)", path)),
                found.get("parameters", {}),
                found.get("request", {}).get("$ref", ""),
                found.get("response", {}).get("$ref", ""),
                frozenset(found.get("scopes", ())),
            )
        for inner in part.get("resources", {}).values():
            yield from self._methods(inner)

    def find(self, verb: str, path: str) -> tuple[Method, dict[str, str]] | None:
        """The method behind a raw path, and the path's parameters."""
        for method in self._by_length:
            found = method.pattern.fullmatch(path) if method.verb == verb else None
            if found:
                return method, {name: unquote(value) for name, value in found.groupdict().items()}
        return None

    def query(self, method: Method, given: Mapping[str, list[str]]) -> Json:
        """Typed query parameters. Raises Mismatch."""
        typed: Json = {}
        for name, values in given.items():
            about = method.parameters.get(name) or self._common.get(name)
            if about is None:
                if not self.strict:
                    continue
                raise Mismatch(name, f'Invalid JSON payload received. Unknown name "{name}": Cannot bind query parameter.')
            read = [_from_text(about, name, value) for value in values]
            typed[name] = read if about.get("repeated") else read[-1]
        for name, about in method.parameters.items():
            if about.get("required") and about.get("location") == "query" and name not in typed:
                raise Mismatch(name, f"Required parameter {name} is missing")
        return typed

    def check(self, schema: str, value: Any, where: str = "", lenient: bool = False) -> None:
        """Is that value such an object? Raises Mismatch. `lenient`: overlook unknown names."""
        self._check({"$ref": schema}, value, where, lenient or not self.strict)

    def _check(self, about: Json, value: Any, where: str, lenient: bool) -> None:
        if "$ref" in about:
            self._object(about["$ref"], value, where, lenient)
            return
        kind = about["type"]
        if kind == "any":
            return
        if kind == "array":
            if not isinstance(value, list):
                raise Mismatch(where, f"Invalid value at '{where}' ({_proto(about)}), {json.dumps(value)}")
            for place, item in enumerate(value):
                self._check(about["items"], item, f"{where}[{place}]", lenient)
            return
        if kind == "object":
            if not isinstance(value, dict):
                raise Mismatch(where, f"Invalid value at '{where}' (map), {json.dumps(value)}")
            for name, item in value.items():
                if "additionalProperties" in about:
                    self._check(about["additionalProperties"], item, f"{where}.{name}", lenient)
            return
        _scalar(about, value, where)

    def _object(self, name: str, value: Any, where: str, lenient: bool) -> None:
        about = self.schemas[name]
        if about["type"] != "object":
            self._check(about, value, where, lenient)
            return
        if not isinstance(value, dict):
            raise Mismatch(where, f"Invalid value at '{where}' (type.googleapis.com/{name}), {json.dumps(value)}")
        known = about.get("properties", {})
        for key, item in value.items():
            place = f"{where}.{key}" if where else key
            if key not in known:
                if lenient:
                    continue
                at = f" at '{where}'" if where else ""
                raise Mismatch(where, f'Invalid JSON payload received. Unknown name "{key}"{at}: Cannot find field.')
            if item is not None:
                self._check(known[key], item, place, lenient)

    def check_mask(self, schema: str, tree: Mapping[str, Any] | None, where: str = "") -> None:
        """Does every name of a parsed field mask exist? Raises Mismatch."""
        about = self.schemas[schema].get("properties", {})
        for name, inner in (tree or {}).items():
            if name == "*":
                continue
            place = f"{where}.{name}" if where else name
            if name not in about:
                raise Mismatch("fields", f"Request contains an invalid argument. Invalid field: {place}")
            found = about[name].get("items", about[name])
            if inner is not None and "$ref" in found:
                self.check_mask(found["$ref"], inner, place)


def _proto(about: Json) -> str:
    items = about["items"]
    if items.get("type") == "array":
        return "type.googleapis.com/google.protobuf.ListValue"
    return f"type.googleapis.com/{items.get('$ref', items.get('type'))}"


def _scalar(about: Json, value: Any, where: str) -> None:
    kind, form = about["type"], about.get("format", "")
    good = False
    if kind == "boolean":
        good = isinstance(value, bool)
    elif kind == "integer":
        good = isinstance(value, int | float) and not isinstance(value, bool) and value == int(value)
        good = good and abs(value) <= _INTEGERS[form or "int64"]
    elif kind == "number":
        good = isinstance(value, int | float) and not isinstance(value, bool)
    elif kind == "string":
        good = isinstance(value, str) and ("enum" not in about or value in about["enum"])
    if not good:
        name = form or ("TYPE_ENUM" if "enum" in about else f"TYPE_{kind.upper()}")
        raise Mismatch(where, f"Invalid value at '{where}' ({name}), {json.dumps(value, ensure_ascii=False)}")


def _from_text(about: Json, name: str, text: str) -> Any:
    kind = about["type"]
    value: Any = text
    if kind == "boolean":
        if text.lower() not in ("true", "false", "1", "0"):
            raise Mismatch(name, f"Invalid value at '{name}' (TYPE_BOOL), \"{text}\"")
        value = text.lower() in ("true", "1")
    elif kind in ("integer", "number"):
        try:
            value = int(text) if kind == "integer" else float(text)
        except ValueError as error:
            raise Mismatch(name, f"Invalid value at '{name}' (TYPE_INT32), \"{text}\"") from error
    _scalar(about, value, name)
    return value


@cache
def sheets() -> Service:
    """Google Sheets v4."""
    return Service("sheets.v4", strict=True)


@cache
def drive() -> Service:
    """Google Drive v3."""
    return Service("drive.v3", strict=False)
