"""What `doctor` says of a home, for the tests of its checks over the wire."""

from __future__ import annotations

import json
from datetime import datetime

from tests.scenarios.house import House

Said = dict[str, list[tuple[str, str]]]
"""What was said of each thing: (`fault`, `warning` or `fine`, text)."""


def examined(house: House, code: int = 0, now: datetime | None = None) -> Said:
    done = house.run("doctor", "--json", *(["--now", now.isoformat()] if now else []))
    assert done.code == code, done
    said: Said = {}
    for check in json.loads(done.out)["checks"]:
        kind = "fault" if check["fault"] else "warning" if check["warning"] else "fine"
        said.setdefault(check["name"], []).append((kind, check["text"]))
    return said


def fault(house: House, name: str) -> str:
    """The only fault of that name."""
    (text,) = [text for kind, text in examined(house, code=1)[name] if kind == "fault"]
    return text


def warnings(said: Said, name: str) -> list[str]:
    return [text for kind, text in said.get(name, ()) if kind == "warning"]
