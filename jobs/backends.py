"""The backends that config.toml chooses, behind their ports: workbook or Google Sheets, Maildirs or IMAP and SMTP."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from datetime import date, timedelta

from jobs.home import Home
from jobs.settings import ImapSettings, SettingsError, SmtpSettings, secret
from mailer.mailbox.imap_copies import OwnCopies
from mailer.mailbox.imap_inbox import ImapInbox
from mailer.mailbox.imap_sent import ImapSent
from mailer.mailbox.inbox import Inbox
from mailer.mailbox.maildir_inbox import MaildirInbox
from mailer.mailbox.maildir_outbox import MaildirOutbox
from mailer.mailbox.outbox import Mailbox
from mailer.mailbox.server import Server
from mailer.mailbox.smtp_outbox import SmtpOutbox
from sheets.google import GoogleSpreadsheet
from sheets.google_http import ENDPOINT
from sheets.port import Spreadsheet
from sheets.xlsx import WorkbookFile


def spreadsheet(home: Home, before_replacing: Callable[[], None] = lambda: None) -> Spreadsheet:
    """The spreadsheet. `before_replacing` is called when a new workbook lies beside the old one. Raises SettingsError."""
    settings = home.settings.spreadsheet
    if settings.backend == "xlsx":
        return WorkbookFile(home.workbook, home.settings.columns, before_replacing=before_replacing)
    account = secret(settings.account, "spreadsheet.account", home.root)
    memory = home.root / "google-tabs.json"
    return GoogleSpreadsheet(account, settings.spreadsheet, home.settings.columns, memory, settings.endpoint or ENDPOINT)


def inbox(home: Home, closing: ExitStack) -> Inbox:
    """Where letters come in; what has to be closed is left to `closing`. Raises SettingsError."""
    settings = home.settings.mail
    limit = settings.max_letter_mb * 1024 * 1024
    if settings.backend == "maildir":
        return MaildirInbox(home.inbox, max_bytes=limit)
    found = ImapInbox(
        _server(home, settings.imap, "mail.imap"),
        folder=settings.imap.folder,
        done_folder=settings.imap.done_folder,
        max_bytes=limit,
        since=date.fromisoformat(settings.imap.since) if settings.imap.since else None,
        idle_seconds=settings.imap.idle_seconds,
    )
    closing.callback(found.close)
    return found


def sent_by_hand(home: Home, closing: ExitStack) -> Inbox | None:
    """Where letters lie that staff sent from the mailbox itself; None where they cannot be told from ours. Raises SettingsError.

    Local mode has no other hand; a server that keeps no keywords (`done_folder`) cannot mark what was read.
    """
    settings = home.settings.mail
    if settings.backend == "maildir" or settings.imap.done_folder:
        return None
    found = ImapSent(
        _server(home, settings.imap, "mail.imap"),
        sent_folder=settings.imap.sent_folder,
        max_bytes=settings.max_letter_mb * 1024 * 1024,
        since=date.fromisoformat(settings.imap.since) if settings.imap.since else None,
    )
    closing.callback(found.close)
    return found


def mailbox(home: Home, closing: ExitStack) -> Mailbox:
    """Where letters go out. Raises SettingsError."""
    settings = home.settings.mail
    if settings.backend == "maildir":
        return MaildirOutbox(home.sent)
    imap = settings.imap
    also = [folder for folder in (imap.copies_folder or imap.folder, imap.done_folder) if folder]
    copies = OwnCopies(_server(home, imap, "mail.imap"), sent_folder=imap.sent_folder, also=also, append=imap.append_sent)
    closing.callback(copies.close)
    smtp = _server(home, settings.smtp, "mail.smtp")
    return SmtpOutbox(
        smtp,
        sender=settings.address,
        copies=copies,
        own_copy=settings.own_copy,
        grace=timedelta(seconds=settings.smtp.grace_seconds),
    )


def _server(home: Home, settings: ImapSettings | SmtpSettings, key: str) -> Server:
    if not settings.host:
        raise SettingsError(f"config.toml: {key}.host: name the server, for example imap.yandex.ru")
    password = secret(settings.password, f"{key}.password", home.root) if settings.password else ""
    ca_file = str(home.root / settings.ca_file) if settings.ca_file else ""
    user = settings.user or (home.settings.mail.address if password else "")
    try:
        return Server(settings.host, settings.port, user, password, settings.security, ca_file, float(settings.timeout_seconds))
    except ValueError as error:
        raise SettingsError(f"config.toml: {key}.security: {error}") from error
