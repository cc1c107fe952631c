"""The corner of Google Drive that gspread calls: list, create, copy, delete, share, export, import of CSV."""

from __future__ import annotations

import csv
import io
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tests.wire.sheets import masks
from tests.wire.sheets.book import Book, Cell, Refused, Sheet
from tests.wire.sheets.tokens import ACCOUNT

Json = dict[str, Any]

SHEETS_TYPE = "application/vnd.google-apps.spreadsheet"


class Shelf:
    """All spreadsheets of a server. New ones have this locale and time zone."""

    def __init__(self, locale: str = "en_US", time_zone: str = "Etc/GMT") -> None:
        self.books: dict[str, Book] = {}
        self.locale = locale
        self.time_zone = time_zone

    def make(self, title: str, book_id: str = "", shared: bool = True) -> Book:
        """A new spreadsheet with one tab; `shared`: the service account may write in it."""
        properties = {"title": title, "locale": self.locale, "timeZone": self.time_zone}
        book = Book(book_id or "1" + secrets.token_urlsafe(32), properties)
        book.sheets.append(Sheet(0, {"title": f"{book.locale.sheet}1", "gridProperties": {}}, 1000, 26))
        if shared:
            self.share(book, ACCOUNT, "owner")
        self.books[book.id] = book
        return book

    def share(self, book: Book, address: str, role: str, kind: str = "user") -> Json:
        """Let somebody see (`reader`) or change (`writer`) it; the permission."""
        found = {"kind": "drive#permission", "id": str(secrets.randbelow(10**18)), "type": kind, "role": role}
        if kind in ("user", "group"):
            found["emailAddress"] = address
        elif kind == "domain":
            found["domain"] = address
        book.permissions.append(found)
        book.shared[address if kind != "anyone" else "*"] = role
        return found

    def open(self, book_id: str, write: bool = False) -> Book:
        """That spreadsheet for the service account. Raises Refused: 404 unknown, 403 not shared with it."""
        book = self.books.get(book_id)
        if book is None:
            raise Refused(404, "NOT_FOUND", "Requested entity was not found.")
        role = book.shared.get(ACCOUNT) or book.shared.get("*")
        if role is None or (write and role == "reader"):
            raise Refused(403, "PERMISSION_DENIED", "The caller does not have permission")
        return book


def missing(file_id: str) -> Refused:
    """As Drive says that there is no such file."""
    return Refused(404, "notFound", f"File not found: {file_id}.")


@dataclass(slots=True)
class DriveCall:
    """One call: path and query parameters, body."""

    shelf: Shelf
    parameters: Json
    body: Json

    def _book(self) -> Book:
        book = self.shelf.books.get(self.parameters["fileId"])
        if book is None or not (ACCOUNT in book.shared or "*" in book.shared):
            raise missing(self.parameters["fileId"])
        return book

    def _masked(self, answer: Json, default: str) -> Json:
        text = self.parameters.get("fields", default)
        result: Json = masks.select(masks.parse(text), answer)
        return result

    def files(self) -> Json:
        wanted = self.parameters.get("q", "")
        title = re.search(r"name = (['\"])(.*)\1", wanted)
        folder = re.search(r"parents in (['\"])(.*?)\1", wanted)
        found = [
            book
            for book in self.shelf.books.values()
            if ACCOUNT in book.shared
            and (title is None or book.properties["title"] == title[2])
            and (folder is None or folder[2] in book.parents)
        ]
        found.sort(key=lambda book: book.modified, reverse=True)
        size = self.parameters.get("pageSize", 100)
        start = int(self.parameters.get("pageToken") or 0)
        answer: Json = {"kind": "drive#fileList", "files": [file(book) for book in found[start : start + size]]}
        if start + size < len(found):
            answer["nextPageToken"] = str(start + size)
        return self._masked(answer, "kind,nextPageToken,files(kind,id,name,mimeType)")

    def create(self) -> Json:
        if self.body.get("mimeType") != SHEETS_TYPE:
            raise Refused(400, "badRequest", "this server keeps spreadsheets only")
        book = self.shelf.make(self.body.get("name", "Untitled spreadsheet"))
        book.parents = self.body.get("parents", [])
        return self._masked(file(book), "kind,id,name,mimeType")

    def get(self) -> Json:
        return self._masked(file(self._book()), "kind,id,name,mimeType")

    def copy(self) -> Json:
        book = self._book()
        new = self.shelf.make(self.body.get("name") or f"Copy of {book.properties['title']}")
        kept = book.kept()
        kept.properties["title"] = new.properties["title"]
        new.put_back(kept)
        new.parents = self.body.get("parents", [])
        return self._masked(file(new), "kind,id,name,mimeType")

    def delete(self) -> Json:
        del self.shelf.books[self._book().id]
        return {}

    def permissions(self) -> Json:
        answer = {"kind": "drive#permissionList", "permissions": self._book().permissions}
        return self._masked(answer, "kind,permissions(kind,id,type,role)")

    def share(self) -> Json:
        address = self.body.get("emailAddress") or self.body.get("domain") or ""
        found = self.shelf.share(self._book(), address, self.body["role"], self.body["type"])
        return self._masked(found, "kind,id,type,role")

    def unshare(self) -> Json:
        book = self._book()
        for found in book.permissions:
            if found["id"] == self.parameters["permissionId"]:
                book.permissions.remove(found)
                book.shared.pop(found.get("emailAddress") or found.get("domain") or "*", None)
                return {}
        raise Refused(404, "notFound", f"Permission not found: {self.parameters['permissionId']}.")

    def comments(self) -> Json:
        self._book()
        return {"kind": "drive#commentList", "comments": []}

    def export(self) -> bytes:
        """The first tab as CSV or TSV; other formats are a file of no use."""
        book, kind = self._book(), self.parameters["mimeType"]
        if kind not in ("text/csv", "text/tab-separated-values"):
            return b"%PDF-1.4 wire" if kind == "application/pdf" else b"PK\x03\x04 wire"
        sheet, out = book.sheets[0], io.StringIO()
        writer = csv.writer(out, delimiter="," if kind == "text/csv" else "\t", lineterminator="\r\n")
        for row in range(sheet.last_row()):
            writer.writerow([book.shown(sheet, row, column) for column in range(max(sheet.rows[row], default=-1) + 1)])
        return out.getvalue().removesuffix("\r\n").encode()

    def upload(self, content: bytes) -> Json:
        """The first tab from CSV; the others go."""
        book = self._book()
        rows = list(csv.reader(io.StringIO(content.decode("utf-8"))))
        sheet = Sheet(0, {"title": book.properties["title"], "gridProperties": {}}, max(1000, len(rows)), 26)
        for row, line in enumerate(rows):
            for column, text in enumerate(line):
                sheet.put(row, column, Cell({"stringValue": text} if text else None))
        book.sheets[:] = [sheet]
        touch(book)
        return {"kind": "drive#file", "id": book.id, "title": book.properties["title"], "mimeType": SHEETS_TYPE}


def file(book: Book) -> Json:
    """The Drive file of a spreadsheet."""
    return {
        "kind": "drive#file",
        "id": book.id,
        "name": book.properties["title"],
        "mimeType": SHEETS_TYPE,
        "createdTime": _time(book.created),
        "modifiedTime": _time(book.modified),
        "parents": list(book.parents),
    }


def touch(book: Book) -> None:
    """It was changed now."""
    book.modified = datetime.now(UTC)


def _time(when: datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%S.") + f"{when.microsecond // 1000:03d}Z"


DRIVE: Mapping[str, Callable[[DriveCall], Json]] = {
    "drive.files.list": DriveCall.files,
    "drive.files.create": DriveCall.create,
    "drive.files.get": DriveCall.get,
    "drive.files.copy": DriveCall.copy,
    "drive.files.delete": DriveCall.delete,
    "drive.permissions.list": DriveCall.permissions,
    "drive.permissions.create": DriveCall.share,
    "drive.permissions.delete": DriveCall.unshare,
    "drive.comments.list": DriveCall.comments,
}
EMPTY_ANSWERS = frozenset({"drive.files.delete", "drive.permissions.delete"})
