"""Settings of a home: `config.toml`, read strictly. A fault is one line that names the key and says what to change."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct, field
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from mailer.building import SENDER_NAME
from mailer.offer import VendorDetails
from sheets.columns import BY_NAME
from sheets.headers import fold

TEMPLATE = Path(__file__).with_name("config.toml")
"""What `init` writes: every key with its default and a comment."""

SQLITE = "sqlite:///"
POSTGRESQL = "postgresql+psycopg://"
"""How the address of a ledger begins."""

LONGEST_TIMEOUT = 300
"""Seconds; a third of what a claim on a letter lasts: whoever waits for a server must not be taken for dead."""

_CHOICES = {"spreadsheet.backend": '"xlsx" or "google"', "mail.backend": '"maildir" or "imap-smtp"'}
_ADDRESS = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;]+")

_LINK = re.compile(r"https?://[^\s<>\"']+")


class SettingsError(Exception):
    """The configuration or the home is unusable; the message is one line that says what to change (exit 2)."""


class SheetSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """`[spreadsheet]`"""

    backend: Literal["xlsx", "google"] = "xlsx"
    file: str = "partners.xlsx"
    attention_after_minutes: int = 30
    personal_data: Literal["shown", "masked"] = "shown"
    spreadsheet: str = ""
    account: str = ""
    endpoint: str = ""


class IntakeSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """`[intake]`: another way for forms' answers than the spreadsheet's tabs."""

    exports: str = "forms"


class PrivacySettings(Struct, frozen=True, forbid_unknown_fields=True):
    """`[privacy]`"""

    keep_days: int = 1825


class ImapSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """`[mail.imap]`: where letters come in, and where copies of ours lie."""

    host: str = ""
    port: int = 993
    security: Literal["tls", "starttls", "plain"] = "tls"
    user: str = ""
    password: str = ""
    ca_file: str = ""
    folder: str = "INBOX"
    done_folder: str = ""
    since: str = ""
    sent_folder: str = ""
    copies_folder: str = ""
    append_sent: bool = True
    idle_seconds: int = 540
    timeout_seconds: int = 60


class SmtpSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """`[mail.smtp]`: how letters go out."""

    host: str = ""
    port: int = 465
    security: Literal["tls", "starttls", "plain"] = "tls"
    user: str = ""
    password: str = ""
    ca_file: str = ""
    timeout_seconds: int = 60
    grace_seconds: int = 300


class MailSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """`[mail]`"""

    backend: Literal["maildir", "imap-smtp"] = "maildir"
    address: str = "partners@stakhanovets.ru"
    name: str = SENDER_NAME
    inbox: str = "mail/inbox"
    sent: str = "mail/sent"
    authserv_id: str = ""
    answers_per_sender_a_day: int = 30
    answers_per_case_a_day: int = 30
    unvouched_per_partner_a_day: int = 10
    dead_address_days: int = 60
    max_letter_mb: int = 30
    token_key: str = "file:token.key"  # noqa: S105 - a reference, no secret
    own_copy: str = ""
    imap: ImapSettings = ImapSettings()
    smtp: SmtpSettings = SmtpSettings()


class DatabaseSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """`[database]`"""

    url: str = "sqlite:///ledger.db"


class ProgrammeSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """`[programme]`"""

    editions: tuple[str, ...] = ()


class StaffSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """`[staff]`"""

    mail: tuple[str, ...] = ()
    outage_after_hours: int = 2


class MaterialSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """`[materials]`: links to marketing materials, name -> address."""

    links: dict[str, str] = field(default_factory=dict)
    extended: dict[str, str] = field(default_factory=dict)


class ScheduleSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """`[schedule]`"""

    every_minutes: int = 5


class VendorSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """`[vendor]`: what the offer says about the vendor. `vat_rate` "": exempt; else the percentage that prices include."""

    name: str = "ООО «Стахановец»"
    inn: str = ""
    kpp: str = ""
    ogrn: str = ""
    address: str = ""
    site: str = "stakhanovets.ru"
    email: str = "partners@stakhanovets.ru"
    phone: str = ""
    signatory: str = ""
    signatory_position: str = "Генеральный директор"
    contact: str = "Партнёрский отдел"
    vat_rate: str = ""
    register_number: str = ""
    register_date: str = ""
    delivery: str = ""
    payment: str = ""

    def details(self) -> VendorDetails:
        """As the offer takes it; a text left empty is the offer's own."""
        given = {name: value for name in ("delivery", "payment") if (value := getattr(self, name))}
        return VendorDetails(
            name=self.name,
            inn=self.inn,
            kpp=self.kpp,
            ogrn=self.ogrn,
            address=self.address,
            site=self.site,
            email=self.email,
            phone=self.phone,
            signatory=self.signatory,
            signatory_position=self.signatory_position,
            contact=self.contact,
            vat_rate=Decimal(self.vat_rate) if self.vat_rate else None,
            register_number=self.register_number,
            register_date=date.fromisoformat(self.register_date) if self.register_date else None,
            **given,
        )


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """Everything in `config.toml`; `columns`: tab -> {contract's header -> header in the sheet}."""

    spreadsheet: SheetSettings = SheetSettings()
    intake: IntakeSettings = IntakeSettings()
    mail: MailSettings = MailSettings()
    database: DatabaseSettings = DatabaseSettings()
    programme: ProgrammeSettings = ProgrammeSettings()
    staff: StaffSettings = StaffSettings()
    materials: MaterialSettings = MaterialSettings()
    schedule: ScheduleSettings = ScheduleSettings()
    privacy: PrivacySettings = PrivacySettings()
    vendor: VendorSettings = VendorSettings()
    columns: dict[str, dict[str, str]] = field(default_factory=dict)

    def secrets(self) -> tuple[str, ...]:
        """Every place where a reference to a secret may stand, as it stands there."""
        mail = self.mail
        return (mail.token_key, mail.imap.password, mail.smtp.password, self.spreadsheet.account, self.database.url)


def read_settings(path: Path) -> Settings:
    """The settings in that file. Raises SettingsError: unreadable, no TOML, a key unknown, a value that cannot be."""
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise SettingsError(f"{path.name}: the file is missing; `python -m jobs init` makes it") from error
    except OSError as error:
        raise SettingsError(f"{path.name}: cannot be read ({error.strerror or error})") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path.name}: not in UTF-8 (byte {error.start}); save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path.name}: not TOML: {error}") from error
    _known(path.name, "", values, Settings)
    try:
        settings = msgspec.convert(values, Settings)
    except msgspec.ValidationError as error:
        raise SettingsError(f"{path.name}: {_told(error, values)}") from error
    _sensible(path.name, settings)
    return settings


def is_address(text: str) -> bool:
    """Does it look like a mail address?"""
    return bool(_ADDRESS.fullmatch(text))


def secret(reference: str, key: str, folder: Path) -> str:
    """What `env:NAME` or `file:PATH` (from `folder` on) refers to. Raises SettingsError."""
    kind, _, name = reference.partition(":")
    if kind == "env" and name:
        value = os.environ.get(name, "")
        if not value:
            raise SettingsError(f"config.toml: {key}: set the environment variable {name}")
        return value
    if kind == "file" and name:
        try:
            value = (folder / name).read_text(encoding="utf-8-sig").strip()  # Notepad writes a mark before the text
        except (OSError, ValueError) as error:
            raise SettingsError(f"config.toml: {key}: cannot read the file {name}; make it or name another") from error
        if not value:
            raise SettingsError(f"config.toml: {key}: the file {name} is empty; write the secret into it")
        return value
    raise SettingsError(f'config.toml: {key}: a secret does not belong here; write "env:NAME" or "file:PATH"')


def database_url(text: str) -> str:
    """An URL that the ledger understands. Raises SettingsError without quoting it: it may hold a password."""
    usable = False
    with suppress(ArgumentError, ValueError):
        usable = text.startswith((SQLITE, POSTGRESQL)) and bool(make_url(text).database)
    if not usable:
        raise SettingsError(
            'config.toml: database.url: expected "sqlite:///FILE", "postgresql+psycopg://USER@HOST/DATABASE", '
            '"env:NAME" or "file:PATH"'
        )
    return text


def _known(file: str, prefix: str, values: Mapping[str, Any], kind: type[Struct]) -> None:
    """Every key is one of the structure's; the nearest one is named."""
    fields = {found.name: found.type for found in msgspec.structs.fields(kind)}
    for key, value in values.items():
        if key not in fields:
            near = difflib.get_close_matches(key, fields, n=1, cutoff=0.5)
            hint = f"did you mean {prefix}{near[0]}?" if near else f"known here: {', '.join(fields)}"
            raise SettingsError(f"{file}: {prefix}{key}: unknown key; {hint}")
        inner = fields[key]
        if isinstance(inner, type) and issubclass(inner, Struct) and isinstance(value, Mapping):
            _known(file, f"{prefix}{key}.", value, inner)


def _told(error: msgspec.ValidationError, values: Mapping[str, Any]) -> str:
    """The library's fault as `key: expected …, got …`."""
    text, _, place = str(error).partition(" - at `$.")
    key = place.rstrip("`").replace("[...]", "")
    value: Any = values
    for part in re.findall(r"[^.\[\]]+", key):
        if isinstance(value, Mapping):
            value = value.get(part)
        elif isinstance(value, list):
            value = value[int(part)]
    if key in _CHOICES:
        return f"{key}: expected {_CHOICES[key]}, got {value!r}"
    found = re.search(r"Expected `(\w+)", text)
    words = {"str": "text in quotes", "int": "a whole number", "array": "a list", "object": "a table"}
    return f"{key}: expected {words.get(found[1], found[1]) if found else text}, got {value!r}"


def _sensible(file: str, settings: Settings) -> None:
    """Values of the right type that still cannot be."""
    if settings.spreadsheet.backend == "google" and not (settings.spreadsheet.spreadsheet and settings.spreadsheet.account):
        raise SettingsError(
            f'{file}: spreadsheet.backend: with "google" set spreadsheet.spreadsheet (its address) and spreadsheet.account '
            '("file:KEY.json"); see docs/setup-google.md'
        )
    try:
        date.fromisoformat(settings.mail.imap.since or "2000-01-01")
    except ValueError as error:
        raise SettingsError(
            f'{file}: mail.imap.since: expected a date such as "2026-03-01" or "", got {settings.mail.imap.since!r}'
        ) from error
    if not 1 <= settings.mail.imap.idle_seconds <= 28 * 60:
        raise SettingsError(f"{file}: mail.imap.idle_seconds: expected 1 to 1680, got {settings.mail.imap.idle_seconds}")
    for key, seconds in (("imap", settings.mail.imap.timeout_seconds), ("smtp", settings.mail.smtp.timeout_seconds)):
        if not 1 <= seconds <= LONGEST_TIMEOUT:
            raise SettingsError(f"{file}: mail.{key}.timeout_seconds: expected 1 to {LONGEST_TIMEOUT}, got {seconds}")
    addresses = [("mail.address", settings.mail.address), *(("staff.mail", address) for address in settings.staff.mail)]
    for key, address in addresses:
        if not _ADDRESS.fullmatch(address):
            raise SettingsError(f"{file}: {key}: expected a mail address, got {address!r}")
    if not settings.mail.name.isprintable():
        raise SettingsError(f"{file}: mail.name: expected one line, got {settings.mail.name!r}")
    for key, links in (("links", settings.materials.links), ("extended", settings.materials.extended)):
        for name, address in links.items():
            if not _LINK.fullmatch(address):
                raise SettingsError(f'{file}: materials.{key}."{name}": expected an address such as "https://…", got {address!r}')
    numbers = (
        ("spreadsheet.attention_after_minutes", settings.spreadsheet.attention_after_minutes),
        ("mail.answers_per_sender_a_day", settings.mail.answers_per_sender_a_day),
        ("mail.answers_per_case_a_day", settings.mail.answers_per_case_a_day),
        ("mail.unvouched_per_partner_a_day", settings.mail.unvouched_per_partner_a_day),
        ("mail.dead_address_days", settings.mail.dead_address_days),
        ("mail.max_letter_mb", settings.mail.max_letter_mb),
        ("schedule.every_minutes", settings.schedule.every_minutes),
        ("staff.outage_after_hours", settings.staff.outage_after_hours),
        ("privacy.keep_days", settings.privacy.keep_days),
    )
    for key, number in numbers:
        if number < 1:
            raise SettingsError(f"{file}: {key}: expected 1 or more, got {number}")
    if not settings.database.url.startswith(("env:", "file:")) and _has_password(database_url(settings.database.url)):
        raise SettingsError(
            f'{file}: database.url: a password does not belong here; write "env:NAME" or "file:PATH", or use ~/.pgpass'
        )
    try:
        settings.vendor.details()
    except InvalidOperation as error:
        raise SettingsError(
            f'{file}: vendor.vat_rate: expected a percentage such as "22" or "", got {settings.vendor.vat_rate!r}'
        ) from error
    except ValueError as error:
        raise SettingsError(
            f'{file}: vendor.register_date: expected a date such as "2020-05-18", got {settings.vendor.register_date!r}'
        ) from error
    _columns(file, settings)


def _has_password(url: str) -> bool:
    """Does the URL hold one, before its host or among its options (`?password=`, `?sslpassword=`)?"""
    parts = make_url(url)
    return bool(parts.password) or any("password" in option.lower() for option in parts.query)


def _columns(file: str, settings: Settings) -> None:
    """Aliases name tabs and headers of ours."""
    for tab, headers in settings.columns.items():
        if tab not in BY_NAME:
            near = difflib.get_close_matches(tab, BY_NAME, n=1)
            raise SettingsError(
                f'{file}: columns."{tab}": no such tab; ' + (f'did you mean "{near[0]}"?' if near else "see docs/running.md")
            )
        known = {fold(column.header): column.header for column in BY_NAME[tab].columns}
        for header in headers:
            if fold(header) not in known:
                near = difflib.get_close_matches(fold(header), known, n=1)
                hint = f'did you mean "{known[near[0]]}"?' if near else f"known: {', '.join(known.values())}"
                raise SettingsError(f'{file}: columns."{tab}"."{header}": no such header; {hint}')
