"""Developer metadata, and data filters over ranges and metadata."""

from __future__ import annotations

from typing import Any

from tests.wire.sheets.book import Book, Sheet, invalid
from tests.wire.sheets.ranges import Area, area_of

Json = dict[str, Any]


def matching(book: Book, lookup: Json) -> list[Json]:
    """Metadata that a DeveloperMetadataLookup names."""
    keys = ("metadataId", "metadataKey", "metadataValue", "visibility")
    found = [one for one in book.metadata if all(one.get(key) == lookup[key] for key in keys if key in lookup)]
    kind = lookup.get("locationType")
    if kind is not None:
        found = [one for one in found if one["location"]["locationType"] == kind]
    where = lookup.get("metadataLocation")
    if where is not None:
        found = [one for one in found if all(one["location"].get(key) == value for key, value in where.items())]
    return found


def areas_of_filter(book: Book, one: Json) -> list[tuple[Sheet, Area]]:
    """What a DataFilter names. Raises Refused."""
    if "a1Range" in one:
        return [book.find(one["a1Range"])]
    if "gridRange" in one:
        return [(book.sheet(one["gridRange"].get("sheetId", 0)), area_of(one["gridRange"]))]
    if "developerMetadataLookup" not in one:
        raise invalid("Invalid dataFilter: no filter is set")
    areas = []
    for found in matching(book, one["developerMetadataLookup"]):
        location = found["location"]
        if "sheetId" in location:
            areas.append((book.sheet(location["sheetId"]), Area()))
        elif "dimensionRange" in location:
            there = location["dimensionRange"]
            start, end = there["startIndex"], there["endIndex"]
            area = Area(top=start, bottom=end) if there["dimension"] == "ROWS" else Area(left=start, right=end)
            areas.append((book.sheet(there["sheetId"]), area))
        else:
            areas.extend((sheet, Area()) for sheet in book.sheets)
    return areas


def located(location: Json) -> Json:
    """A DeveloperMetadataLocation with its type. Raises Refused."""
    kept = {key: value for key, value in location.items() if key != "locationType"}
    if kept.get("spreadsheet"):
        return {"locationType": "SPREADSHEET", "spreadsheet": True}
    if "dimensionRange" in kept:
        there = {"sheetId": 0, **kept["dimensionRange"]}
        if there.get("endIndex", 0) - there.get("startIndex", 0) != 1:
            raise invalid("Developer metadata may be placed on a single row or column only")
        return {"locationType": "ROW" if there["dimension"] == "ROWS" else "COLUMN", "dimensionRange": there}
    if "sheetId" in kept:
        return {"locationType": "SHEET", **kept}
    raise invalid("Invalid developerMetadata: no location is set")
