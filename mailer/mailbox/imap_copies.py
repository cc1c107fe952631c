"""Our own copies of what went out, over IMAP: they tell whether a letter went, also one that a restored ledger has forgotten."""

from __future__ import annotations

import imaplib
import logging
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from email.message import Message
from functools import partial

from imapclient import SEEN, IMAPClient
from imapclient.imapclient import SENT

from mailer.mailbox.imap_line import AT_ONCE, ImapLine, came_at, header_of, servers_word
from mailer.mailbox.outbox import GONE_FIELDS, Gone, gone
from mailer.mailbox.server import Server

_OWN_LOOKED_AT = 1000
# Strangers write headers of any length: of each letter so much at most.
_OWN_FIELDS = "BODY.PEEK[HEADER.FIELDS (MESSAGE-ID X-PARTNER-KEY)]<0.4096>"
_GONE_FIELDS = f"BODY.PEEK[HEADER.FIELDS ({' '.join(GONE_FIELDS).upper()})]<0.16384>"

log = logging.getLogger("mailer.imap")


class OwnCopies:
    """Copies of what went out: the folder of sent letters, and wherever copies that we send to ourselves arrive (`also`).

    `sent_folder` "": the one that the server declares as such, else "Sent". `append` False: the server files copies there itself.
    """

    def __init__(self, server: Server, *, sent_folder: str = "", also: Iterable[str] = (), append: bool = True) -> None:
        self._line = ImapLine(server)
        self._sent_folder = sent_folder
        self._also = tuple(dict.fromkeys(also))
        self.append = append

    def find(self, message_ids: Iterable[str]) -> dict[str, datetime]:
        """Those letters of which a copy lies there, by `X-Partner-Key` or the local part of Message-ID, and when it came by the
        mailbox's clock. Raises OSError.
        """
        missing = {message_id.lower() for message_id in message_ids}
        found: dict[str, datetime] = {}
        for folder in (self._line.use(self._sent), *self._also) if missing else ():
            here = self._line.use(partial(self._look, folder=folder, wanted=missing))
            found, missing = found | here, missing - here.keys()
        return found

    def gone_since(self, moment: datetime) -> list[Gone]:
        """Letters of which a copy came since then, each once. Raises OSError."""
        found: dict[str, Gone] = {}
        for folder in (self._line.use(self._sent), *self._also):
            heads = self._line.use(partial(self._heads, folder=folder, since=(moment - timedelta(days=1)).date()))
            for head in heads:
                if (copy := gone(head)) is not None:  # what lies among the sent ones goes before what anybody could send us
                    found.setdefault(copy.key, copy)
        return list(found.values())

    def keep(self, raw: bytes) -> None:
        """File a copy of a letter that went out, as read; not if the server does that itself. Raises OSError."""
        if self.append:
            folder = self._line.use(self._sent)
            self._line.once(lambda client: client.append(folder, raw, flags=[SEEN]))

    def close(self) -> None:
        """Close the connection; the next use makes a new one."""
        self._line.close()

    def _sent(self, client: IMAPClient) -> str:
        """The folder of sent letters; made if there is none."""
        if not self._sent_folder:
            self._sent_folder = client.find_special_folder(SENT) or "Sent"
        if not client.folder_exists(self._sent_folder):
            client.create_folder(self._sent_folder)
        return self._sent_folder

    def _look(self, client: IMAPClient, folder: str, wanted: set[str]) -> dict[str, datetime]:
        if not wanted or not client.folder_exists(folder):
            return {}
        client.select_folder(folder, readonly=True)
        uids: set[int] = set()
        try:
            for one in sorted(wanted):
                uids.update(client.search(["OR", "HEADER", "X-Partner-Key", one, "HEADER", "Message-ID", one]))
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error as error:
            log.info("imap-search", extra={"error": servers_word(error)})
        found = self._came(client, sorted(uids), wanted)
        if found.keys() == wanted:
            return found
        # Some servers index headers late, or not at all: absent must be certain, or a letter goes out twice.
        return found | self._came(client, sorted(client.search("ALL"))[-_OWN_LOOKED_AT:], wanted)

    def _heads(self, client: IMAPClient, folder: str, since: date) -> list[Message]:
        if not client.folder_exists(folder):
            return []
        client.select_folder(folder, readonly=True)
        uids = sorted(client.search(["SINCE", since]))
        parts = (client.fetch(uids[start : start + AT_ONCE], [_GONE_FIELDS]) for start in range(0, len(uids), AT_ONCE))
        return [header_of(data) for part in parts for data in part.values()]

    def _came(self, client: IMAPClient, uids: Sequence[int], wanted: set[str]) -> dict[str, datetime]:
        found: dict[str, datetime] = {}
        for start in range(0, len(uids), AT_ONCE):
            for data in client.fetch(uids[start : start + AT_ONCE], ["INTERNALDATE", _OWN_FIELDS]).values():
                head = header_of(data)
                key = str(head.get("X-Partner-Key", "")).strip().lower()[:32]
                message_id = str(head.get("Message-ID", "")).strip().strip("<>").partition("@")[0].lower()
                came = came_at(data)
                found.update((one, came) for one in (key, message_id) if one in wanted)
        return found
