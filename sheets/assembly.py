"""Raw grids become a Snapshot; the same for every backend."""

from __future__ import annotations

from collections.abc import Sequence

from sheets.columns import TABS
from sheets.headers import Aliases, fold, locate
from sheets.shape import Tab, TabKind
from sheets.snapshot import Grid, RawRow, Sheet, SheetFault, Snapshot
from sheets.values import Cell


def assemble(grids: Sequence[Grid], aliases: Aliases, fingerprint: str) -> Snapshot:
    """Find our tabs and columns. Other tabs and columns are left alone. Faults are values; a stopped tab keeps no rows."""
    titles: dict[str, list[Grid]] = {}
    for grid in grids:
        titles.setdefault(fold(grid.title), []).append(grid)
    sheets: dict[str, Sheet] = {}
    faults: list[SheetFault] = []
    for tab in TABS:
        found = titles.get(fold(tab.name), [])
        if not found:
            faults.append(SheetFault("tab-missing", tab.name))
        elif len(found) > 1:
            faults.append(SheetFault("tab-doubled", tab.name))
        elif tab.kind is TabKind.SUMMARY:
            sheets[tab.name] = _bare(tab, found[0])
        else:
            sheets[tab.name] = sheet_of(tab, found[0], aliases, faults)
    return Snapshot(sheets, fingerprint, tuple(faults))


def _bare(tab: Tab, grid: Grid) -> Sheet:
    return Sheet(tab, grid.title, 1, {}, {}, 0, len(grid.rows) + 1, ())


def sheet_of(tab: Tab, grid: Grid, aliases: Aliases, faults: list[SheetFault]) -> Sheet:
    """That tab as it stands in the grid; what is wrong with its headers is added to `faults`."""
    rows = [RawRow(position, values) for position, values in enumerate(grid.rows, start=1) if not _empty(values)]
    if not rows:
        faults.extend(SheetFault("header-missing", tab.name, column.header) for column in tab.columns)
        return Sheet(tab, grid.title, 1, {}, {}, 0, 1, (), stopped=True)
    headers = rows[0].values
    index, wrong, stopped = locate(tab, headers, aliases)
    faults.extend(wrong)
    labels = {name: " ".join(str(headers[place]).split()) for name, place in index.items()}
    width = max(place for place, header in enumerate(headers, start=1) if header not in ("", None))
    return Sheet(
        tab,
        grid.title,
        rows[0].position,
        index,
        labels,
        width,
        rows[-1].position + 1,
        () if stopped else rows[1:],
        grid.formulas,
        grid.errors,
        stopped,
    )


def _empty(values: Sequence[Cell]) -> bool:
    return all(value == "" or value is None or (isinstance(value, str) and not value.strip()) for value in values)
