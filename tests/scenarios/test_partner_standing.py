"""The month's letter on where a partner stands, and one reply that updates many deals («Партнерские статусы»)."""

from __future__ import annotations

import re
import shutil
import sqlite3
from pathlib import Path

import pytest

from tests.scenarios.house import ROOT, House, Sent, inn

PARTNER, OTHER_PARTNER = inn(1), inn(2)
ADDRESS, OTHER = "a@one.example", "b@two.example"
DEALS = 5


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> House:
    """Two partners authorised in March, the first with five deals of the 30th; April's letters went out on the 1st."""
    house = House(tmp_path_factory.mktemp("prepared") / "home")
    house.init(staff=["staff@vendor.example"])
    house.partner(ADDRESS, "ООО «Один»", PARTNER, at="2026-03-30 09:00")
    house.partner(OTHER, "ООО «Два»", OTHER_PARTNER, at="2026-03-30 09:01")
    for place in range(1, DEALS + 1):
        house.deal(f"2026-03-30 09:{place + 10}", ADDRESS, PARTNER, f"ООО «Клиент {place}»", inn(100 + place))
    house.deal("2026-03-30 09:30", OTHER, OTHER_PARTNER, "ООО «Чужой»", inn(150))
    house.ok("2026-03-30 10:00")
    house.ok("2026-04-01 09:00")
    return house


@pytest.fixture
def house(prepared: House, tmp_path: Path) -> House:
    """A copy of it for one story."""
    shutil.copytree(prepared.root, tmp_path / "home")
    return House(tmp_path / "home")


def deal(place: int) -> str:
    return f"D-2026-{place:04}"


def letter(house: House) -> Sent:
    return house.mail("partner-standing", to=ADDRESS)


def plain(text: str) -> str:
    return " ".join(text.replace("\u00a0", " ").split())


def answer(house: House, text: str, to: Sent | None = None) -> str:
    """What the letter says that answers this reply; "" if none does."""
    known = {sent.message_id for sent in house.mails("partner-updated")}
    house.reply(to or letter(house), text, "2026-04-06 12:00")
    house.ok("2026-04-06 12:05")
    fresh = [sent for sent in house.mails("partner-updated") if sent.message_id not in known]
    assert len(fresh) <= 1
    return plain(fresh[0].text) if fresh else ""


def statuses(house: House) -> dict[str, tuple[str, str]]:
    """Number -> state and sale status of every deal."""
    return {row["№"]: (row["Состояние"], str(row["Статус продажи"])) for row in house.rows("Сделки")}


def changed(house: House, before: dict[str, tuple[str, str]]) -> dict[str, tuple[str, str]]:
    return {number: now for number, now in statuses(house).items() if now != before[number]}


# -- the letter ---------------------------------------------------------------------------------------


def test_the_letter_says_deals_deadlines_tier_and_distance(house: House) -> None:
    sent = letter(house)
    text = plain(sent.text)
    assert sent.subject == "Ваши сделки, сроки и статус: апрель 2026 г. [P-0001]"
    for words in (
        "Статус: Белый",
        "Скидка от РРЦ: 10 %",
        "Продажи за 12 месяцев: 0,00 ₽",
        "До статуса «Бронзовый» осталось выполнить:",
        "продажи ещё на 150 000,00 ₽",
        "1. D-2026-0001, ООО «Клиент 1»",
        "5. D-2026-0005, ООО «Клиент 5»",
        "Сообщить о ходе до: 13.04.2026",
        "Действует до: 30.06.2026",
        "Осталось продлений: 0",
        "обучение",
    ):
        assert words in text, words
    assert "Чужой" not in text
    assert "1. D-2026-0006, ООО «Чужой»" in plain(house.mail("partner-standing", to=OTHER).text)


def test_it_goes_once_a_month_on_the_first_business_day(house: House) -> None:
    for now in ("2026-04-01 09:05", "2026-04-15 10:00", "2026-05-01 12:00", "2026-05-03 12:00", "2026-05-04 08:59"):
        house.ok(now)  # May begins with holidays and a weekend
        assert len(house.mails("partner-standing", to=ADDRESS)) == 1, now
    house.ok("2026-05-04 09:00")
    assert "май 2026 г." in house.mails("partner-standing", to=ADDRESS)[-1].subject
    house.ok("2026-05-04 09:05")
    assert len(house.mails("partner-standing", to=ADDRESS)) == 2


def test_after_an_outage_it_goes_for_the_month_that_runs(house: House) -> None:
    house.ok("2026-06-08 11:00")  # nothing ran for two months
    subjects = [sent.subject for sent in house.mails("partner-standing", to=ADDRESS)]
    assert [re.findall(r"апрель|май|июнь", subject) for subject in subjects] == [["апрель"], ["июнь"]]
    house.ok("2026-06-09 09:00")
    assert len(house.mails("partner-standing", to=ADDRESS)) == 2


def test_who_is_authorised_this_month_or_not_at_all_gets_none(house: House) -> None:
    house.partner("c@three.example", "ООО «Три»", inn(3), at="2026-05-05 09:00")
    house.set_cell("Партнёры", "P-0002", "Решение сотрудника", "Деавторизовать")
    house.ok("2026-05-05 10:00")
    assert not house.mails("partner-standing", to="c@three.example")
    house.ok("2026-06-01 09:00")
    assert len(house.mails("partner-standing", to=OTHER)) == 1
    (first,) = house.mails("partner-standing", to="c@three.example")
    assert "Открытых сделок сейчас нет" in plain(first.text)
    assert "До статуса «Бронзовый» осталось выполнить:" in plain(first.text)


def test_a_pass_that_died_after_some_letters_sends_none_twice(house: House) -> None:
    ledger = sqlite3.connect(house.root / "ledger.db")
    with ledger:
        ledger.execute("DELETE FROM notes WHERE key = 'standing.month'")
    ledger.close()
    house.ok("2026-04-02 10:00")
    assert len(house.mails("partner-standing")) == 2


def test_an_edition_says_the_day_how_many_deals_and_whether_at_all(house: House) -> None:
    own = house.root / "editions" / "2026-05-01"
    shutil.copytree(ROOT / "programme" / "2024-01-01", own)
    house.configure("editions = []", 'editions = ["editions"]')
    edit(own / "edition.toml", "effective_from = 2024-01-01", "effective_from = 2026-05-01")
    edit(own / "tiers.toml", "deals_listed = 30", "deals_listed = 3")
    edit(own / "tiers.toml", "business_day = 1", "business_day = 3")
    house.ok("2026-05-05 10:00")
    assert len(house.mails("partner-standing", to=ADDRESS)) == 1
    house.ok("2026-05-06 09:00")
    may = house.mails("partner-standing", to=ADDRESS)[-1]
    assert "Ещё открыто: 2 сделки" in plain(may.text)
    assert "D-2026-0004" not in may.text.partition("БЛИЖАЙШИЕ СРОКИ")[0]
    edit(own / "tiers.toml", "monthly = true", "monthly = false")
    house.ok("2026-06-10 10:00")
    assert len(house.mails("partner-standing", to=ADDRESS)) == 2


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


# -- one reply for many deals ----------------------------------------------------------------------------


def test_lines_update_their_deals_and_one_letter_says_so(house: House) -> None:
    told = answer(house, "Добрый день!\n\n1 – в работе\n2) тендер\n4: КП отправлено\n\nС уважением, Мария")
    now = statuses(house)
    assert [now[deal(place)][1] for place in range(1, 6)] == ["в работе", "тендер", "", "КП отправлено", ""]
    assert f"{house.row('Сделки', deal(1))['Обновить до']:%d.%m.%Y}" == "20.04.2026"
    assert f"{house.row('Сделки', deal(3))['Обновить до']:%d.%m.%Y}" == "13.04.2026"
    for words in ("1. D-2026-0001", "2. D-2026-0002", "4. D-2026-0004", "Следующее сообщение до: 20.04.2026"):
        assert words in told
    assert "D-2026-0003" not in told
    assert not house.rows("Обращения")
    assert len(house.mails("status-report")) == 0


def test_all_and_a_deal_by_its_number(house: House) -> None:
    answer(house, "все – переговоры\nD-2026-0005 – отложена")
    assert [statuses(house)[deal(place)][1] for place in range(1, 7)] == ["переговоры"] * 4 + ["отложена", ""]


def test_final_words_are_asked_back_in_the_same_letter(house: House) -> None:
    before = statuses(house)
    told = answer(house, "1 – выиграна\n2 – проиграна\n3 – отозвать\n4 – в работе")
    assert set(changed(house, before)) == {deal(4)}
    assert "ждём подтверждения" in told
    assert not house.mails("reply-confirm")
    asked = house.mail("partner-updated")
    assert asked.subject.startswith("Подтвердите завершение сделок")
    confirmed = answer(house, "1", to=asked)
    now = statuses(house)
    assert [now[deal(place)][0] for place in range(1, 5)] == ["Выиграна", "Проиграна", "Отозвана", "Зарегистрирована"]
    assert confirmed.count("Сделка закрыта") == 3
    again = answer(house, "да", to=asked)
    assert again.count("Уже завершена, ничего не изменили") == 3


def test_two_declines_what_was_asked_back(house: House) -> None:
    answer(house, "все – проиграна")
    asked = house.mail("partner-updated")
    before = statuses(house)
    told = answer(house, "2 – нет", to=asked)
    assert told.count("Осталась как была") == DEALS
    assert statuses(house) == before
    assert answer(house, "1", to=asked).count("Осталась как была") == DEALS, "it was declined"
    assert statuses(house) == before


def test_extension_for_several_says_what_came_of_each(house: House) -> None:
    house.set_cell("Партнёры", "P-0001", "Статус", "Бронзовый")
    told = answer(house, "1, 2 – продлить\n3 – в работе\n3 – продлить регистрацию")
    assert told.count("Регистрация продлена; Действует до: 30.09.2026") == 3
    assert statuses(house)[deal(3)][1] == "в работе"
    told = answer(house, "1 – продлить")
    assert "В продлении отказано; Причина: все продления" in told


def test_a_line_that_is_not_understood_is_told_and_can_be_sent_again(house: House) -> None:
    before = statuses(house)
    told = answer(house, "1 – в работе\n2 – 4\n3\n17 – тендер\n4 – тендер\n4 – отложена")
    assert set(changed(house, before)) == {deal(1)}
    for line in ("«2 – 4» – вместо цифры", "«3» – после номера", "«17 – тендер» – такого номера", "«4 – отложена» – об одной"):
        assert line in told, line
    assert not house.rows("Обращения")
    answer(house, "2 – тендер", to=house.mails("partner-updated")[-1])
    assert statuses(house)[deal(2)][1] == "тендер"


def test_a_figure_alone_does_nothing_but_say_how(house: House) -> None:
    before = statuses(house)
    told = answer(house, "1")
    assert statuses(house) == before
    assert "Ничего не изменилось: • «1» – после номера нужно слово из списка" in told
    assert not house.rows("Обращения")


def test_what_is_written_besides_goes_to_people(house: House) -> None:
    told = answer(house, "1 – в работе\n2 – заказчик просит скидку побольше\nКогда будет новая версия?")
    assert statuses(house)[deal(1)][1] == "в работе"
    (question,) = house.rows("Обращения")
    assert "Когда будет новая версия?" in question["Текст"]
    assert "заказчик просит скидку" in question["Текст"]
    assert f"прочтёт сотрудник, номер обращения {question['№']}" in told
    assert not house.mails("question-received"), "one reply, one answer"


def test_a_reply_without_a_line_is_a_question(house: House) -> None:
    before = statuses(house)
    assert answer(house, "Подскажите, пожалуйста, что с нашей скидкой? Мы ведём 2 сделки.") == ""
    assert statuses(house) == before
    assert len(house.rows("Обращения")) == 1
    assert len(house.mails("question-received")) == 1


def test_a_deal_that_is_over_is_told(house: House) -> None:
    house.set_cell("Сделки", deal(2), "Решение сотрудника", "Аннулировать")
    house.ok("2026-04-03 10:00")
    told = answer(house, "2 – в работе\n3 – тендер")
    assert "2. D-2026-0002, ООО «Клиент 2» Уже завершена, ничего не изменили; Состояние: Аннулирована" in told
    assert statuses(house)[deal(2)] == ("Аннулирована", "")
    assert statuses(house)[deal(3)][1] == "тендер"


def test_another_partners_deal_is_never_touched(house: House) -> None:
    before = statuses(house)
    told = answer(house, "D-2026-0006 – проиграна\nD-2026-0777 – в работе\n1 – в работе")
    assert set(changed(house, before)) == {deal(1)}
    assert "«D-2026-0006» – такой сделки у вас нет" in told
    assert "«D-2026-0777» – такой сделки у вас нет" in told
    assert "Чужой" not in told


def test_only_a_known_contact_with_a_token_speaks(house: House) -> None:
    before = statuses(house)
    house.reply(letter(house), "1 – в работе", "2026-04-06 12:00", sender="x@stranger.example")
    house.write(ADDRESS, f"Re: {letter(house).subject}", "1 – в работе", "2026-04-06 12:01", In_Reply_To=letter(house).message_id)
    house.ok("2026-04-06 12:05")
    assert statuses(house) == before
    assert not house.mails("partner-updated")
    assert len(house.rows("Обращения")) == 2


def test_an_old_letters_lines_are_the_old_letters_deals(house: House) -> None:
    """The list is the one that the answered letter showed, though the deals that stand there now are others."""
    house.set_cell("Сделки", deal(1), "Решение сотрудника", "Аннулировать")
    for place in range(2, DEALS + 1):
        house.reply(house.mail("deal-registered", number=deal(place)), "1", f"2026-04-{place:02} 12:00")
    house.ok("2026-05-04 09:00")
    april, may = house.mails("partner-standing", to=ADDRESS)
    assert "1. D-2026-0002" in may.text
    answer_at = "2026-05-05 12:00"
    house.reply(may, "1 – тендер", answer_at)
    house.reply(april, "3 – отложена", answer_at)
    house.ok("2026-05-05 12:05")
    now = statuses(house)
    assert (now[deal(2)][1], now[deal(3)][1]) == ("тендер", "отложена")


def test_the_list_of_a_status_report_is_answered_alike(house: House) -> None:
    house.write(ADDRESS, "статус", "статус", "2026-04-06 11:00", Authentication_Results="mx; none")
    house.reply(letter(house), "статус", "2026-04-06 11:00")
    house.ok("2026-04-06 11:05")
    report = house.mail("status-report", to=ADDRESS)
    assert "Номер в списке: 3" in report.text
    answer(house, "3 – тендер", to=report)
    assert statuses(house)[deal(3)][1] == "тендер"


def test_quoted_lines_of_our_own_letter_say_nothing(house: House) -> None:
    quoted = "\n".join("> " + line for line in letter(house).text.splitlines())
    before = statuses(house)
    answer(house, f"2 – тендер\n\n01.04.2026 09:00, партнёрский отдел пишет:\n{quoted}")
    assert set(changed(house, before)) == {deal(2)}
