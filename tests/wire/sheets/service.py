"""The service without its sockets: a call comes in, is checked against Google's description, applied, and the answer checked."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.wire.sheets import changes_over, changes_tabs, discovery, masks
from tests.wire.sheets.book import Book, Refused, Sheet, invalid
from tests.wire.sheets.changes import Batch, apply
from tests.wire.sheets.discovery import Method, Mismatch
from tests.wire.sheets.drive import DRIVE, EMPTY_ANSWERS, DriveCall, Shelf, touch
from tests.wire.sheets.metadata import areas_of_filter, matching
from tests.wire.sheets.rendering import properties_of, spreadsheet
from tests.wire.sheets.tokens import ACCOUNT, Accounts
from tests.wire.sheets.values import VALUES, WRITES, ValuesCall

Json = dict[str, Any]

assert changes_over
assert changes_tabs  # they register their handlers


@dataclass(frozen=True, slots=True)
class Call:
    """One call as it was recorded."""

    method: str
    status: int
    query: str = ""
    body: Json = field(default_factory=dict)


@dataclass(slots=True)
class Answer:
    """What goes back."""

    status: int
    content: bytes
    kind: str = "application/json; charset=UTF-8"


class Service:
    """All spreadsheets, the account, and what was called. `violations`: answers of this server that Google would not give."""

    def __init__(self, locale: str = "en_US", time_zone: str = "Etc/GMT") -> None:
        self.shelf = Shelf(locale, time_zone)
        self.accounts = Accounts()
        self.calls: list[Call] = []
        self.violations: list[str] = []
        self.lock = threading.RLock()
        self._ids = random.Random(20260302)

    # -- one call

    def method(self, verb: str, target: str) -> tuple[Method, dict[str, str]] | None:
        """Which method that is."""
        path = urlsplit(target).path
        return discovery.sheets().find(verb, path) or discovery.drive().find(verb, path)

    def answer(self, verb: str, target: str, headers: Mapping[str, str], content: bytes) -> Answer:
        """Apply one call."""
        split = urlsplit(target)
        with self.lock:
            if split.path.startswith("/upload/drive/v2/files/"):
                return self._upload(verb, split.path, headers, content)
            found = self.method(verb, target)
            if found is None:
                return _html_404(split.path)
            method, path = found
            body: Json = {}
            try:
                self._allowed(method, headers)
                body = self._body(method, content)
                answer = self._dispatch(method, path, parse_qs(split.query, keep_blank_values=True), body)
            except (Refused, Mismatch) as refused:
                answer = self._refusal(method, refused)
            self.calls.append(Call(method.id, answer.status, split.query, body))
            return answer

    def _allowed(self, method: Method, headers: Mapping[str, str]) -> None:
        scopes = self.accounts.scopes(headers.get("Authorization", ""))
        if scopes is None:
            raise Refused(
                401, "UNAUTHENTICATED", "Request had invalid authentication credentials. Expected OAuth 2 access token."
            )
        if not scopes & method.scopes:
            raise Refused(403, "PERMISSION_DENIED", "Request had insufficient authentication scopes.")

    def _body(self, method: Method, content: bytes) -> Json:
        if not method.request:
            return {}
        if not content:
            return {}
        try:
            body = json.loads(content)
        except ValueError as error:
            raise invalid("Invalid JSON payload received. Unexpected token.") from error
        service = discovery.drive() if method.id.startswith("drive.") else discovery.sheets()
        where = "data" if ".values." in method.id and method.request == "ValueRange" else ""
        service.check(method.request, body, where)
        result: Json = _without_nulls(body)
        return result

    def _dispatch(self, method: Method, path: dict[str, str], query: dict[str, list[str]], body: Json) -> Answer:
        if method.id == "drive.files.export":
            parameters = {**path, **discovery.drive().query(method, query)}
            return Answer(200, DriveCall(self.shelf, parameters, body).export(), parameters["mimeType"])
        if method.id.startswith("drive."):
            handler = DRIVE.get(method.id)
            if handler is None:
                raise Refused(501, "notImplemented", f"this server does not know {method.id}")
            result = handler(DriveCall(self.shelf, {**path, **discovery.drive().query(method, query)}, body))
            if method.id in EMPTY_ANSWERS:
                return Answer(204, b"", "text/html")
            discovery.drive().check(method.response, result, lenient=True)
            return _json(200, result)
        service = discovery.sheets()
        parameters = {**path, **service.query(method, query)}
        tree = None
        if parameters.get("fields"):
            try:
                tree = masks.parse(parameters["fields"])
            except ValueError as error:
                raise invalid(str(error)) from error
            service.check_mask(method.response, tree)
        result = masks.select(tree, self._sheets(method.id, parameters, body, tree))
        try:
            service.check(method.response, result)
        except Mismatch as mismatch:
            self.violations.append(f"{method.id}: {mismatch.text}")
            raise
        return _json(200, result)

    def _sheets(self, method: str, parameters: Json, body: Json, tree: Mapping[str, Any] | None) -> Json:
        if method == "sheets.spreadsheets.create":
            return self._create(body)
        name = method.removeprefix("sheets.spreadsheets.")
        writes = name in ("batchUpdate", "sheets.copyTo") or name.removeprefix("values.") in WRITES
        book = self.shelf.open(parameters["spreadsheetId"], write=writes)
        if writes:
            touch(book)
        if name.startswith("values."):
            was = book.kept() if writes else None
            try:
                return VALUES[name.removeprefix("values.")](ValuesCall(book, ACCOUNT, parameters, body))
            except Refused:
                if was is not None:
                    book.put_back(was)
                raise
        if name == "get":
            data = bool(parameters.get("includeGridData")) if tree is None else masks.wants(tree, "sheets", "data")
            areas = [book.find(text) for text in parameters["ranges"]] if "ranges" in parameters else None
            return spreadsheet(book, areas, data, tree)
        if name == "getByDataFilter":
            data = bool(body.get("includeGridData")) if tree is None else masks.wants(tree, "sheets", "data")
            filters = body.get("dataFilters")
            found = [there for one in filters for there in areas_of_filter(book, one)] if filters else None
            return spreadsheet(book, found, data, tree)
        if name == "batchUpdate":
            return self._batch(book, body)
        if name == "sheets.copyTo":
            return self._copy(book, parameters, body)
        return self._metadata(book, name, parameters, body)

    def _create(self, body: Json) -> Json:
        given = body.get("properties", {})
        book = self.shelf.make(given.get("title", "Untitled spreadsheet"))
        book.properties.update({name: given[name] for name in ("locale", "timeZone") if name in given})
        if body.get("sheets"):
            apply(
                Batch(book, ACCOUNT, self._ids),
                [{"addSheet": {"properties": one.get("properties", {})}} for one in body["sheets"]],
            )
            del book.sheets[0]
        return spreadsheet(book, None, False, None)

    def _batch(self, book: Book, body: Json) -> Json:
        if not body.get("requests"):
            raise invalid("Must specify at least one request.")
        replies = apply(Batch(book, ACCOUNT, self._ids), body["requests"])
        answer: Json = {"spreadsheetId": book.id, "replies": replies}
        if body.get("includeSpreadsheetInResponse"):
            areas = None
            if body.get("responseRanges"):
                areas = [book.find(text) for text in body["responseRanges"]]
            answer["updatedSpreadsheet"] = spreadsheet(book, areas, bool(body.get("responseIncludeGridData")), None)
        return answer

    def _copy(self, book: Book, parameters: Json, body: Json) -> Json:
        source = book.sheet(int(parameters["sheetId"]))
        target = self.shelf.open(body["destinationSpreadsheetId"], write=True)
        batch = Batch(target, ACCOUNT, self._ids)
        sheet: Sheet = changes_tabs.copied(batch, source, batch.new_id(), f"Copy of {source.title}", len(target.sheets))
        return properties_of(target, sheet)

    def _metadata(self, book: Book, name: str, parameters: Json, body: Json) -> Json:
        if name == "developerMetadata.get":
            found = matching(book, {"metadataId": int(parameters["metadataId"])})
            if not found:
                raise Refused(404, "NOT_FOUND", f"No developer metadata with id {parameters['metadataId']}")
            return found[0]
        found = [
            one
            for part in body.get("dataFilters", [])
            for one in matching(book, part.get("developerMetadataLookup", {}))
            if "developerMetadataLookup" in part
        ]
        return {"matchedDeveloperMetadata": [{"developerMetadata": one} for one in found]} if found else {}

    # -- what is not in the description, and refusals

    def _upload(self, verb: str, path: str, headers: Mapping[str, str], content: bytes) -> Answer:
        if verb != "PUT":
            return _html_404(path)
        if self.accounts.scopes(headers.get("Authorization", "")) is None:
            return _json(401, {"error": {"code": 401, "message": "Invalid Credentials"}})
        call = DriveCall(self.shelf, {"fileId": path.rsplit("/", 1)[1]}, {})
        return _json(200, call.upload(content))

    def _refusal(self, method: Method, refused: Refused | Mismatch) -> Answer:
        if isinstance(refused, Mismatch):
            details = [
                {
                    "@type": "type.googleapis.com/google.rpc.BadRequest",
                    "fieldViolations": [{"field": refused.field, "description": refused.text}],
                }
            ]
            error: Json = {"code": 400, "message": refused.text, "status": "INVALID_ARGUMENT", "details": details}
            return _json(400, {"error": error})
        error = {"code": refused.status, "message": refused.text}
        if method.id.startswith("drive."):
            error["errors"] = [{"message": refused.text, "domain": "global", "reason": refused.code}]
        else:
            error["status"] = refused.code
        return _json(refused.status, {"error": error})


def _without_nulls(value: Any, inside: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(item, name) for name, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item, inside) for item in value]
    return value


def _json(status: int, value: Json) -> Answer:
    return Answer(status, json.dumps(value, ensure_ascii=False).encode())


def _html_404(path: str) -> Answer:
    text = f"<!DOCTYPE html><title>Error 404 (Not Found)!!1</title><p>The requested URL <code>{path}</code> was not found."
    return Answer(404, text.encode(), "text/html; charset=UTF-8")
