"""Everything people type for an INN, a phone, an address, a site, a name."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.ru import inn as inn_check

from cases.identity import (
    Inn,
    NameKey,
    article_key,
    domain_of,
    fold_homoglyphs,
    may_speak,
    name_key,
    own_domains,
    product_key,
    read_address,
    read_inn,
    read_kpp,
    read_phone,
    site_domain,
    split_addresses,
    strip_invisible,
)

NBSP = "\u00a0"
FREE = frozenset({"mail.ru", "yandex.ru", "gmail.com"})


def valid_inn(body: str) -> str:
    return body + inn_check.calc_company_check_digit(body)


inns = st.text("0123456789", min_size=9, max_size=9).filter(lambda body: body.strip("0") != "").map(valid_inn)


# -- INN ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "7707083893",
        f" 77{NBSP}07{NBSP}083893 ",
        "ИНН 7707083893",
        "инн:7707083893",
        "ИНН № 7707083893",
        "INN 7707083893",
        "ИHH 7707083893",
        "7707083893.0",
        "7707083893,00",
        "7707-083-893",
        "7707–083893",
        "'7707083893",
        "７７０７０８３８９３",
        "7707\u200b083893",
        "\ufeff7707083893\n",
        "7707083893/",
    ],
)
def test_an_inn_is_read_in_every_shape(text: str) -> None:
    read = read_inn(text)
    assert (read.value, read.digits, read.code, read.remark, read.kpp) == ("7707083893", 10, "", "", "")


@pytest.mark.parametrize(
    "text",
    [
        "7707083893/770701001",
        "7707083893 / 770701001",
        "ИНН/КПП 7707083893/770701001",
        "ИНН 7707083893 КПП 770701001",
        "7707083893, КПП: 770701001",
        "7707083893, 770701001",
        "7707083893 770701001",
        "7707083893\\770701001",
    ],
)
def test_a_kpp_glued_to_the_inn_is_parted(text: str) -> None:
    read = read_inn(text)
    assert (read.value, read.code, read.kpp) == ("7707083893", "", "770701001")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "missing"),
        ("  \u00a0 ", "missing"),
        ("-", "missing"),
        ("ИНН", "missing"),
        ("77070838", "inn-length"),
        ("77070838931", "inn-length"),
        ("7707083893, 7728168971", "inn-not-digits"),
        ("000000000", "inn-length"),
        ("123456789", "inn-length"),
        ("0000000000", "inn-checksum"),
        ("000000000000", "inn-checksum"),
        ("7707083894", "inn-checksum"),
        ("500100732258", "inn-checksum"),
        ("7.70708E+09", "inn-scientific"),
        ("7,707083893Е+09", "inn-scientific"),
        ("7e9", "inn-scientific"),
        ("77O7083893", "inn-not-digits"),
        ("не знаю", "inn-not-digits"),
        ("٧٧٠٧٠٨٣٨٩٣", "inn-not-digits"),
        ("=7707083893", "inn-not-digits"),
    ],
)
def test_a_wrong_inn_is_named_and_has_no_value(text: str, code: str) -> None:
    read = read_inn(text)
    assert (read.value, read.digits, read.code) == ("", 0, code)


def test_a_persons_inn_has_twelve_digits() -> None:
    assert read_inn("5001 0073 2259") == Inn("500100732259", 12, "", "", "", "5001 0073 2259")


def test_a_lost_zero_is_restored_only_if_the_sum_then_holds() -> None:
    assert read_inn("105013021") == Inn("0105013021", 10, "", "inn-zero-restored", "", "105013021")
    assert read_inn("105013021.0").value == "0105013021"
    assert read_inn("105013022").code == "inn-length"


@given(inns, st.sampled_from(["{}", " {} ", "ИНН {}", "{}.0", "'{}", "{}\u00a0"]))
def test_every_valid_inn_is_read_whatever_stands_around_it(inn: str, shape: str) -> None:
    assert read_inn(shape.format(inn)).value == inn


@given(inns, st.lists(st.tuples(st.integers(0, 9), st.sampled_from(" -\u00a0\u2013\u200b")), max_size=5))
def test_spaces_and_dashes_within_do_no_harm(inn: str, marks: list[tuple[int, str]]) -> None:
    text = inn
    for place, mark in marks:
        text = text[:place] + mark + text[place:]
    assert read_inn(text).value == inn


@given(st.one_of(st.text(max_size=40), st.text(string.digits + " .,-/Ee", max_size=24)))
def test_an_inn_has_a_value_or_a_code_and_its_value_is_valid(text: str) -> None:
    read = read_inn(text)
    assert bool(read.value) != bool(read.code)
    assert read.digits == len(read.value)
    assert not read.value or (inn_check.is_valid(read.value) and read.value.strip("0"))


@pytest.mark.parametrize(
    ("text", "kpp"),
    [
        ("770701001", "770701001"),
        ("КПП 7707 01 001", "770701001"),
        ("7707АВ001", "7707AB001"),
        ("770701001.0", "770701001"),
        ("77070100", ""),
        ("000000000", ""),
        ("нет", ""),
        ("", ""),
    ],
)
def test_kpp(text: str, kpp: str) -> None:
    assert read_kpp(text) == kpp


# -- phones ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "phones"),
    [
        ("+7 495 123-45-67", ("+74951234567",)),
        ("8 (495) 123-45-67", ("+74951234567",)),
        ("74951234567", ("+74951234567",)),
        ("4951234567", ("+74951234567",)),
        ("+7–495–123–45–67", ("+74951234567",)),
        ("тел.: 8-495-123-45-67", ("+74951234567",)),
        ("89161234567.0", ("+79161234567",)),
        ("8 (495) 123-45-67 доб. 12", ("+74951234567;ext=12",)),
        ("8 (495) 123-45-67 доб. 12, +7 916 123-45-67", ("+74951234567;ext=12", "+79161234567")),
        ("8-916-123-45-67;8-916-123-45-68", ("+79161234567", "+79161234568")),
        ("8 495 123 45 67 8 916 123 45 67", ("+74951234567", "+79161234567")),
        ("8 495 123 45 67\n8 495 123 45 67", ("+74951234567",)),
        ("+375 29 123-45-67", ("+375291234567",)),
        ("123-45-67", ()),
        ("@ivan", ()),
        ("", ()),
    ],
)
def test_phones(text: str, phones: tuple[str, ...]) -> None:
    assert read_phone(text) == phones


@given(st.text(max_size=60))
def test_no_text_breaks_the_reading_of_phones(text: str) -> None:
    assert all(phone.startswith("+") for phone in read_phone(text))


# -- addresses -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("Ivan@Example.RU", "ivan@example.ru"),
        (" ivan@example.ru. ", "ivan@example.ru"),
        ("Иван Петров <Ivan@example.ru>", "ivan@example.ru"),
        ("mailto:ivan@example.ru", "ivan@example.ru"),
        ("ivan@firma.test", "ivan@firma.test"),
        ("ivan@почта.рф", "ivan@xn--80a1acny.xn--p1ai"),
        ("ivan@xn--80a1acny.xn--p1ai", "ivan@xn--80a1acny.xn--p1ai"),
        ("ivan@mаil.ru", ""),  # Cyrillic а
        ("ivаn@mail.ru", ""),
        ("ivan@xn--mil-6cd.ru", ""),
        ("ivan@localhost", ""),
        ("ivan@10.0.0.1", ""),
        ("ivan@", ""),
        ("ivan petrov@example.ru", ""),
        ("нет", ""),
        ("", ""),
    ],
)
def test_addresses(text: str, address: str) -> None:
    assert read_address(text) == address
    assert read_address(address) == address
    assert domain_of(address) == address.partition("@")[2]


@given(st.one_of(st.text(max_size=40), st.from_regex(r"[\w.+-]{1,12}@[\w.-]{1,20}", fullmatch=True)))
def test_an_address_read_twice_is_the_same(text: str) -> None:
    once = read_address(text)
    assert read_address(once) == once


def test_a_cell_may_hold_several_addresses() -> None:
    cell = "Иван <a@firma.ru>; c@d.ru,E@f.ru\ng@h.ru junk@ a@firma.ru"
    assert split_addresses(cell) == ("a@firma.ru", "c@d.ru", "e@f.ru", "g@h.ru")
    assert split_addresses("нет") == ()


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("https://www.Romashka.ru/about?x=1", "romashka.ru"),
        ("romashka.ru", "romashka.ru"),
        ("WWW.ROMASHKA.RU", "romashka.ru"),
        ("http:/romashka.ru", "romashka.ru"),
        ("https://romashka.ru:8080/#a", "romashka.ru"),
        ("https://romashka.ru@evil.ru/", "evil.ru"),
        ("https://firma.msk.ru", "firma.msk.ru"),
        ("почта.рф", "xn--80a1acny.xn--p1ai"),
        ("romashka.ru, romashka.com", "romashka.ru"),
        ("info@romashka.ru", "romashka.ru"),
        ("www.ru", "www.ru"),
        ("rоmashka.ru", ""),  # Cyrillic о
        ("http://127.0.0.1/", ""),
        ("есть", ""),
        ("", ""),
    ],
)
def test_sites(text: str, domain: str) -> None:
    assert site_domain(text) == domain


@given(st.text(max_size=40))
def test_no_text_breaks_the_reading_of_sites(text: str) -> None:
    domain = site_domain(text)
    assert not domain or site_domain(domain) == domain.removeprefix("www.") or domain.startswith("www")


def test_own_domains_are_neither_free_mail_nor_shared() -> None:
    contacts = ["a@mail.ru", "b@firma.ru", "c@e.mail.ru", "d@narod.ru", "e@firma.msk.ru", "junk"]
    assert own_domains("https://www.romashka.ru", contacts, FREE) == {"romashka.ru", "firma.ru", "firma.msk.ru"}
    assert own_domains("https://vk.com/romashka", ["a@gmail.com"], FREE) == set()
    assert own_domains("", [], FREE) == set()


@pytest.mark.parametrize(
    ("address", "speaks"),
    [
        ("Ivan@mail.ru", True),
        ("maria@yandex.ru", True),
        ("anyone@romashka.ru", True),
        ("anyone@msk.romashka.ru", True),
        ("anyone@notromashka.ru", False),
        ("anyone@romashka.ru.evil.ru", False),
        ("other@mail.ru", False),
        ("anyone@rоmashka.ru", False),
        ("", False),
        ("junk", False),
    ],
)
def test_who_may_speak(address: str, speaks: bool) -> None:
    assert may_speak(address, ["ivan@mail.ru"], ["Maria@Yandex.ru"], {"romashka.ru", ""}) is speaks


# -- names -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "ООО «Ромашка»",
        'ооо "РОМАШКА"',
        "Ромашка, ООО",
        "ООО“Ромашка”",
        "OOO Ромашка",  # Latin OOO
        "ОOО Ромашка",  # one Latin O
        "О.О.О. Ромашка",
        "О. О. О. «Ромашка»",
        "Общество с ограниченной ответственностью «Ромашка»",
        "общество  с ограниченной\u00a0ответственностью Ромашка",
        "ООО Pомaшкa",  # Latin P and a
        "ООО Ро\u200bмаш\u00adка",
        "ООО\u2003Ромашка\ufeff",
        "ООО «Рома\u0301шка»",
    ],
)
def test_spellings_of_one_name(name: str) -> None:
    assert name_key(name) == NameKey("РОМАШКА", "ООО")


@pytest.mark.parametrize(
    ("name", "key", "form"),
    [
        ("ПАО Сбербанк", "СБЕРБАНК", "ПАО"),
        ("Публичное акционерное общество «Сбербанк»", "СБЕРБАНК", "ПАО"),
        ("Закрытое акционерное общество Ёлка", "ЕЛКА", "ЗАО"),
        ("АО Е\u0308лка", "ЕЛКА", "АО"),
        ("ИП Иванов Иван", "ИВАНОВ ИВАН", "ИП"),
        ("Индивидуальный предприниматель Иванов", "ИВАНОВ", "ИП"),
        ("РАО ЕЭС", "РАО ЕЭС", ""),
        ("PAO Gazprom", "GAZPROM", "ПАО"),
        ("Softline LLC", "SOFTLINE", "LLC"),
        ("SОFTLINE", "SOFTLINE", ""),  # a Cyrillic О in a Latin word
        ("BEKTOP", "BEKTOP", ""),  # all Latin stays Latin
        ("ВЕКТОР", "ВЕКТОР", ""),
        ("ООО", "ООО", ""),
        ("Школа № 5", "ШКОЛА 5", ""),
        ("Ромашка-Сервис", "РОМАШКА СЕРВИС", ""),
        ("", "", ""),
    ],
)
def test_names(name: str, key: str, form: str) -> None:
    assert name_key(name) == NameKey(key, form)


words = st.sampled_from(
    ["ООО", "OOO", "О.О.О.", "АО", "«Ромашка»", "Pомашка", "общество", "акционерное", "А.", "И.И.", "№5", "ё", "ß", "ŉ"]
)
names = st.one_of(
    st.text(max_size=40), st.lists(words, max_size=6).map(" ".join), st.text("ОOАA.«» оoİßŉ\u0301\u0308еи", max_size=20)
)


@given(names)
def test_a_name_key_is_its_own_key(name: str) -> None:
    key = name_key(name).key
    assert name_key(key).key == key


@given(names)
def test_a_product_key_is_its_own_key(name: str) -> None:
    key = product_key(name)
    assert product_key(key) == key


@given(names)
def test_an_article_key_is_its_own_key(article: str) -> None:
    key = article_key(article)
    assert article_key(key) == key


@pytest.mark.parametrize(
    "name",
    [
        "Стахановец: Полный контроль – учёт, отчёты",
        "СТАХАНОВЕЦ:  полный\u00a0контроль-учет,отчеты",
        "«Стaхановец: Полный контроль» — учет , отчёты",  # Latin a
        "Стахановец®: Полный контроль - учет, отчёты",
    ],
)
def test_spellings_of_one_product(name: str) -> None:
    assert product_key(name) == "стахановец: полный контроль-учет, отчеты"


def test_spellings_of_one_article() -> None:
    assert {article_key(text) for text in ("STK-12", "stk–12", "SТК-12", " STK - 12 ")} == {"STK-12"}
    assert article_key("1001.0") == "1001"


def test_homoglyphs_are_folded_only_where_a_word_mixes_scripts() -> None:
    assert fold_homoglyphs("COMEX СОМЕХ 1C 1С") == "COMEX СОМЕХ 1C 1С"
    assert fold_homoglyphs("PОМАШКА SОFT ЖZ") == "РОМАШКА SOFT ЖZ"


def test_invisible_characters_go_and_line_breaks_stay() -> None:
    assert strip_invisible("a\x00b\u202e\n\tc\ud800\uffff") == "ab\n\tc"
