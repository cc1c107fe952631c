"""Start the server by hand: `python -m tests.wire.sheets --port 8765`. The first line names the service-account file, the second
the address; `POST /faults` plans a fault (see `faults.Fault`).
"""

from __future__ import annotations

import argparse
import os
import tempfile
import threading
from contextlib import suppress
from pathlib import Path

from tests.wire.sheets.server import SheetsServer


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m tests.wire.sheets", description="Google Sheets v4 on loopback")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--account", type=Path, help="where to write the service-account file")
    parser.add_argument("--locale", default="en_US", help="of new spreadsheets, such as ru_RU")
    parser.add_argument("--time-zone", default="Etc/GMT", help="of new spreadsheets, such as Europe/Moscow")
    given = parser.parse_args()
    with SheetsServer(given.port, given.locale, given.time_zone) as server:
        folder = Path(tempfile.mkdtemp(prefix="wire-sheets-"))
        account = server.account_file(given.account or folder / "service-account.json")
        os.chmod(account, 0o600)
        book = server.make("Partners")
        print(account, flush=True)
        print(f"{server.url} serves Google Sheets v4; a spreadsheet to write in: {book.id}", flush=True)
        with suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
