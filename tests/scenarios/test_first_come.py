"""Two partners, one customer: the first to register holds the deal («Регистрация сделки»)."""

from tests.scenarios.house import House, inn

ONE, TWO, CLIENT = inn(1), inn(2), inn(100)


def test_the_first_registers_and_the_second_is_told_why_not(house: House) -> None:
    house.partner("a@one.example", "ООО «Один»", ONE)
    house.partner("b@two.example", "ООО «Два»", TWO)
    house.deal("2026-03-02 10:01", "b@two.example", TWO, "ООО «Клиент»", CLIENT)
    house.deal("2026-03-02 10:00", "a@one.example", ONE, "Клиент ООО", CLIENT)
    house.once("2026-03-02 11:00")
    first, second = house.rows("Сделки")
    assert (first["Партнёр"], first["Состояние"], first["Скидка %"]) == ("ООО «Один»", "Зарегистрирована", 10)
    assert first["Действует до"].isoformat()[:10] == "2026-06-02"
    assert (second["Состояние"], second["Причина"][:4]) == ("Отказано", "3 – ")
    offer = house.mail("deal-registered", to="a@one.example")
    assert offer.pdf().startswith(b"%PDF")
    assert "45" in offer.text  # 10 × 5 000 less 10 %
    refusal = house.mail("deal-refused", to="b@two.example")
    assert "5" in refusal.text
    assert "Один" not in refusal.text
    later, earlier = house.rows("Форма Сделка")
    assert (earlier["№"], earlier["Решение"]) == ("D-2026-0001", "Принято")
    assert (later["№"], later["Решение"]) == ("D-2026-0002", "Отказано")
    assert later["Ответ отправлен"] is not None
    told = house.explain("D-2026-0002")
    assert told["state"]
    assert [reason["code"] for reason in told["decision"]["reasons"]] == ["3"]


def test_a_second_pass_changes_nothing(house: House) -> None:
    house.partner("a@one.example", "ООО «Один»", ONE)
    house.deal("2026-03-02 10:00", "a@one.example", ONE, "Клиент", CLIENT)
    house.once("2026-03-02 11:00")
    book, letters = house.book.read_bytes(), len(house.mails())
    house.once("2026-03-02 11:05")
    assert house.book.read_bytes() == book
    assert len(house.mails()) == letters
