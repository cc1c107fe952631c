"""Staff's own tabs as the model reads them: a line counts for as long as every cell that it needs can be read."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from tests.year.events import NAMES, Line, Mended, Struck, Typed

Cells = dict[str, Typed]

NEEDED = {
    "Продажи": ("Дата", "ИНН партнёра", "Сумма руб."),
    "Публикации": ("Дата", "ИНН партнёра", "Вид"),
    "Отказы заказчиков": ("ИНН заказчика", "ИНН партнёра"),
    "Нарушения": ("Дата", "ИНН партнёра", "Вид"),
}
KINDS = {
    "Публикации": ("Сайт", "Рассылка", "Соцсети"),
    "Нарушения": ("Жалоба", "Недостоверная информация", "Задолженность", "Нарушение"),
}


@dataclass(slots=True)
class Lines:
    """The lines by tab and name."""

    tabs: dict[str, dict[str, Cells]] = field(default_factory=lambda: {tab: {} for tab in NEEDED})

    def hear(self, event: Line | Mended | Struck) -> None:
        """What staff did to a line."""
        tab = self.tabs[event.tab]
        if isinstance(event, Line):
            tab[str(event.cells[NAMES[event.tab]])] = dict(event.cells)
        elif isinstance(event, Mended):
            tab[event.name] |= event.cells
        else:
            del tab[event.name]

    def whole(self, tab: str, partner: str) -> list[Cells]:
        """The partner's lines that can be read."""
        return [cells for cells in self.tabs[tab].values() if readable(tab, cells) and cells["ИНН партнёра"] == partner]

    def open_violations(self, partner: str) -> set[tuple[str, date]]:
        """What is held against the partner and not lifted: what, and since when."""
        lines = self.whole("Нарушения", partner)
        return {(str(line["Вид"]), day_of(line)) for line in lines if line.get("Снято", "") in ("", "Нет")}


def readable(tab: str, cells: Cells) -> bool:
    """Does it have all that it needs, each in its form?"""
    return (
        all(cells.get(header, "") != "" for header in NEEDED[tab])
        and ("Дата" not in NEEDED[tab] or isinstance(cells["Дата"], datetime))
        and isinstance(cells.get("Сумма руб.", 0), int | float)
        and cells.get("Вид") in KINDS.get(tab, (None,))
    )


def day_of(cells: Cells) -> date:
    """The day in a line that can be read."""
    found = cells["Дата"]
    assert isinstance(found, datetime)
    return found.date()
