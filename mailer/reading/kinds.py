"""What kind of letter it is: a bounce first (a real one also carries Auto-Submitted), then our own, then automatic, then a
person's.

Bounces: RFC 3464 (delivery status), qmail's and Exim's older habits. Automatic: RFC 3834 and the headers that mail systems really
set.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cases.incoming_mail import LetterKind

_DAEMON = re.compile(r"^(?:mailer-daemon|mail-daemon|postmaster|mailerdaemon)@|^(?:mailer-daemon|mailer)$", re.IGNORECASE)
_NULL_PATH = re.compile(r"^\s*(?:<\s*>|<>|)\s*$")
_FINAL_RECIPIENT = re.compile(r"^(?:final|original)-recipient\s*:\s*(?:[a-z0-9-]+\s*;)?\s*<?([^\s<>;]+@[^\s<>;]+)>?", re.I | re.M)
_ACTION = re.compile(r"^action\s*:\s*([a-z]+)", re.I | re.M)
_INNER_ID = re.compile(r"^message-id\s*:\s*(<[^<>\s]{1,250}>)", re.I | re.M)
_ADDRESS = re.compile(r"<?\b([A-Za-z0-9._%+=-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,6})\b>?")
_OUR_ID = re.compile(r"^<?[0-9a-f]{32}@", re.IGNORECASE)
_REPLY_PREFIX = re.compile(r"^(?:\s*(?:re|fw|fwd|aw|отв|ответ|ha|на)\s*(?:\[\d+\])?\s*:)+\s*", re.IGNORECASE)
_AWAY_SUBJECT = re.compile(
    r"^\s*(?:\[?(?:авто[- ]?ответ|автоматический ответ|автоматическое (?:сообщение|уведомление)|автоответчик)"
    r"|(?:я )?(?:нахожусь |буду )?(?:вне офиса|в отпуске|на больничном|в командировке)(?:\s*[.,!:(–—-]|\s+(?:до|с|по)\s|\s*$)"
    r"|(?:меня )?нет на (?:рабочем )?месте|отсутствую\b|отсутствие на рабочем месте|уведомление об отсутствии"
    r"|out of (?:the )?office|ooo\b|automatic reply|auto[- ]?reply|auto[- ]?response|auto:"
    r"|vacation reply|away from (?:the )?office"
    r"|прочитано:|не прочитано:|read:|not read:|отч[её]т о прочтении|уведомление о прочтении)",
    re.IGNORECASE,
)
_BOUNCE_SUBJECT = re.compile(
    r"undeliver|delivery (?:status notification|failure|has failed)|mail delivery|returned mail|failure notice"
    r"|не доставлен|недоставлен|невозможно доставить|ошибка доставки|возврат почты",
    re.IGNORECASE,
)
_STATUS = re.compile(r"(?<![\d.])5\.(\d{1,3})\.(\d{1,3})(?!\.?\d)")
_NO_ADDRESS = frozenset({("1", "1"), ("1", "2"), ("1", "3"), ("1", "6"), ("1", "10"), ("2", "1")})
"""RFC 3463: no such mailbox, no such host, bad syntax, moved, null MX (RFC 7505), mailbox disabled. A full mailbox (5.2.2) and a
refusal of what we write (5.7.x) are none of these."""
_NO_ADDRESS_WORDS = re.compile(
    r"(?:user|recipient|mailbox|address|account)\W{1,3}(?:is )?(?:unknown|not found|disabled|does(?: not|n't) exist)"
    r"|unknown (?:user|recipient|mailbox)|no such (?:user|recipient|mailbox|address|account|person)|no mailbox here by that name"
    r"|unroute?able address|invalid (?:recipient|mailbox)"
    r"|(?:пользовател|ящик|адрес|получател)[а-яё]* не (?:существует|найден|зарегистрирован)"
    r"|нет такого (?:ящика|адреса|пользователя)",
    re.IGNORECASE,
)
_AUTOMATIC_MARKS = ("x-autoreply", "x-autorespond", "x-autoreply-from", "x-mail-autoreply", "x-auto-reply", "x-loop")
_PRECEDENCE = frozenset({"bulk", "list", "junk", "auto_reply", "auto-reply"})


@dataclass(frozen=True, slots=True)
class Outline:
    """What the kind is judged by. `headers`: values by lower-case name, top first. `report_type` of a multipart/report, lower
    case.

    `status`: text of its delivery-status part; `returned`: start of the returned letter or its headers; `text`: what people would
    read.
    """

    headers: Mapping[str, Sequence[str]]
    sender: str
    subject: str
    text: str
    report_type: str = ""
    status: str = ""
    returned: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """`failed_recipient`: who could not be reached, lower case; `returned_id`: Message-ID of the letter that came back; both ""
    but for bounces. `no_such_address`: the bounce says that there is no such address.
    """

    kind: LetterKind
    failed_recipient: str = ""
    returned_id: str = field(default="")
    no_such_address: bool = False


def kind_of(outline: Outline, mailbox: str) -> Kind:
    """The kind of a letter that came to `mailbox` (our address). Never raises.

    A delivery status that reports no failure (delayed, delivered, relayed) is automatic: nobody failed to be reached.
    """
    action = _ACTION.search(outline.status)
    if outline.report_type == "delivery-status" and action is not None and action.group(1).lower() != "failed":
        return Kind(LetterKind.AUTOMATIC)
    if _is_bounce(outline):
        no_address = names_no_address(outline.status or outline.text[:4000])
        return Kind(LetterKind.BOUNCE, _failed_recipient(outline, mailbox), _returned_id(outline), no_address)
    automatic = _is_automatic(outline)
    if _is_own(outline, mailbox):
        return Kind(LetterKind.OWN)
    if _from_mailbox(outline, mailbox):
        return Kind(LetterKind.OWN if automatic else LetterKind.HOUSE)
    return Kind(LetterKind.AUTOMATIC if automatic else LetterKind.PERSON)


def names_no_address(text: str) -> bool:
    """Does a server say here that there is no such address? By its enhanced status code; by its words where it gives none."""
    codes = set(_STATUS.findall(text))
    if codes & _NO_ADDRESS:
        return True
    return not codes - {("0", "0")} and _NO_ADDRESS_WORDS.search(text) is not None


def _is_bounce(outline: Outline) -> bool:
    headers = outline.headers
    if outline.report_type == "delivery-status" or "x-failed-recipients" in headers:
        return True
    if outline.report_type:
        return False  # a read receipt, a feedback report
    if _DAEMON.search(outline.sender):
        return True
    null_path = any(_NULL_PATH.match(value) for value in headers.get("return-path", ()))
    away = _AWAY_SUBJECT.match(_REPLY_PREFIX.sub("", outline.subject)) is not None
    # RFC 3834 wants vacation notices to bear a null path too: one that says what it is, or answers itself, is none of ours to
    # mourn.
    answers = any(value.strip().lower().startswith("auto-replied") for value in headers.get("auto-submitted", ()))
    return null_path and not away and not (answers and not _BOUNCE_SUBJECT.search(outline.subject))


def _is_own(outline: Outline, mailbox: str) -> bool:
    """By the marks that letters of ours bear, whoever sends them back."""
    if "x-partner-case" in outline.headers or "x-partner-key" in outline.headers:
        return True
    here = outline.sender.lower().partition("@")[2] == mailbox.lower().partition("@")[2]
    return here and any(_OUR_ID.match(value.strip()) for value in outline.headers.get("message-id", ()))


def _from_mailbox(outline: Outline, mailbox: str) -> bool:
    local, _, domain = mailbox.lower().partition("@")
    sender_local, _, sender_domain = outline.sender.lower().partition("@")
    return sender_domain == domain and sender_local.partition("+")[0] == local


def _is_automatic(outline: Outline) -> bool:
    headers = outline.headers
    if any(value.split(";")[0].strip().lower() not in ("no", "") for value in headers.get("auto-submitted", ())):
        return True
    if any(value.strip().lower() in _PRECEDENCE for name in ("precedence", "x-precedence") for value in headers.get(name, ())):
        return True
    if any(value.strip().lower() not in ("none", "") for value in headers.get("x-auto-response-suppress", ())):
        return True
    if any(name in headers for name in _AUTOMATIC_MARKS) or any(name.startswith("list-") for name in headers):
        return True
    return outline.report_type != "" or _AWAY_SUBJECT.match(_REPLY_PREFIX.sub("", outline.subject)) is not None


def _failed_recipient(outline: Outline, mailbox: str) -> str:
    found = _FINAL_RECIPIENT.search(outline.status)
    if found is not None:
        return found.group(1).lower()
    local, _, domain = mailbox.lower().partition("@")
    for value in [*outline.headers.get("x-failed-recipients", ()), outline.text[:4000]]:
        for address in _ADDRESS.findall(value):
            name, _, host = address.lower().partition("@")
            if (name.partition("+")[0], host) != (local, domain) and not _DAEMON.search(address) and not _OUR_ID.match(address):
                return str(address).lower()
    return ""


def _returned_id(outline: Outline) -> str:
    for text in (outline.returned, outline.text):
        found = _INNER_ID.search(text)
        if found is not None:
            return found.group(1)
    return ""
