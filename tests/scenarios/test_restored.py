"""A ledger made from a backup learns again what it missed: forms from the sheet, letters that were read already."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scenarios.desk_work import DAY, FIRST, ONE, back_up, edit, place, restore
from tests.scenarios.house import House, inn


def test_replies_that_came_after_the_backup_are_acted_on_again(office: House) -> None:
    office.ok(f"{DAY} 10:30")
    assert office.run("backup", str(office.root / "copy.db"), "--now", f"{DAY}T10:35+03:00").code == 0
    office.reply(office.mail("deal-registered", number="D-2026-0001"), "4", f"{DAY} 11:00")
    office.reply(office.mail("deal-registered", number="D-2026-0002"), "сделка проиграна", f"{DAY} 11:01")
    office.write("who@else.example", "Вопрос", "Сколько стоит?", f"{DAY} 11:02")
    office.deal(f"{DAY} 11:03", FIRST, ONE, "ООО «Новый»", inn(120))
    office.ok(f"{DAY} 11:10")
    told = sorted(letter.message_id for letter in office.mails())
    shown = office.rows("Сделки"), office.rows("Обращения")
    assert office.row("Сделки", "D-2026-0001")["Статус продажи"] == "тендер"

    restore(office)
    office.ok(f"{DAY} 11:20")
    assert office.explain("D-2026-0005")["state"] == "Зарегистрирована"
    assert (office.rows("Сделки"), office.rows("Обращения")) == shown
    assert sorted(letter.message_id for letter in office.mails()) == told, "nothing is said twice"
    office.reply(office.mail("reply-confirm"), "1", f"{DAY} 12:00")
    office.ok(f"{DAY} 12:05")
    assert office.row("Сделки", "D-2026-0002")["Состояние"] == "Проиграна"
    done = office.ok(f"{DAY} 12:10")
    assert "letters in" not in done.out, "once is enough"


def test_what_the_sheet_shows_stands_when_the_ledger_is_older(office: House) -> None:
    """A day is lost: a new partner with its webinar, a deal, questions, a decision of staff, a discount and a contact by hand."""
    back_up(office)
    office.write("who@else.example", "Сколько стоит?", "Сколько стоит?", f"{DAY} 11:00")
    office.ok(f"{DAY} 11:01")
    office.partner("d@four.example", "ООО «Партнёр 4»", inn(4), f"{DAY} 11:10")
    office.ok(f"{DAY} 11:11")
    office.add_form("Форма Запрос", f"{DAY} 11:20", FIRST, **{"ИНН партнёра": ONE, "Тема": "Вопрос", "Текст": "Когда?"})
    office.deal(f"{DAY} 11:21", FIRST, ONE, "ООО «Новый»", inn(120))
    office.ok(f"{DAY} 11:22")
    office.write("other@else.example", "Условия", "Какие условия?", f"{DAY} 11:30")
    office.ok(f"{DAY} 11:31")
    office.set_cell("Сделки", "D-2026-0004", "Решение сотрудника", "Одобрить")
    office.set_cell("Сделки", "D-2026-0002", "Скидка %", 15)
    office.set_cell("Партнёры", "P-0002", "Дополнительные контакты", "second@two.example")
    office.ok(f"{DAY} 12:00")
    office.ok(f"{DAY} 12:05")
    told = sorted(letter.message_id for letter in office.mails())
    shown = {tab: office.rows(tab) for tab in ("Партнёры", "Обучение", "Обращения", "Форма Запрос", "Форма Партнёр")}
    deals = office.rows("Сделки")

    restore(office)
    done = office.ok("2026-03-03 10:00")
    assert "такого № нет" not in done.err
    for tab, rows in shown.items():
        assert [row["№"] for row in office.rows(tab)] == [row["№"] for row in rows], tab
    office.ok("2026-03-03 10:05")
    office.ok("2026-03-03 10:10")
    for name in ("№", "Состояние", "Скидка %", "Действует до", "Решение сотрудника", "Замечания"):
        assert [row[name] for row in office.rows("Сделки")] == [row[name] for row in deals], name
    assert office.row("Партнёры", "P-0002")["Дополнительные контакты"] == "second@two.example"
    new = [letter for letter in office.mails() if letter.message_id not in told]
    dated = {(letter.template, letter.number) for letter in new}
    assert dated == {
        ("deal-terms-changed", "D-2026-0004"),  # the day that stands in the sheet
        ("deal-terms-changed", "D-2026-0005"),
        ("training-invitation", "Q-2026-0005"),  # planned anew, a day later
    }
    assert len(office.mails()) == len(told) + len(new)

    office.reply(office.mail("deal-registered", number="D-2026-0005"), "4", "2026-03-03 11:00")
    office.write("third@else.example", "Ещё вопрос", "Когда?", "2026-03-03 11:01")
    office.ok("2026-03-03 11:05")
    assert office.row("Сделки", "D-2026-0005")["Статус продажи"] == "тендер"
    numbers = [str(row["№"]) for tab in ("Обучение", "Обращения") for row in office.rows(tab)]
    assert len(set(numbers)) == len(numbers)


def test_a_letter_that_somebody_else_wrote_stands_for_none_of_ours(office: House) -> None:
    """Whoever knows a case's number could put a copy with our headers into the mailbox; its reply address gives it away."""
    back_up(office)
    office.deal(f"{DAY} 11:00", FIRST, ONE, "ООО «Новый»", inn(120))
    restore(office)
    forged = office.root / "mail/sent/new/1772438400.Mabcd.partnerdesk"
    head = f"X-Partner-Key: {'ab' * 32}\nX-Partner-Case: D-2026-0005\nX-Partner-Template: deal-registered\nTo: {FIRST}\n"
    forged.write_text(f"{head}Reply-To: partners+{'a' * 26}@vendor.example\n\n.\n", encoding="utf-8")
    office.ok(f"{DAY} 11:10")
    forged.unlink()
    assert office.mail("deal-registered", number="D-2026-0005").to == FIRST


def _lose_an_hour(office: House) -> None:
    """Two questions and a deal come after the backup; then the ledger is made from it."""
    back_up(office)
    office.write("who@else.example", "Цена", "Сколько стоит?", f"{DAY} 11:00")
    office.ok(f"{DAY} 11:01")
    office.write("other@else.example", "Условия", "Какие условия?", f"{DAY} 11:02")
    office.deal(f"{DAY} 11:03", FIRST, ONE, "ООО «Новый»", inn(120))
    office.ok(f"{DAY} 11:05")


@pytest.mark.parametrize("first", ["no workbook", "no letters"])
def test_what_cannot_be_read_at_first_is_waited_for(office: House, first: str) -> None:
    """Numbers are given only when it is known which were given, and are known for as long as letters are to be read again."""
    _lose_an_hour(office)
    told = sorted(letter.message_id for letter in office.mails())
    shown = {tab: office.rows(tab) for tab in ("Сделки", "Обращения")}
    restore(office)
    office.write("third@else.example", "Ещё вопрос", "Когда?", f"{DAY} 11:10")
    if first == "no workbook":
        aside = office.book.rename(office.book.with_name("aside"))
        office.book.write_bytes(b"no workbook")
        assert "letters and deadlines wait" in office.once(f"{DAY} 11:15").err
        aside.replace(office.book)
    else:
        for job in ("ingest_forms", "send_mail", "write_sheet"):
            assert office.run("job", job, "--now", f"{DAY}T11:15+03:00").code == 0
    office.ok(f"{DAY} 11:20")
    office.ok(f"{DAY} 11:25")
    assert office.rows("Сделки") == shown["Сделки"]
    *before, last = (row["№"] for row in office.rows("Обращения"))
    assert before == [row["№"] for row in shown["Обращения"]]
    assert last not in before
    new = [letter for letter in office.mails() if letter.message_id not in told]
    assert [letter.to for letter in new if letter.template != "staff-attention"] == ["third@else.example"]


def test_a_tab_that_is_stopped_at_first_is_caught_up_with_later(office: House) -> None:
    _lose_an_hour(office)
    told = {letter.message_id for letter in office.mails()}
    deals = office.rows("Сделки")
    restore(office)

    def head(text: str, instead: str) -> None:
        edit(office, lambda book: setattr(book["Сделки"].cell(1, place(book["Сделки"], text)), "value", instead))

    head("№", "что-то")
    office.once(f"{DAY} 11:15")
    head("что-то", "№")
    assert "такого № нет" not in office.ok(f"{DAY} 11:20").err
    office.ok(f"{DAY} 11:25")
    assert [(row["№"], row["Состояние"]) for row in office.rows("Сделки")] == [(row["№"], row["Состояние"]) for row in deals]
    new = {letter.template for letter in office.mails() if letter.message_id not in told}
    assert new <= {"staff-attention", "deal-terms-changed"}


def test_a_slip_in_a_number_does_not_carry_all_others_away(office: House) -> None:
    _lose_an_hour(office)
    last = office.rows("Обращения")[-1]["№"]
    office.set_cell("Обращения", str(last), "№", "Q-2026-999999999")
    restore(office)
    office.once(f"{DAY} 11:15")
    office.write("third@else.example", "Ещё вопрос", "Когда?", f"{DAY} 11:20")
    office.once(f"{DAY} 11:25")
    assert str(office.rows("Обращения")[-1]["№"]) < "Q-2026-0010"


def test_questions_keep_their_numbers_in_a_sheet_without_personal_data(office: House) -> None:
    office.configure('personal_data = "shown"', 'personal_data = "masked"')
    _lose_an_hour(office)
    shown = office.rows("Обращения")
    assert "w***@else.example" in shown[-2].values()
    restore(office)
    office.ok(f"{DAY} 11:15")
    assert office.rows("Обращения") == shown


@pytest.mark.parametrize("forms", ["in the workbook", "exported"])
def test_a_ledger_that_was_lost_is_not_begun_anew_over_the_workbook_of_another(office: House, forms: str) -> None:
    """Every letter would go once more, and what staff decided would be written over: it is told, and waited for."""
    office.set_cell("Сделки", "D-2026-0001", "Решение сотрудника", "Аннулировать")
    if forms == "exported":
        answers = f"02.03.2026 09:00:00;{FIRST};Вопрос;Сколько стоит?;{ONE}\n"
        head = "Отметка времени;Адрес электронной почты;Тема;Текст;ИНН партнёра\n"
        (office.root / "forms/answers.csv").write_text(head + answers, encoding="utf-8")
    office.ok(f"{DAY} 10:30")
    back_up(office)
    book, told = office.book.read_bytes(), sorted(letter.message_id for letter in office.mails())
    for file in office.root.glob("ledger.db*"):
        file.rename(file.with_name(f"lost-{file.name}"))
    office.write("who@else.example", "Вопрос", "Сколько стоит?", f"{DAY} 11:00")
    for minute in (1, 5):
        done = office.once(f"{DAY} 11:0{minute}")
        assert (done.code, "D-2026-0001" in done.err, "letters and deadlines wait" in done.err) == (1, True, True), done
    assert office.run("job", "ingest_mail", "--now", f"{DAY}T11:06+03:00").code == 0
    assert office.book.read_bytes() == book
    (warning,) = [letter for letter in office.mails() if letter.message_id not in told]
    assert (warning.template, "D-2026-0001" in warning.text) == ("staff-attention", True)
    found = office.run("doctor", "--now", f"{DAY}T11:06+03:00")
    assert (found.code, "shows cases of another one" in found.err) == (1, True)

    restore(office)
    office.ok(f"{DAY} 11:10")
    assert office.row("Сделки", "D-2026-0001")["Состояние"] == "Аннулирована"
    new = {letter.template for letter in office.mails() if letter.message_id not in told}
    assert new == {"staff-attention", "question-received"}


def test_numbers_that_people_typed_into_a_new_workbook_hold_nothing_up(tmp_path: Path) -> None:
    """Whoever kept deals by hand before copies them in, numbers and all; «Журнал» tells that no ledger worked on that book."""
    house = House(tmp_path / "home")
    house.init(staff=["staff@vendor.example"])
    house.add("Сделки", **{"№": "D-2026-0007", "Заказчик": "ООО «Старый»"})
    house.partner("a@one.example", "ООО «Один»", inn(1))
    house.once("2026-03-02 10:00")
    assert house.row("Партнёры", "P-0001")["Авторизация"] == "Авторизован"
    assert house.row("Сделки", "D-2026-0007")["Заказчик"] == "ООО «Старый»"


def test_a_lost_ledger_without_any_copy_is_made_from_that_of_an_empty_home(office: House, tmp_path: Path) -> None:
    """As docs/running.md tells: forms, letters and the sheet make up for it, and nothing is sent twice."""
    office.set_cell("Сделки", "D-2026-0001", "Решение сотрудника", "Аннулировать")
    office.ok(f"{DAY} 10:30")
    shown = [(row["№"], row["Состояние"]) for row in office.rows("Сделки")]
    told = sorted(letter.message_id for letter in office.mails())
    empty = House(tmp_path / "empty")
    assert [empty.run(*command).code for command in (("init",), ("job", "read_sheet"), ("backup", str(tmp_path / "b.db")))] == [
        0,
        0,
        0,
    ]
    for file in office.root.glob("ledger.db*"):
        file.unlink()
    assert office.run("restore", str(tmp_path / "b.db")).code == 0
    office.ok(f"{DAY} 11:10")
    office.ok(f"{DAY} 11:15")
    assert [(row["№"], row["Состояние"]) for row in office.rows("Сделки")] == shown
    new = [(letter.template, letter.number) for letter in office.mails() if letter.message_id not in told]
    assert not [template for template, _ in new if template in ("deal-registered", "deal-annulled", "partner-authorised")], new


def test_a_workbook_that_is_made_anew_is_told(office: House) -> None:
    """It lacks the forms' answers and staff's own tabs; whoever has a copy of it puts that back, and nothing is done twice."""
    office.ok(f"{DAY} 10:30")
    aside = office.book.rename(office.root / "aside")
    told = [letter.message_id for letter in office.mails()]
    done = office.ok(f"{DAY} 10:40")
    assert "partners.xlsx" in done.err
    assert [row["№"] for row in office.rows("Сделки")] == [f"D-2026-000{number}" for number in (1, 2, 3, 4)]
    office.ok(f"{DAY} 10:45")
    (warning,) = [letter for letter in office.mails() if letter.message_id not in told]
    assert (warning.template, "сделала её заново" in warning.text) == ("staff-attention", True)
    aside.replace(office.book)
    assert "partners.xlsx" not in office.ok(f"{DAY} 10:50").err
    assert len(office.rows("Форма Сделка")) == 4
    assert len(office.mails()) == len(told) + 1
