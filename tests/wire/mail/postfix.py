"""Postfix with folders and a port of its own, for real delivery status notifications. Its master process needs root."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.wire.mail.dovecot import free_ports

_PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin"])
_MAIN = """
compatibility_level = 3.6
queue_directory = {root}/queue
data_directory = {root}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
myhostname = relay.example
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtpd_relay_restrictions = permit_mynetworks, reject
alias_maps =
local_recipient_maps =
default_transport = lmtp:inet:127.0.0.1:{lmtp}
relay_transport = lmtp:inet:127.0.0.1:{lmtp}
transport_maps = inline:{{ {{ firm.example = error:5.1.1 no such user here }} }}
smtpd_reject_unlisted_recipient = no
recipient_canonical_classes = envelope_recipient
recipient_canonical_maps = regexp:{root}/etc/recipients
maillog_file = {root}/log/maillog
maillog_file_prefixes = {root}
smtputf8_enable = no
"""
_MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
postlog unix-dgram n - n - 1 postlogd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
retry unix - - n - - error
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
"""


def missing() -> str:
    """Why Postfix cannot be started here; "" if it can."""
    if os.geteuid() != 0:
        return "Postfix is started by root alone"
    return "" if shutil.which("postfix", path=_PATH) else "Postfix is not installed (apt: postfix)"


@dataclass(slots=True)
class Postfix:
    """A relay that knows nobody at firm.example and hands everything else to LMTP on port `lmtp`.

    `recipients`: lines of a regexp table (regexp_table(5)) with the mailboxes of those that are not called by their own names.
    """

    lmtp: int
    recipients: str = ""
    root: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="postfix-")))
    port: int = 0

    def start(self) -> Postfix:
        """Write the configuration and start."""
        (self.port,) = free_ports(1)
        self.root.chmod(0o755)
        for name in ("queue", "data", "log", "etc"):
            (self.root / name).mkdir()
            (self.root / name).chmod(0o755)
        shutil.chown(self.root / "data", "postfix", "postfix")
        (self.root / "etc" / "main.cf").write_text(_MAIN.format(root=self.root, lmtp=self.lmtp))
        (self.root / "etc" / "master.cf").write_text(_MASTER.format(port=self.port))
        (self.root / "etc" / "recipients").write_text(self.recipients)
        self._run("start")
        return self

    def emptied(self, seconds: float = 30.0) -> None:
        """Wait until every letter that was taken is delivered."""
        until = time.monotonic() + seconds
        folders = [self.root / "queue" / name for name in ("maildrop", "incoming", "active", "deferred")]
        while left := [path for folder in folders for path in folder.rglob("*") if path.is_file()]:
            assert time.monotonic() < until, f"still in the queue: {left}"
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop it and take its folders away."""
        for command in ("stop", "abort"):  # a busy machine may not be done in the time that "stop" gives it
            try:
                self._run(command)
                break
            except (RuntimeError, subprocess.TimeoutExpired):
                continue
        shutil.rmtree(self.root, ignore_errors=True)

    def _run(self, command: str) -> None:
        program = shutil.which("postfix", path=_PATH)
        assert program is not None
        done = subprocess.run(
            [program, "-c", str(self.root / "etc"), command], capture_output=True, text=True, timeout=30, check=False, umask=0o022
        )
        if done.returncode:
            raise RuntimeError(f"postfix {command}: {done.stdout}{done.stderr}")
