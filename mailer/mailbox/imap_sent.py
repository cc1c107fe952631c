"""What people send by hand from the mailbox itself, read over IMAP: the folder of sent letters without our own copies."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from imapclient import IMAPClient
from imapclient.imapclient import SENT

from mailer.mailbox.imap_inbox import ImapInbox
from mailer.mailbox.inbox import RawMail
from mailer.mailbox.server import Server


class ImapSent(ImapInbox):
    """`inbox.Inbox` over the folder of sent letters: its items are `sent`. A mailbox without such a folder has none.

    `sent_folder` "": the one that the server declares as such, else "Sent". A letter that is settled is marked with a keyword.
    """

    def __init__(self, server: Server, *, sent_folder: str = "", max_bytes: int = 30 * 1024 * 1024, since: date | None = None):
        super().__init__(server, folder=sent_folder, max_bytes=max_bytes, since=since)

    def keys(self) -> list[str]:
        return super().keys() if self._line.use(self._is_there) else []

    def new(self, skip: Container[str] = (), *, done_since: datetime | None = None) -> Iterator[RawMail]:
        if self._line.use(self._is_there):
            yield from (replace(item, sent=True) for item in super().new(skip, done_since=done_since))

    def _is_there(self, client: IMAPClient) -> bool:
        if not self._folder:
            self._folder = client.find_special_folder(SENT) or "Sent"
        return bool(self._on is client or client.folder_exists(self._folder))

    def _criteria(self, done_since: datetime | None = None) -> list[Any]:
        return [
            *super()._criteria(done_since),
            "NOT",
            "HEADER",
            "X-Partner-Key",
            "",
        ]  # ours; where a server cannot tell, reading does
