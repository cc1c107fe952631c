"""How our tabs look at Google: what is missing is made, what people made stays. A comfort is known again by place or name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any

from sheets.columns import ANSWERS, DEAL_STATES, TABS
from sheets.google_batch import number_format
from sheets.google_http import GoogleApi
from sheets.google_pages import Page, Pages
from sheets.headers import Aliases, find_tab, locate
from sheets.layout import (
    BODY_COLOURS,
    CHART_COLOUR,
    CHART_COLOURS,
    HEAD_COLOURS,
    OWNER_NOTES,
    STATE_COLOURS,
    TAB_COLOURS,
    is_wrapped,
    place_of,
)
from sheets.shape import Column, Owner, Tab, TabKind
from sheets.summary import CHART_COLUMN, CHART_ROWS, WIDTHS, Block, Summary, lay_out

Json = dict[str, Any]

MARK = "Partner Desk"
_ABOUT = (
    "sheets(properties(sheetId,title,index,tabColorStyle,gridProperties),protectedRanges(protectedRangeId,description),"
    "filterViews(filterViewId,title),conditionalFormats(ranges,booleanRule(condition)),charts(chartId,spec),basicFilter(range))"
)
_HEADS = "sheets(properties(sheetId),data(startRow,rowData(values(note,dataValidation,userEnteredFormat(numberFormat)))))"
_COLOURED = ("state", "authorisation", "answer", "tier")
_KEPT_OFF = {"top": 2, "right": 10, "bottom": 2, "left": 3}
"""Pixels around a figure, so that it keeps off the text in the next column."""


@dataclass(slots=True)
class Plan:
    """Requests to send, and what they make."""

    requests: list[Json] = field(default_factory=list)
    tabs: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class _There:
    """What one tab has already. `under`: column -> the cell below the header; `notes`: columns whose header has one."""

    id: int
    about: Json = field(default_factory=dict)
    under: Mapping[int, Json] = field(default_factory=dict)
    notes: frozenset[int] = frozenset()
    fresh: bool = False

    @property
    def grid(self) -> Json:
        """Its size and frozen parts."""
        found: Json = self.about.get("properties", {}).get("gridProperties", {})
        return found

    def named(self, part: str, key: str) -> set[str]:
        """Names of what lies over its cells."""
        return {str(one.get(key, "")) for one in self.about.get(part, [])}


def lacking(api: GoogleApi, found: Pages, titles: Mapping[int, str], aliases: Aliases, forms: bool) -> Plan:
    """What has to be made: two reads. `titles`: all tabs of the spreadsheet by id, ours or not."""
    about = {sheet["properties"].get("sheetId", 0): sheet for sheet in api.get(_ABOUT)["sheets"]}
    heads = _heads(api, [page for page in found.values() if page.head >= 0])
    order = [title for _, title in sorted((sheet["properties"].get("index", 0), titles[one]) for one, sheet in about.items())]
    plan = Plan()
    taken = set(titles)
    for tab in TABS:
        pages = [page for page in found.values() if page.tab is tab]
        if len(pages) > 1 or (not pages and tab.kind is TabKind.FORM and not forms):
            continue
        if not pages:
            there = _There(_new_id(tab, taken), fresh=True)
            taken.add(there.id)
            plan.requests.append(_tab(tab, there.id, order))
            _furnish(plan, tab, there, width=26)
            plan.tabs += (tab.name,)
            continue
        page = pages[0]
        there = _There(page.id, about[page.id], *heads.get(page.id, ({}, frozenset())))
        if tab.kind is TabKind.SUMMARY:
            plan.requests.extend(_summary(there))
        elif page.head < 0:
            _furnish(plan, tab, there, there.grid.get("columnCount", 26))
            plan.tabs += (tab.name,)
        else:
            _mend(plan, page, there, aliases)
    return plan


def _heads(api: GoogleApi, pages: Sequence[Page]) -> dict[int, tuple[dict[int, Json], frozenset[int]]]:
    areas = [{"sheetId": page.id, "startRowIndex": page.head, "endRowIndex": page.head + 2} for page in pages]
    result = {}
    for sheet in api.get(_HEADS, areas)["sheets"] if areas else []:
        lines = sheet["data"][0].get("rowData", [])
        head = lines[0].get("values", []) if lines else []
        under = lines[1].get("values", []) if len(lines) > 1 else []
        notes = frozenset(column for column, cell in enumerate(head) if cell.get("note"))
        result[sheet["properties"].get("sheetId", 0)] = (dict(enumerate(under)), notes)
    return result


def _new_id(tab: Tab, taken: set[int]) -> int:
    """Always the same id for a tab, unless it is taken."""
    found = int.from_bytes(blake2b(tab.name.encode(), digest_size=4).digest()) >> 1
    while found in taken or found == 0:
        found += 1
    return found


def _tab(tab: Tab, sheet_id: int, order: list[str]) -> Json:
    """addSheet right behind the nearest earlier tab of ours."""
    place = 0
    for earlier in TABS[: TABS.index(tab)]:
        title = find_tab(earlier, order)
        if title is not None:
            place = order.index(title) + 1
    order.insert(place, tab.name)
    grid: Json = {"rowCount": 1000, "columnCount": max(26, len(tab.columns) + 2)}
    if tab.kind is TabKind.SUMMARY:
        grid["hideGridlines"] = True
    properties = {"sheetId": sheet_id, "title": tab.name, "index": place, "gridProperties": grid}
    return {"addSheet": {"properties": properties}}


def _furnish(plan: Plan, tab: Tab, there: _There, width: int) -> None:
    """Headers and comforts of a tab without any."""
    if tab.kind is TabKind.SUMMARY:
        plan.requests.extend(_summary(there))
        return
    if not there.fresh and len(tab.columns) > width:
        plan.requests.append(_wider(there.id, len(tab.columns) - width))
    index = {column.field: place for place, column in enumerate(tab.columns)}
    for column in tab.columns:
        plan.requests.extend(_header(there.id, 0, index[column.field], column))
    plan.requests.extend(_comforts(tab, there, 0, index, drawn=set(index)))


def _mend(plan: Plan, page: Page, there: _There, aliases: Aliases) -> None:
    """What an existing tab lacks: the system's columns of a form tab, and comforts."""
    tab, index = page.tab, dict(page.index)
    _, faults, _ = locate(tab, page.rows[page.head], aliases)
    drawn: set[str] = set()
    if tab.kind is TabKind.FORM and not any(fault.code in ("header-doubled", "header-renamed") for fault in faults):
        place = len(page.rows[page.head])
        for column in tab.columns:
            if column.ours and column.field not in index:
                index[column.field] = place
                drawn.add(column.field)
                plan.headers += ((tab.name, column.header),)
                place += 1
        if place > there.grid.get("columnCount", 26):
            plan.requests.append(_wider(there.id, place - there.grid.get("columnCount", 26)))
        for name in sorted(drawn, key=index.__getitem__):
            plan.requests.extend(_header(there.id, page.head, index[name], tab.column(name)))
    plan.requests.extend(_comforts(tab, there, page.head, index, drawn))


def _wider(sheet_id: int, count: int) -> Json:
    return {"appendDimension": {"sheetId": sheet_id, "dimension": "COLUMNS", "length": count}}


def _header(sheet_id: int, head: int, place: int, column: Column) -> Iterator[Json]:
    """The header cell and the width of its column."""
    style = {
        "backgroundColorStyle": {"rgbColor": _colour(HEAD_COLOURS[column.owner])},
        "textFormat": {"bold": True},
        "wrapStrategy": "WRAP",
        "verticalAlignment": "MIDDLE",
        "horizontalAlignment": "CENTER" if place_of(column) == "center" else "LEFT",
    }
    cell: Json = {"userEnteredValue": {"stringValue": column.header}, "userEnteredFormat": style}
    note = _note(column)
    if note:
        cell["note"] = note
    start = {"sheetId": sheet_id, "rowIndex": head, "columnIndex": place}
    yield {"updateCells": {"start": start, "rows": [{"values": [cell]}], "fields": "userEnteredValue,userEnteredFormat,note"}}
    yield _width(sheet_id, place, max(column.width, min(len(column.header) + 4, 20)))


def _width(sheet_id: int, place: int, signs: int) -> Json:
    span = {"sheetId": sheet_id, "dimension": "COLUMNS", "startIndex": place, "endIndex": place + 1}
    return {"updateDimensionProperties": {"range": span, "properties": {"pixelSize": signs * 7 + 6}, "fields": "pixelSize"}}


def _note(column: Column) -> str:
    return column.note or OWNER_NOTES.get(column.owner, "")


def _comforts(tab: Tab, there: _There, head: int, index: Mapping[str, int], drawn: set[str]) -> Iterator[Json]:
    yield from _frozen(tab, there, head)
    protected = there.named("protectedRanges", "description")
    if tab.kind is TabKind.JOURNAL:
        if f"{MARK}: {tab.name}" not in protected:
            yield _protected({"sheetId": there.id}, tab.name, hard=True)
    elif f"{MARK}: заголовки" not in protected:
        yield _protected({"sheetId": there.id, "startRowIndex": head, "endRowIndex": head + 1}, "заголовки")
    for name, place in index.items():
        column = tab.column(name)
        new = name in drawn
        yield from _column(there, head, place, column, new)
        if column.ours and tab.kind is not TabKind.JOURNAL and f"{MARK}: {column.header}" not in protected:
            yield _protected(_body(there.id, head, place), column.header)
        if name in _COLOURED:
            yield from _coloured(there, head, place, column)
    if "basicFilter" not in there.about:
        area = {"sheetId": there.id, "startRowIndex": head, "startColumnIndex": 0, "endColumnIndex": max(index.values()) + 1}
        yield {"setBasicFilter": {"filter": {"range": area}}}
    yield from _views(tab, there, head, index)


def _frozen(tab: Tab, there: _There, head: int) -> Iterator[Json]:
    wanted: Json = {}
    if not there.grid.get("frozenRowCount"):
        wanted["frozenRowCount"] = head + 1
    if tab.kind is TabKind.REGISTRY and not there.grid.get("frozenColumnCount"):
        wanted["frozenColumnCount"] = 1
    properties: Json = {"sheetId": there.id}
    fields = [f"gridProperties.{name}" for name in wanted]
    if wanted:
        properties["gridProperties"] = wanted
    if "tabColorStyle" not in there.about.get("properties", {}):
        properties["tabColorStyle"] = {"rgbColor": _colour(TAB_COLOURS[tab.kind])}
        fields.append("tabColorStyle")
    if fields:
        yield {"updateSheetProperties": {"properties": properties, "fields": ",".join(fields)}}


def _body(sheet_id: int, head: int, place: int) -> Json:
    """All rows below the header in a column, those to come too."""
    return {"sheetId": sheet_id, "startRowIndex": head + 1, "startColumnIndex": place, "endColumnIndex": place + 1}


def _protected(area: Json, name: str, hard: bool = False) -> Json:
    """Everybody is warned; `hard`: the system alone may write, and the owner."""
    rule: Json = {"range": area, "description": f"{MARK}: {name}"}
    if not hard:
        rule["warningOnly"] = True
    return {"addProtectedRange": {"protectedRange": rule}}


def _column(there: _There, head: int, place: int, column: Column, new: bool) -> Iterator[Json]:
    """Format, list to choose from and note of one column."""
    under = there.under.get(place, {})
    shape = number_format(column.type)
    dress: Json = {}
    if shape is not None and not under.get("userEnteredFormat", {}).get("numberFormat"):
        dress["numberFormat"] = shape
    if there.fresh or new:
        dress["verticalAlignment"] = "TOP"
        dress["horizontalAlignment"] = place_of(column).upper()
        if place_of(column) == "right":
            dress["padding"] = _KEPT_OFF
        if is_wrapped(column):
            dress["wrapStrategy"] = "WRAP"
        if column.owner in BODY_COLOURS:
            dress["backgroundColorStyle"] = {"rgbColor": _colour(BODY_COLOURS[column.owner])}
    if dress:
        fields = ",".join(f"userEnteredFormat.{name}" for name in dress)
        yield {"repeatCell": {"range": _body(there.id, head, place), "cell": {"userEnteredFormat": dress}, "fields": fields}}
    if column.choices and column.owner is not Owner.SYSTEM:
        condition = under.get("dataValidation", {}).get("condition", {})
        offered = {one.get("userEnteredValue") for one in condition.get("values", [])}
        if not condition or (condition["type"] == "ONE_OF_LIST" and offered < set(column.choices)):
            values = [{"userEnteredValue": word} for word in column.choices]
            rule = {"condition": {"type": "ONE_OF_LIST", "values": values}, "showCustomUi": True, "strict": False}
            yield {"setDataValidation": {"range": _body(there.id, head, place), "rule": rule}}
    if not (there.fresh or new) and _note(column) and place not in there.notes:
        start = {"sheetId": there.id, "rowIndex": head, "columnIndex": place}
        yield {"updateCells": {"start": start, "rows": [{"values": [{"note": _note(column)}]}], "fields": "note"}}


def _coloured(there: _There, head: int, place: int, column: Column) -> Iterator[Json]:
    """A colour for each state, unless there is a rule for that word already."""
    known = {
        value.get("userEnteredValue")
        for rule in there.about.get("conditionalFormats", [])
        if any(area.get("startColumnIndex", 0) <= place < area.get("endColumnIndex", 1 << 20) for area in rule.get("ranges", []))
        for value in rule.get("booleanRule", {}).get("condition", {}).get("values", [])
    }
    for word in column.choices:
        if word in STATE_COLOURS and word not in known:
            condition = {"type": "TEXT_EQ", "values": [{"userEnteredValue": word}]}
            look = {"backgroundColorStyle": {"rgbColor": _colour(STATE_COLOURS[word])}}
            rule = {"ranges": [_body(there.id, head, place)], "booleanRule": {"condition": condition, "format": look}}
            yield {"addConditionalFormatRule": {"rule": rule, "index": 0}}


def _views(tab: Tab, there: _There, head: int, index: Mapping[str, int]) -> Iterator[Json]:
    """A view for each role: what waits for staff, what has remarks; of forms, what has no answer yet."""
    pending = {"type": "TEXT_EQ", "values": [{"userEnteredValue": DEAL_STATES["pending"]}]}
    views: list[tuple[str, str, Json]] = []
    if tab.kind is TabKind.REGISTRY:
        state = "authorisation" if "authorisation" in index else "state"
        views = [("ждут решения", state, pending), ("с замечаниями", "remarks", {"type": "NOT_BLANK"})]
    elif tab.kind is TabKind.FORM:
        waiting = {"type": "TEXT_EQ", "values": [{"userEnteredValue": ANSWERS["pending"]}]}
        views = [("без ответа", "answered_at", {"type": "BLANK"}), ("ждут решения", "answer", waiting)]
    known = there.named("filterViews", "title")
    for title, name, condition in views:
        if name in index and f"{MARK}: {title}" not in known:
            area = {"sheetId": there.id, "startRowIndex": head, "startColumnIndex": 0, "endColumnIndex": max(index.values()) + 1}
            specs = [{"columnIndex": index[name], "filterCriteria": {"condition": condition}}]
            yield {"addFilterView": {"filter": {"title": f"{MARK}: {title}", "range": area, "filterSpecs": specs}}}


# -- Сводка ------------------------------------------------------------------------------------


def _summary(there: _There) -> Iterator[Json]:
    """Widths and charts; the figures come with every write."""
    if there.fresh:
        for place, signs in enumerate(WIDTHS):
            yield _width(there.id, place, signs)
        look = {"verticalAlignment": "TOP", "wrapStrategy": "WRAP"}
        area = {"sheetId": there.id, "startColumnIndex": 0, "endColumnIndex": len(WIDTHS)}
        fields = ",".join(f"userEnteredFormat.{name}" for name in look)
        yield {"repeatCell": {"range": area, "cell": {"userEnteredFormat": look}, "fields": fields}}
    if "tabColorStyle" not in there.about.get("properties", {}):
        properties = {"sheetId": there.id, "tabColorStyle": {"rgbColor": _colour(TAB_COLOURS[TabKind.SUMMARY])}}
        yield {"updateSheetProperties": {"properties": properties, "fields": "tabColorStyle"}}
    charts = {chart.get("spec", {}).get("title"): chart for chart in there.about.get("charts", [])}
    row = 0
    for block in lay_out(Summary(datetime(2000, 1, 1))):  # noqa: DTZ001  only where the tables stand
        if not block.chart:
            continue
        spec = _spec(there.id, block)
        known = charts.get(block.title)
        if known is None:
            anchor = {"sheetId": there.id, "rowIndex": row, "columnIndex": CHART_COLUMN - 1}
            position = {"overlayPosition": {"anchorCell": anchor, "widthPixels": 600, "heightPixels": 300}}
            yield {"addChart": {"chart": {"spec": spec, "position": position}}}
        elif _sources(known["spec"]) != _sources(spec):
            yield {"updateChartSpec": {"chartId": known["chartId"], "spec": spec}}
        row += CHART_ROWS


def _spec(sheet_id: int, block: Block) -> Json:
    def source(column: int) -> Json:
        area = {"sheetId": sheet_id, "startRowIndex": block.top, "endRowIndex": block.top + len(block.lines)}
        area.update(startColumnIndex=column, endColumnIndex=column + 1)
        return {"sourceRange": {"sources": [area]}}

    names, figures = source(block.left - 1), source(block.left)
    colours = [CHART_COLOURS.get(word, CHART_COLOUR) for word, _ in block.lines]
    bars = {
        "series": figures,
        "targetAxis": "BOTTOM_AXIS",
        "dataLabel": {"type": "DATA", "placement": "OUTSIDE_END"},
        "styleOverrides": [{"index": place, "colorStyle": {"rgbColor": _colour(code)}} for place, code in enumerate(colours)],
    }
    bar = {
        "chartType": "BAR",
        "legendPosition": "NO_LEGEND",
        "headerCount": 0,
        "axis": [{"position": "BOTTOM_AXIS", "title": block.chart}, {"position": "LEFT_AXIS"}],
        "domains": [{"domain": names}],
        "series": [bars],
    }
    return {"title": block.title, "basicChart": bar}


def _sources(found: Any) -> list[tuple[int, ...]]:
    """Where a chart takes its figures from."""
    if isinstance(found, list):
        return [area for item in found for area in _sources(item)]
    if not isinstance(found, dict):
        return []
    if "startRowIndex" in found:
        return [tuple(found.get(name, 0) for name in ("startRowIndex", "endRowIndex", "startColumnIndex", "endColumnIndex"))]
    return sorted(area for item in found.values() for area in _sources(item))


def _colour(code: str) -> Json:
    return {name: int(code[place : place + 2], 16) / 255 for name, place in (("red", 0), ("green", 2), ("blue", 4))}
