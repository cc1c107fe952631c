"""The sockets: HTTP/1.1 on loopback with kept connections, the token endpoint, and faults on demand."""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, cast
from urllib.parse import parse_qs

from tests.wire.sheets.book import Book
from tests.wire.sheets.drive import Shelf
from tests.wire.sheets.faults import STATUS_NAMES, STATUS_TEXTS, Fault, Faults, When
from tests.wire.sheets.service import Answer, Call, Service
from tests.wire.sheets.tokens import TokenRefused

PRIVATE = "1jIKzPs8LsiZZdLdeMEP-5ZIHw6RkjiOmj1LrJN706Yc"
"""A spreadsheet of somebody else's, shared with nobody; gspread's own tests know it by this id."""


class SheetsServer:
    """A running server. As a context it stops at the end."""

    def __init__(self, port: int = 0, locale: str = "en_US", time_zone: str = "Etc/GMT") -> None:
        self.service = Service(locale, time_zone)
        self.faults = Faults()
        self._http = _Http(("127.0.0.1", port), _Handler)
        self._http.sheets = self
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        self.shelf.make("Somebody else's", PRIVATE, shared=False)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    @property
    def shelf(self) -> Shelf:
        """Its spreadsheets."""
        return self.service.shelf

    @property
    def calls(self) -> list[Call]:
        """Calls of the API so far, in order."""
        return self.service.calls

    def account_file(self, path: Path) -> Path:
        """Write the service-account file, with this server as its token endpoint."""
        return self.service.accounts.write(path, f"{self.url}/token")

    def make(self, title: str = "Partners", shared: bool = True) -> Book:
        """A new spreadsheet, shared with the service account as one who may write."""
        return self.shelf.make(title, shared=shared)

    def fail(self, method: str = "", **fault: Any) -> Fault:
        """Plan a fault; see `Fault`."""
        return self.faults.plan(Fault(method, **fault))

    def stop(self) -> None:
        """Close the sockets."""
        self._http.shutdown()
        self._http.server_close()
        self._thread.join(5)

    def __enter__(self) -> SheetsServer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 64
    sheets: SheetsServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Cut(Exception):
    """The connection is closed without an answer."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 64 * 1024
    disable_nagle_algorithm = True
    server_version = "ESF"
    sys_version = ""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Nothing is logged."""

    def handle_one_request(self) -> None:
        """One request; a planned cut closes the connection under the client."""
        try:
            super().handle_one_request()
        except _Cut:
            self.close_connection = True
            with suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)
        except ConnectionError:
            self.close_connection = True

    def _serve(self) -> None:
        sheets = cast(_Http, self.server).sheets
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = self.path.partition("?")[0]
        if path == "/faults" and self.command == "POST":
            self._plan(sheets, content)
            return
        found = None if path == "/token" else sheets.service.method(self.command, self.path)
        name = "token" if path == "/token" else found[0].id if found else path
        struck = sheets.faults.strikes(name)
        for fault in struck:
            if fault.act is not None and fault.when is When.BEFORE:
                with sheets.service.lock:
                    fault.act()
            if fault.when is When.BEFORE and self._strike(fault):
                return
        headers = {key.title(): value for key, value in self.headers.items()}
        if path == "/token":
            answer = self._token(sheets, content)
        else:
            answer = sheets.service.answer(self.command, self.path, headers, content)
        for fault in struck:
            if fault.act is not None and fault.when is When.AFTER:
                with sheets.service.lock:
                    fault.act()
            if fault.when is When.AFTER and self._strike(fault):
                return
        self._send(answer)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _serve  # noqa: N815

    def _strike(self, fault: Fault) -> bool:
        """Carry the fault out; True if the call is answered by it."""
        if fault.seconds:
            time.sleep(fault.seconds)
        if fault.cut:
            raise _Cut
        if not fault.status:
            return False
        if fault.body:
            self._send(Answer(fault.status, fault.body.encode(), "text/html; charset=UTF-8"), fault.retry_after)
            return True
        text = STATUS_TEXTS.get(fault.status, "planned fault")
        error = {"code": fault.status, "message": text, "status": STATUS_NAMES.get(fault.status, "UNKNOWN")}
        self._send(Answer(fault.status, json.dumps({"error": error}).encode()), fault.retry_after)
        return True

    def _token(self, sheets: SheetsServer, content: bytes) -> Answer:
        try:
            given: dict[str, Any] = sheets.service.accounts.exchange(parse_qs(content.decode()))
            return Answer(200, json.dumps(given).encode())
        except TokenRefused as refused:
            return Answer(400, json.dumps({"error": refused.error, "error_description": refused.description}).encode())

    def _plan(self, sheets: SheetsServer, content: bytes) -> None:
        """A fault planned from outside: `curl -d '{"method": "batchUpdate", "status": 503}' …/faults`."""
        try:
            given = json.loads(content)
            if "when" in given:
                given["when"] = When(given["when"])
            sheets.fail(**given)
            self._send(Answer(200, b"{}"))
        except (TypeError, ValueError) as error:
            self._send(Answer(400, json.dumps({"error": str(error)}).encode()))

    def _send(self, answer: Answer, retry_after: str = "") -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Content-Length", str(len(answer.content)))
        if retry_after:
            self.send_header("Retry-After", retry_after)
        self.end_headers()
        self.wfile.write(answer.content)
        self.wfile.flush()
