"""Where to connect and as whom, over IMAP and SMTP alike; and what stands in the way of it, in words that say what to change."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Literal

NO_CONNECTION = "no connection; check host and port, and that a firewall lets this machine out"
NO_TLS = 'no TLS is spoken on this port; "tls" and "starttls" have ports of their own'


class NoMailbox(OSError):
    """There is no mailbox to be had, and connecting again will not help; the text says what to change, and so does `code`, as
    `mailer.wording.outage_mend` knows it.
    """

    def __init__(self, text: str, code: str = "") -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True, slots=True)
class Server:
    """Where to connect and as whom. `ca_file`: trust this authority instead of the system's. `timeout`: seconds for each answer.

    Raises ValueError for a password that would travel in the open: `plain` is for this machine alone.
    """

    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    security: Literal["tls", "starttls", "plain"] = "tls"
    ca_file: str = ""
    timeout: float = 60.0

    def __post_init__(self) -> None:
        if self.security == "plain" and not _is_here(self.host):
            raise ValueError(f"{self.host}: without TLS only a server on this machine is spoken to")

    def context(self) -> ssl.SSLContext:
        """Certificates and host names are checked. Raises NoMailbox: no such file of authorities."""
        try:
            return ssl.create_default_context(cafile=self.ca_file or None)
        except OSError as error:
            raise NoMailbox(f"{self.ca_file}: no certificates can be read from this file ({error.strerror or error})") from error


def _is_here(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
