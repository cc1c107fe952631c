"""Letters of the time that a backup does not know: what went out does not go twice, and stands for nothing that is new."""

from __future__ import annotations

from tests.scenarios.desk_work import DAY, SECOND, TWO, back_up, restore
from tests.scenarios.house import House, Sent, inn

TERMS = "deal-terms-changed"


def _discount(office: House, figure: int) -> None:
    office.set_cell("Сделки", "D-2026-0002", "Скидка %", figure)


def _new(office: House, told: list[Sent]) -> list[Sent]:
    """Letters to partners that are not among those."""
    known = {letter.message_id for letter in told}
    return [one for one in office.mails() if one.message_id not in known and one.template != "staff-attention"]


def _says(letter: Sent, figure: int) -> bool:
    return f"{figure} %" in letter.text.replace("\u00a0", " ")


def test_what_staff_typed_after_the_loss_is_told_though_a_letter_of_that_kind_went_before_it(office: House) -> None:
    """The ledger is gone, and people go on working in the sheet: the copy in the mailbox names the figure before theirs."""
    back_up(office)
    _discount(office, 15)
    office.ok(f"{DAY} 11:00")
    told = office.mails()
    assert _says(office.mail(TERMS), 15)
    _discount(office, 17)
    restore(office)
    office.ok(f"{DAY} 12:00")
    office.ok(f"{DAY} 12:05")
    (letter,) = _new(office, told)
    assert (letter.template, letter.number) == (TERMS, "D-2026-0002")
    assert _says(letter, 17)


def test_a_copy_that_nothing_was_decided_anew_for_does_not_stand_for_what_comes_later(office: House) -> None:
    """Of two changes the sheet shows the second alone; a third one comes right after the ledger has caught up."""
    back_up(office)
    for minute, figure in ((0, 15), (5, 17)):
        _discount(office, figure)
        office.ok(f"{DAY} 11:0{minute}")
    told = office.mails()
    restore(office)
    office.ok(f"{DAY} 12:00")
    _discount(office, 19)
    office.ok(f"{DAY} 12:05")
    office.ok(f"{DAY} 12:10")
    (letter,) = _new(office, told)
    assert _says(letter, 19)


def test_the_last_word_counts_when_a_figure_went_back_to_what_was_told_before(office: House) -> None:
    """15, then 12 were told; back to 15 after the loss: whoever was told 12 last has to hear of it."""
    back_up(office)
    for minute, figure in ((0, 15), (5, 12)):
        _discount(office, figure)
        office.ok(f"{DAY} 11:0{minute}")
    told = office.mails()
    _discount(office, 15)
    restore(office)
    office.ok(f"{DAY} 12:00")
    office.ok(f"{DAY} 12:05")
    (letter,) = _new(office, told)
    assert _says(letter, 15)


def test_a_webinar_that_was_moved_after_the_loss_is_told(office: House) -> None:
    number = str(office.rows("Обучение")[0]["№"])
    back_up(office)
    office.set_cell("Обучение", number, "Дата", "10.03.2026")
    office.ok(f"{DAY} 11:00")
    told = office.mails()
    assert "10 марта" in office.mails("training-invitation", number=number)[-1].text
    office.set_cell("Обучение", number, "Дата", "12.03.2026")
    restore(office)
    office.ok(f"{DAY} 12:00")
    office.ok(f"{DAY} 12:05")
    (letter,) = _new(office, told)
    assert (letter.template, letter.number) == ("training-invitation", number)
    assert "12 марта" in letter.text


def test_answers_to_what_came_after_the_loss_go_out(office: House) -> None:
    """Two letters of one partner about one deal: the first was answered, the second came when nobody was at work."""
    back_up(office)
    registered = office.mail("deal-registered", number="D-2026-0001")
    office.reply(registered, "сделка проиграна", f"{DAY} 11:00")
    office.ok(f"{DAY} 11:05")
    office.reply(office.mail("reply-confirm"), "2", f"{DAY} 11:10")
    office.ok(f"{DAY} 11:15")
    told = office.mails()
    office.reply(registered, "мы сделку проиграли", f"{DAY} 11:30")
    restore(office)
    office.ok(f"{DAY} 12:00")
    office.ok(f"{DAY} 12:05")
    (letter,) = _new(office, told)
    assert letter.template == "reply-confirm"


def test_what_another_worker_delivers_between_two_passes_is_looked_for_too(office: House) -> None:
    """Staff's word ended a deal in the lost hour, and its rival got the customer: both are known from the sheet alone."""
    office.deal(f"{DAY} 10:20", SECOND, TWO, "ООО «Заказчик 4»", inn(104))
    office.ok(f"{DAY} 10:30")
    assert office.row("Сделки", "D-2026-0005")["Состояние"] == "На рассмотрении"
    back_up(office)
    office.set_cell("Сделки", "D-2026-0004", "Состояние", "Отозвана")
    office.ok(f"{DAY} 11:00")
    told = office.mails()
    assert office.mail("deal-registered", number="D-2026-0005")
    restore(office)
    office.ok(f"{DAY} 12:00")
    assert office.run("job", "send_mail", "--now", f"{DAY}T12:02+03:00").code == 0
    office.ok(f"{DAY} 12:05")
    office.ok(f"{DAY} 12:10")
    assert [(one.template, one.number) for one in _new(office, told)] == []
