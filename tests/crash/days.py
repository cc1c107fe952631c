"""What waits for the pass that is killed: a furnished house, and days on which it has work of every kind.

A day only uses what every `House` can, over whichever spreadsheet and mailbox.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from sheets.columns import FORMS
from tests.scenarios.desk_work import DAY, FIRST, ONE, SECOND, TWO
from tests.scenarios.house import House, Sent, inn


@dataclass(frozen=True, slots=True)
class Day:
    """`begin` puts the work there; the pass is made at `now`, Moscow's clock."""

    name: str
    now: str
    begin: Callable[[House], None]


@runtime_checkable
class AtDesk(Protocol):
    """A house whose mailbox staff use too."""

    def by_hand(self, answered: Sent, text: str, at: str) -> None: ...


def _busy(house: House) -> None:
    house.partner("d@four.example", "ООО «Партнёр 4»", inn(4), f"{DAY} 10:10")
    house.deal(f"{DAY} 10:20", "d@four.example", inn(4), "ООО «Заказчик 5»", inn(105))
    house.deal(f"{DAY} 10:30", SECOND, TWO, "ООО «Заказчик 1»", inn(101))
    house.deal(f"{DAY} 10:40", FIRST, ONE, "ООО «Заказчик 6»", "")
    house.set_cells("Сделки", "D-2026-0004", {"Решение сотрудника": "Одобрить", "Скидка сотрудника %": 12})
    house.set_cells("Сделки", "D-2026-0003", {"Скидка %": 17})
    house.set_cells("Сделки", "D-2026-0002", {"Состояние": "Продана"})
    house.set_cells("Партнёры", "P-0003", {"Статус": "Бронзовый"})
    house.add("Лиды", Лид="ООО «Лид 1»", Контакт="+7 495 000-00-01")
    house.add("Лиды", Лид="ООО «Лид 2»", Контакт="+7 495 000-00-02")
    house.reply(house.mail("deal-registered", number="D-2026-0001"), "2", f"{DAY} 10:45")
    house.write("someone@else.example", "Вопрос", "Как стать партнёром?", f"{DAY} 10:50")
    house.deliver(b"\x00\x01 no letter at all", f"{DAY} 10:55")


def _reminders(house: House) -> None:
    """Nobody did anything: reports are due soon, a deal has waited for staff for too long."""


def _lost(house: House) -> None:
    """Somebody deleted a registry tab."""
    house.delete_tab("Сделки")


def _listed(house: House) -> None:
    """Staff say yes to a partner who asked to be listed."""
    house.set_cells("Партнёры", "P-0001", {"Статус": "Бронзовый"})
    words = {"ИНН партнёра": ONE, "Тема": "Публикация", "Текст": "Разместите нас"}
    house.add_form("Форма Запрос", f"{DAY} 10:10", FIRST, **words)
    house.ok(f"{DAY} 10:15")
    house.set_cells("Обращения", str(house.rows("Форма Запрос")[-1]["№"]), {"Решение сотрудника": "Одобрить"})


def _month(house: House) -> None:
    """The letters of the month go; an export of the form of deals lies in its folder; a partner answers with a file."""
    asked = [
        column.header for column in next(tab for tab in FORMS.values() if tab.name == "Форма Сделка").columns if not column.ours
    ]
    told = ["2026-04-01 10:20:00", SECOND, TWO, "ООО «Заказчик 7»", inn(107)]
    known = {"Тип сделки": "Новая", "Продукты": "Стахановец Про", "Количество лицензий": "10"}
    headers = ["Время создания", "Электронная почта", *asked[2:]]
    lines = [",".join(headers), ",".join([*told, *(known.get(header, "") for header in headers[5:])])]
    export = house.root / "forms/deals.csv"
    export.write_text("\n".join(lines), encoding="utf-8")
    os.utime(export, (1775028000, 1775028000))  # the ledger remembers which file it read
    house.reply(house.mail("deal-registered", number="D-2026-0001"), "2", "2026-04-01 10:30", None, **{"акт.pdf": b"%PDF-1.4"})


def _restored(house: House) -> None:
    """The ledger was lost and made from a backup: an hour of letters, forms and words is in sheet and mailbox alone."""
    copy = str(house.root / "copy.db")
    assert house.run("backup", copy).code == 0
    house.write("someone@else.example", "Вопрос", "Как стать партнёром?", f"{DAY} 10:10")
    house.ok(f"{DAY} 10:11")
    house.partner("d@four.example", "ООО «Партнёр 4»", inn(4), f"{DAY} 10:15")
    house.deal(f"{DAY} 10:20", FIRST, ONE, "ООО «Заказчик 5»", inn(105))
    house.set_cells("Сделки", "D-2026-0004", {"Решение сотрудника": "Одобрить"})
    house.reply(house.mail("deal-registered", number="D-2026-0001"), "2", f"{DAY} 10:25")
    house.ok(f"{DAY} 10:30")
    house.ok(f"{DAY} 10:35")
    for file in house.root.glob("ledger.db*"):
        file.unlink()
    assert house.run("restore", copy).code == 0


def _by_hand(house: House) -> None:
    """Staff answered a question from the mailbox itself."""
    house.write("someone@else.example", "Вопрос", "Как стать партнёром?", f"{DAY} 10:10")
    house.ok(f"{DAY} 10:15")
    assert isinstance(house, AtDesk)
    house.by_hand(house.mail("question-received"), "Заполните форму.", f"{DAY} 10:40")


BUSY = Day("busy", f"{DAY} 11:00", _busy)
REMINDERS = Day("reminders", "2026-03-14 09:00", _reminders)
LISTED = Day("listed", f"{DAY} 11:00", _listed)
LOST_TAB = Day("lost tab", f"{DAY} 11:00", _lost)
MONTH = Day("month", "2026-04-01 11:00", _month)
RESTORED = Day("restored", f"{DAY} 11:00", _restored)
"""For houses over files: their ledger is a file that can be lost."""
BY_HAND = Day("by hand", f"{DAY} 11:00", _by_hand)
"""For houses over the wire: a folder of letters has nobody else's hand."""


def rounds(number: int) -> Day:
    """The work of a morning, again and again with other partners and customers: one of two rivals gets the customer."""
    day = f"2026-03-{2 + number // 12:02}"
    hour = f"{day} {10 + number % 12:02}"
    rival, own = f"a@rival{number}.example", inn(200 + number)

    def begin(house: House) -> None:
        house.partner(rival, f"ООО «Соперник {number}»", own, f"{hour}:01")
        for deal in range(3):
            house.deal(f"{hour}:1{deal}", rival, own, f"ООО «Цель {number}-{deal}»", inn(1000 + 10 * number + deal))
            house.deal(f"{hour}:2{deal}", FIRST, ONE, f"ООО «Цель {number}-{deal}»", inn(1000 + 10 * number + deal))
        house.deal(f"{hour}:30", rival, own, "ООО «Без ИНН»", "")
        house.reply(house.mail("deal-registered", number="D-2026-0001"), "2" if number % 2 else "1", f"{hour}:31")
        house.write(f"someone@else{number}.example", "Вопрос", f"Как стать партнёром? Это письмо {number}", f"{hour}:32")
        house.set_cells("Сделки", "D-2026-0003", {"Скидка %": 11 + number % 7})

    return Day(f"round {number}", f"{hour}:40", begin)
