"""`spreadsheets.batchUpdate`: what lies over the cells: protection, filters, colours by rule, charts, names, groups, metadata."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from tests.wire.sheets import masks
from tests.wire.sheets.book import Sheet, invalid
from tests.wire.sheets.changes import Batch, change, recoloured, sort
from tests.wire.sheets.metadata import areas_of_filter, located, matching
from tests.wire.sheets.ranges import Area, area_of, grid_range, meet

Json = dict[str, Any]

ID_NAMES = {
    "protectedRanges": "protectedRangeId",
    "filterViews": "filterViewId",
    "charts": "chartId",
    "bandedRanges": "bandedRangeId",
}


def _bounded(batch: Batch, found: Json) -> Json:
    """A GridRange with its tab named, within the grid."""
    sheet = batch.book.sheet(found.get("sheetId", 0))
    sheet.whole(area_of(found))
    return {"sheetId": sheet.id, **found}


def _where(batch: Batch, found: Json) -> Sheet:
    return batch.book.sheet(found.get("sheetId", 0))


def _owner(batch: Batch, name: str, wanted: int) -> tuple[Sheet, Json]:
    key = ID_NAMES[name]
    for sheet in batch.book.sheets:
        for one in sheet.over(name):
            if one[key] == wanted:
                return sheet, one
    raise invalid(f"No {key.removesuffix('Id')} with id: {wanted}")


def _with_ids(batch: Batch, found: Any) -> Any:
    """The same object with every range's tab named."""
    if isinstance(found, list):
        return [_with_ids(batch, item) for item in found]
    if not isinstance(found, dict):
        return found
    named = {name: _with_ids(batch, item) for name, item in found.items()}
    sides = {"startRowIndex", "endRowIndex", "startColumnIndex", "endColumnIndex", "rowIndex", "columnIndex"}
    if sides & set(named) and "sheetId" not in named:
        named["sheetId"] = 0
    return named


def _kind(name: str, request: str, part: str) -> None:
    """Register add, update and delete of one kind of thing that has an id."""
    key = ID_NAMES[name]
    title = request[0].upper() + request[1:]

    def add(batch: Batch, body: Json) -> Json:
        one = _with_ids(batch, recoloured(copy.deepcopy(body[part])))
        one.setdefault("range", {"sheetId": 0})
        sheet = _where(batch, one["range"])
        one["range"] = _bounded(batch, {"sheetId": sheet.id, **one["range"]})
        one.setdefault(key, batch.new_id())
        if name == "protectedRanges":
            _protected(batch, one)
        if name == "bandedRanges" and any(meet(area_of(one["range"]), area_of(old["range"])) for old in sheet.over(name)):
            raise invalid(
                "You cannot add alternating background colors to a range that already has alternating background colors."
            )
        sheet.over(name).append(one)
        return {part: one}

    def update(batch: Batch, body: Json) -> Json | None:
        given = _with_ids(batch, recoloured(copy.deepcopy(body.get(part) or body.get("filter") or {})))
        sheet, old = _owner(batch, name, int(given.get(key, 0)))
        tree = masks.parse(body.get("fields", "*"))
        new = masks.updated(old, given, None if "*" in tree else tree)
        new[key] = old[key]
        place = sheet.over(name).index(old)
        sheet.over(name)[place] = new
        return None

    def delete(batch: Batch, body: Json) -> None:
        wanted = body.get(key, body.get("filterId", 0))
        sheet, old = _owner(batch, name, int(wanted or 0))
        sheet.over(name).remove(old)

    change(f"add{title}")(add)
    change(f"update{title}")(update)
    change(f"delete{title}")(delete)


def _protected(batch: Batch, one: Json) -> None:
    if one.get("warningOnly"):
        if one.get("editors"):
            raise invalid("editors may not be set when warningOnly is true")
        one.pop("editors", None)
    else:
        users = one.setdefault("editors", {}).setdefault("users", [])
        if batch.user not in users:
            users.append(batch.user)
    one["requestingUserCanEdit"] = True


_kind("protectedRanges", "protectedRange", "protectedRange")
_kind("bandedRanges", "banding", "bandedRange")


@change("addFilterView")
def _add_view(batch: Batch, request: Json) -> Json:
    one = _with_ids(batch, copy.deepcopy(request["filter"]))
    sheet = _where(batch, one.get("range", {}))
    one["range"] = _bounded(batch, one.get("range", {"sheetId": 0}))
    one.setdefault("filterViewId", batch.new_id())
    one.setdefault("title", f"Filter {len(sheet.over('filterViews')) + 1}")
    sheet.over("filterViews").append(one)
    return {"filter": one}


@change("updateFilterView")
def _update_view(batch: Batch, request: Json) -> None:
    given = _with_ids(batch, copy.deepcopy(request["filter"]))
    sheet, old = _owner(batch, "filterViews", given.get("filterViewId", 0))
    tree = masks.parse(request.get("fields", ""))
    new = masks.updated(old, given, None if "*" in tree else tree)
    sheet.over("filterViews")[sheet.over("filterViews").index(old)] = new


@change("deleteFilterView")
def _delete_view(batch: Batch, request: Json) -> None:
    sheet, old = _owner(batch, "filterViews", request.get("filterId", 0))
    sheet.over("filterViews").remove(old)


@change("setBasicFilter")
def _set_filter(batch: Batch, request: Json) -> None:
    one = _with_ids(batch, copy.deepcopy(request["filter"]))
    given = one.get("range", {})
    sheet = _where(batch, given)
    box = sheet.whole(area_of(given))
    one["range"] = grid_range(sheet.id, Area(*box))
    sheet.basic_filter = one
    if one.get("sortSpecs"):
        sort(batch.book, sheet, Area(box[0] + 1, box[1], box[2], box[3]), one["sortSpecs"])


@change("clearBasicFilter")
def _clear_filter(batch: Batch, request: Json) -> None:
    _where(batch, request).basic_filter = None


# -- colours by rule


@change("addConditionalFormatRule")
def _add_rule(batch: Batch, request: Json) -> None:
    rule = _with_ids(batch, recoloured(copy.deepcopy(request["rule"])))
    if not rule.get("ranges"):
        raise invalid("No ranges are set")
    if ("booleanRule" in rule) == ("gradientRule" in rule):
        raise invalid("Exactly one of booleanRule and gradientRule must be set")
    sheet = _where(batch, rule["ranges"][0])
    rule["ranges"] = [_bounded(batch, one) for one in rule["ranges"]]
    sheet.over("conditionalFormats").insert(request.get("index", 0), rule)


@change("updateConditionalFormatRule")
def _update_rule(batch: Batch, request: Json) -> Json:
    place = request.get("index", 0)
    sheet_id = request.get("sheetId") or (request.get("rule", {}).get("ranges") or [{}])[0].get("sheetId", 0)
    rules = batch.book.sheet(sheet_id).over("conditionalFormats")
    if place >= len(rules):
        raise invalid(f"No conditional format on sheet: {sheet_id} at index: {place}")
    old = rules.pop(place)
    new = _with_ids(batch, recoloured(copy.deepcopy(request["rule"]))) if "rule" in request else old
    goal: int = request.get("newIndex", place) or 0
    rules.insert(goal, new)
    return {"oldRule": old, "newRule": new}


@change("deleteConditionalFormatRule")
def _delete_rule(batch: Batch, request: Json) -> Json:
    rules = _where(batch, request).over("conditionalFormats")
    place = request.get("index", 0)
    if place >= len(rules):
        raise invalid(f"No conditional format on sheet: {request.get('sheetId', 0)} at index: {place}")
    return {"rule": rules.pop(place)}


# -- charts


@change("addChart")
def _add_chart(batch: Batch, request: Json) -> Json:
    chart = _with_ids(batch, recoloured(copy.deepcopy(request["chart"])))
    spec = chart.get("spec", {})
    if not any(name.endswith("Chart") for name in spec):
        raise invalid("No chart specification is set")
    position = chart.get("position", {})
    if position.get("newSheet"):
        raise invalid("this server makes no tab for a chart")
    anchor = position.get("overlayPosition", {}).get("anchorCell", {"sheetId": 0})
    chart["position"] = position or {"overlayPosition": {"anchorCell": anchor}}
    chart.setdefault("chartId", batch.new_id())
    _where(batch, anchor).over("charts").append(chart)
    return {"chart": chart}


@change("updateChartSpec")
def _update_chart(batch: Batch, request: Json) -> None:
    _, chart = _owner(batch, "charts", request.get("chartId", 0))
    chart["spec"] = _with_ids(batch, recoloured(copy.deepcopy(request["spec"])))


@change("deleteEmbeddedObject")
def _delete_chart(batch: Batch, request: Json) -> None:
    sheet, chart = _owner(batch, "charts", request.get("objectId", 0))
    sheet.over("charts").remove(chart)


@change("updateEmbeddedObjectPosition")
def _move_chart(batch: Batch, request: Json) -> Json:
    _, chart = _owner(batch, "charts", request.get("objectId", 0))
    new = _with_ids(batch, copy.deepcopy(request["newPosition"]))
    tree = masks.parse(request.get("fields", "*"))
    over = masks.updated(
        chart["position"].get("overlayPosition", {}), new.get("overlayPosition", {}), None if "*" in tree else tree
    )
    chart["position"] = {"overlayPosition": over}
    return {"position": chart["position"]}


# -- named ranges


@change("addNamedRange")
def _add_name(batch: Batch, request: Json) -> Json:
    one = _with_ids(batch, copy.deepcopy(request["namedRange"]))
    one["range"] = _bounded(batch, one["range"])
    if any(old["name"].lower() == one["name"].lower() for old in batch.book.named):
        raise invalid(f"A named range with the name {one['name']} already exists")
    one.setdefault("namedRangeId", str(batch.new_id()))
    batch.book.named.append(one)
    return {"namedRange": one}


def _name(batch: Batch, wanted: str) -> Json:
    for one in batch.book.named:
        if one["namedRangeId"] == wanted:
            return one
    raise invalid(f"No named range with id: {wanted}")


@change("updateNamedRange")
def _update_name(batch: Batch, request: Json) -> None:
    given = _with_ids(batch, copy.deepcopy(request["namedRange"]))
    old = _name(batch, given.get("namedRangeId", ""))
    tree = masks.parse(request.get("fields", ""))
    batch.book.named[batch.book.named.index(old)] = masks.updated(old, given, None if "*" in tree else tree)


@change("deleteNamedRange")
def _delete_name(batch: Batch, request: Json) -> None:
    batch.book.named.remove(_name(batch, request.get("namedRangeId", "")))


# -- groups of rows and columns


def _groups(batch: Batch, found: Json) -> tuple[list[Json], Json]:
    sheet = _where(batch, found)
    name = "rowGroups" if found.get("dimension") == "ROWS" else "columnGroups"
    return sheet.over(name), {"sheetId": sheet.id, **found}


@change("addDimensionGroup")
def _add_group(batch: Batch, request: Json) -> Json:
    groups, found = _groups(batch, request["range"])
    inside = [one for one in groups if one["range"]["startIndex"] <= found["startIndex"] < one["range"]["endIndex"]]
    groups.append({"range": found, "depth": 1 + max((one["depth"] for one in inside), default=0)})
    return {"dimensionGroups": groups}


@change("deleteDimensionGroup")
def _delete_group(batch: Batch, request: Json) -> Json:
    groups, found = _groups(batch, request["range"])
    hit = [
        one for one in groups if one["range"]["startIndex"] < found["endIndex"] and found["startIndex"] < one["range"]["endIndex"]
    ]
    if not hit:
        raise invalid("There is no group over the range")
    groups.remove(max(hit, key=lambda one: int(one["depth"])))
    return {"dimensionGroups": groups} if groups else {}


# -- developer metadata


@change("createDeveloperMetadata")
def _create_metadata(batch: Batch, request: Json) -> Json:
    one = copy.deepcopy(request["developerMetadata"])
    if not one.get("metadataKey") or "visibility" not in one:
        raise invalid("Developer metadata needs a metadataKey and a visibility")
    one["location"] = located(one.get("location", {}))
    one.setdefault("metadataId", batch.new_id())
    if any(old["metadataId"] == one["metadataId"] for old in batch.book.metadata):
        raise invalid(f"Developer metadata with id {one['metadataId']} already exists")
    batch.book.metadata.append(one)
    return {"developerMetadata": one}


def _filtered(batch: Batch, filters: list[Json], act: Callable[[Json], Json]) -> list[Json]:
    done: list[Json] = []
    for one in filters:
        if "developerMetadataLookup" in one:
            done.extend(act(found) for found in matching(batch.book, one["developerMetadataLookup"]))
        else:
            for sheet, _ in areas_of_filter(batch.book, one):
                done.extend(act(found) for found in batch.book.metadata if found["location"].get("sheetId") == sheet.id)
    return done


@change("updateDeveloperMetadata")
def _update_metadata(batch: Batch, request: Json) -> Json:
    tree = masks.parse(request.get("fields", ""))

    def act(found: Json) -> Json:
        new = masks.updated(found, request["developerMetadata"], None if "*" in tree else tree)
        new["location"], new["metadataId"] = located(new["location"]), found["metadataId"]
        found.clear()
        found.update(new)
        return found

    return {"developerMetadata": _filtered(batch, request.get("dataFilters", []), act)}


@change("deleteDeveloperMetadata")
def _delete_metadata(batch: Batch, request: Json) -> Json:
    gone = _filtered(batch, [request["dataFilter"]], lambda found: found)
    batch.book.metadata[:] = [one for one in batch.book.metadata if all(one is not other for other in gone)]
    return {"deletedDeveloperMetadata": gone}
