"""Field masks: `sheets(properties(title),data.rowData)` of answers, `userEnteredFormat.numberFormat` of updates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Tree = dict[str, Any]
"""Name -> tree of what is wanted inside it, or None for all of it."""


def parse(text: str) -> Tree:
    """The tree of a mask. Raises ValueError."""
    tree, rest = _parse(text.replace(" ", ""))
    if rest:
        raise ValueError(f"Invalid field mask: {text}")
    return tree


def _parse(text: str) -> tuple[Tree, str]:
    tree: Tree = {}
    while text and text[0] != ")":
        end = min((place for place in map(text.find, ",()") if place >= 0), default=len(text))
        path = text[:end].replace("/", ".").split(".")
        if not all(path):
            raise ValueError("Invalid field mask: an empty name")
        text = text[end:]
        inner: Tree | None = None
        if text.startswith("("):
            inner, text = _parse(text[1:])
            if not text.startswith(")"):
                raise ValueError("Invalid field mask: ) is missing")
            text = text[1:]
        _add(tree, path, inner)
        text = text.removeprefix(",")
    return tree, text


def _add(tree: Tree, path: list[str], inner: Tree | None) -> None:
    for name in path[:-1]:
        if name in tree and tree[name] is None:
            return
        tree = tree.setdefault(name, {})
    last = path[-1]
    if inner is None or tree.get(last, {}) is None:
        tree[last] = None
    else:
        tree.setdefault(last, {}).update(inner)


def wants(tree: Mapping[str, Any] | None, *path: str) -> bool:
    """Is anything at that path asked for?"""
    for name in path:
        if tree is None or "*" in tree:
            return True
        if name not in tree:
            return False
        tree = tree[name]
    return True


def select(tree: Mapping[str, Any] | None, value: Any) -> Any:
    """What a mask leaves of an answer."""
    if tree is None or "*" in tree:
        return value
    if isinstance(value, list):
        return [select(tree, item) for item in value]
    if not isinstance(value, dict):
        return value
    return {name: select(tree[name], item) for name, item in value.items() if name in tree}


def updated(old: Mapping[str, Any], new: Mapping[str, Any], tree: Mapping[str, Any] | None) -> dict[str, Any]:
    """The old object with the masked parts taken from the new one; what the new one lacks is cleared."""
    if tree is None or "*" in tree:
        return dict(new)
    result = dict(old)
    for name, inner in tree.items():
        if inner is None:
            if name in new:
                result[name] = new[name]
            else:
                result.pop(name, None)
            continue
        merged = updated(result.get(name) or {}, new.get(name) or {}, inner)
        if merged:
            result[name] = merged
        else:
            result.pop(name, None)
    return result
