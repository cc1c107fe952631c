"""A home whose mail is real: Dovecot for what comes in, an SMTP server for what goes out, which brings our copies back."""

from __future__ import annotations

from tests.scenarios.house import House
from tests.wire.mail.conftest import Account
from tests.wire.mail.dovecot import PASSWORD
from tests.wire.mail.outgoing import OutgoingServer, Taken


def with_real_mail(house: House, account: Account, outgoing: OutgoingServer, imap_port: int = 0) -> House:
    """Make the home, and name the servers in its config.toml. `imap_port`: a line that leads to Dovecot."""

    def relay(taken: Taken) -> None:
        if account.address in taken.recipients:
            account.deliver(taken.raw)

    outgoing.relay = relay
    house.init()
    (house.root / "mail.key").write_text(PASSWORD)
    house.configure('backend = "maildir"', f'backend = "imap-smtp"\nown_copy = "{account.address}"')
    house.configure('address = "partners@stakhanovets.ru"', f'address = "{account.address}"')
    servers = f"""
[mail.imap]
host = "localhost"
port = {imap_port or account.dovecot.imaps}
user = "{account.name}"
password = "file:mail.key"
ca_file = "{account.dovecot.certificates.authority}"
append_sent = false

[mail.smtp]
host = "127.0.0.1"
port = {outgoing.port}
security = "plain"
"""
    config = house.root / "config.toml"
    config.write_text(config.read_text(encoding="utf-8") + servers, encoding="utf-8")
    return house
