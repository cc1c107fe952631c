"""Dovecot as an ordinary user: its own configuration and folder, ports above 1024, Maildirs, LMTP for what comes in.

Started by root it runs as `nobody`, since Dovecot delivers no mail as root; started by anybody else, as that user.
"""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import signal
import smtplib
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.wire.mail.certificates import Certificates, make_certificates

PASSWORD = "correct-horse"
_SECONDS = 15.0
_CONFIGURATION = """
base_dir = {root}/run
state_dir = {root}/run
log_path = {root}/log
protocols = imap lmtp
listen = 127.0.0.1
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 0
first_valid_gid = 0
mail_location = maildir:{root}/mail/%n
mail_uid = {user}
mail_gid = {group}
mail_fsync = never
recipient_delimiter = +
auth_mechanisms = plain login
disable_plaintext_auth = no
ssl = yes
ssl_cert = <{certificate}
ssl_key = <{key}
ssl_dh =
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={root}/mail/%n allow_all_users=yes
}}
namespace inbox {{
  inbox = yes
  mailbox Sent {{
    auto = create
    special_use = \\Sent
  }}
}}
auth_failure_delay = 0
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    port = {lmtp}
  }}
}}
service stats {{
  chroot =
}}
protocol lmtp {{
  postmaster_address = postmaster@vendor.example
}}
imap_capability = {capability}
"""


def missing() -> str:
    """Why Dovecot cannot be started here; "" if it can."""
    if _program() is None:
        return "dovecot is not installed (apt: dovecot-imapd dovecot-lmtpd)"
    if not any(Path(folder, "lmtp").exists() for folder in ("/usr/lib/dovecot", "/usr/libexec/dovecot")):
        return "dovecot's LMTP server is not installed (apt: dovecot-lmtpd)"
    return ""


def _program() -> str | None:
    """Where dovecot is; ordinary users do not have sbin in their path."""
    return shutil.which("dovecot", path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"]))


def free_ports(count: int) -> list[int]:
    """Ports of loopback that nobody listens on."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]
    finally:
        for one in sockets:
            one.close()


@dataclass(slots=True)
class Dovecot:
    """A running server. Any user name is known to it, with `PASSWORD`; `capability`: what it says it can, "" for everything."""

    capability: str = ""
    root: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="dovecot-")))
    imap: int = 0
    imaps: int = 0
    lmtp: int = 0
    certificates: Certificates = field(init=False)
    _process: subprocess.Popen[bytes] | None = None

    def start(self) -> Dovecot:
        """Write the configuration, start, and wait until it answers."""
        user = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        group = grp.getgrgid(user.pw_gid).gr_name
        self.imap, self.imaps, self.lmtp = free_ports(3)
        self.certificates = make_certificates(self.root)
        for name in ("run", "mail"):
            (self.root / name).mkdir()
        (self.root / "dovecot.conf").write_text(
            _CONFIGURATION.format(
                root=self.root,
                user=user.pw_name,
                group=group,
                password=PASSWORD,
                certificate=self.certificates.certificate,
                key=self.certificates.key,
                imap=self.imap,
                imaps=self.imaps,
                lmtp=self.lmtp,
                capability=self.capability,
            )
        )
        options: dict[str, object] = {}
        if os.geteuid() == 0:
            for path in (self.root, *self.root.rglob("*")):
                os.chown(path, user.pw_uid, user.pw_gid)
            options = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        with (self.root / "stderr").open("wb") as stderr:
            self._process = subprocess.Popen(  # type: ignore[call-overload]
                [_program(), "-F", "-c", str(self.root / "dovecot.conf")],
                stdout=subprocess.DEVNULL,
                stderr=stderr,
                **options,
            )
        self._await()
        return self

    def stop(self) -> None:
        """Stop it and take its folder away."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(timeout=_SECONDS)
        shutil.rmtree(self.root, ignore_errors=True)

    def deliver(self, raw: bytes, *recipients: str, sender: str = "ivan@partner.example") -> None:
        """A letter arrives, by LMTP: the server writes its Return-Path, Delivered-To and Received on it."""
        with smtplib.LMTP("127.0.0.1", self.lmtp) as line:
            refused = line.sendmail(sender, recipients, raw)
        assert not refused, refused

    def maildir(self, user: str) -> Path:
        """Where the letters of a user lie."""
        return self.root / "mail" / user

    def forget_numbers(self, user: str, *, marks: bool) -> None:
        """As after a restored backup: another UIDVALIDITY and other UIDs, and, if so wanted, no keywords any more.

        Nobody may be logged in as that user.
        """
        folder = self.maildir(user)
        for path in folder.glob("dovecot.index*"):
            path.unlink()
        numbers = folder / "dovecot-uidlist"
        version, validity, *_ = numbers.read_text().split(maxsplit=2)
        numbers.write_text(f"{version} V{int(validity.removeprefix('V')) + 1000} N101\n")
        if marks:
            (folder / "dovecot-keywords").unlink(missing_ok=True)
            for path in [*(folder / "cur").iterdir()]:
                path.rename(path.with_name(path.name.partition(":")[0] + ":2,S"))

    def _await(self) -> None:
        assert self._process is not None
        until = time.monotonic() + _SECONDS
        for port in (self.imap, self.imaps, self.lmtp):
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                    break
                except OSError:
                    if self._process.poll() is not None or time.monotonic() > until:
                        logs = [path.read_text() for name in ("stderr", "log") if (path := self.root / name).exists()]
                        raise RuntimeError("dovecot does not start: " + "\n".join(logs)) from None
                    time.sleep(0.05)
