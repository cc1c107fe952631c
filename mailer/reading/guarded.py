"""Letters read where it cannot harm: what is large or strange is read by a child process that may be killed.

The standard library's parser knows no limits: nesting ends in RecursionError, some headers take quadratic time. So the bytes are
looked at first.
"""

from __future__ import annotations

import dataclasses
import json
import os
import resource
import subprocess
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from cases.incoming_mail import Attachment, Letter, LetterKind
from mailer.reading.letter import read_letter
from mailer.reading.limits import DEFAULT_LIMITS, NO_MEMORY, LetterLimits, Overrun, Unreadable, has_packed_files, is_suspicious

_PASSED_ON = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "LD_LIBRARY_PATH")
"""Of our environment the child gets these alone: passwords may stand in the rest, and it reads what strangers made."""


def read_guarded(
    raw: bytes,
    key: str,
    received_at: datetime,
    *,
    mailbox: str,
    authserv_id: str,
    attachments_dir: Path,
    own_domain: str = "",
    limits: LetterLimits = DEFAULT_LIMITS,
) -> Letter:
    """As `read_letter`, but a large or suspicious letter is read by a child process under `limits.seconds` and `limits.memory`.

    Raises Unreadable, also for a letter that killed its reader or overran its time; OSError as `read_letter`.
    """
    if len(raw) > limits.bytes or not is_suspicious(raw, limits):
        return read_letter(
            raw,
            key,
            received_at,
            mailbox=mailbox,
            authserv_id=authserv_id,
            attachments_dir=attachments_dir,
            own_domain=own_domain,
            limits=limits,
        )
    order = {
        "key": key,
        "received_at": received_at.isoformat(),
        "mailbox": mailbox,
        "authserv_id": authserv_id,
        "attachments_dir": str(attachments_dir),
        "own_domain": own_domain,
        "limits": dataclasses.asdict(limits),
    }
    try:
        return _by_child(raw, order, limits)
    except Overrun:
        if not limits.packed_files or not has_packed_files(raw):
            raise
    # It may have been the winmail.dat: what else the letter says is worth a second try.
    packed = dataclasses.replace(limits, packed_files=0)
    return _by_child(raw, {**order, "limits": dataclasses.asdict(packed)}, packed)


def _by_child(raw: bytes, order: Mapping[str, object], limits: LetterLimits) -> Letter:
    root = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH", ""))))
    try:
        child = subprocess.run(
            [sys.executable, "-m", "mailer.reading.guarded"],
            input=json.dumps(order).encode() + b"\n" + raw,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=limits.seconds + 5,
            env={**{name: os.environ[name] for name in _PASSED_ON if name in os.environ}, "PYTHONPATH": path},
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Overrun(f"чтение письма заняло больше {limits.seconds} с") from None
    if child.returncode != 0:
        raise Overrun(f"чтение письма прервано пределом времени или памяти (код {child.returncode})")
    answer = json.loads(child.stdout)
    if "reason" in answer:
        raise (Overrun if answer["overrun"] else Unreadable)(answer["reason"])
    if "errno" in answer:
        raise OSError(answer["errno"], os.strerror(answer["errno"]))
    return _letter_from_json(answer["letter"])


def _serve() -> None:
    """The child's side: an order and the letter on stdin, the answer as JSON on stdout."""
    order = json.loads(sys.stdin.buffer.readline())
    limits = LetterLimits(**order["limits"])
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.seconds, limits.seconds + 1))
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory, limits.memory))
    answer: dict[str, object]
    try:
        letter = read_letter(
            sys.stdin.buffer.read(),
            order["key"],
            datetime.fromisoformat(order["received_at"]),
            mailbox=order["mailbox"],
            authserv_id=order["authserv_id"],
            attachments_dir=Path(order["attachments_dir"]),
            own_domain=order["own_domain"],
            limits=limits,
        )
        answer = {"letter": {**dataclasses.asdict(letter), "received_at": letter.received_at.isoformat()}}
    except Unreadable as fault:
        answer = {"reason": fault.reason, "overrun": isinstance(fault, Overrun)}
    except MemoryError:
        answer = {"reason": NO_MEMORY, "overrun": True}
    except OSError as fault:
        answer = {"errno": fault.errno or 5}
    sys.stdout.buffer.write(json.dumps(answer).encode())


def _letter_from_json(fields: dict[str, object]) -> Letter:
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()}
    values["kind"] = LetterKind(str(fields["kind"]))
    values["received_at"] = datetime.fromisoformat(str(fields["received_at"]))
    files = fields["attachments"]
    values["attachments"] = tuple(Attachment(**file) for file in files) if isinstance(files, list) else ()
    return Letter(**values)  # type: ignore[arg-type]  # the child wrote exactly these fields


if __name__ == "__main__":
    _serve()
