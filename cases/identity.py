"""Who somebody is: INN, КПП, phone, address, domain, and the keys under which names are compared.

Everything here takes what people type and returns values; nothing raises on bad input.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from stdnum.ru import inn as inn_check

# -- text --------------------------------------------------------------------------

_DASHES = re.compile("[\u2010-\u2015\u2212\u2043\ufe58\ufe63\uff0d\u00ad-]")
_QUOTES = re.compile("[\"'`´«»“”„‟‘’‚‛‹›″′＂＇]")
_LATIN = "ABCEHKMOPTXY"
_CYRILLIC = "АВСЕНКМОРТХУ"
_TO_CYRILLIC = str.maketrans(_LATIN, _CYRILLIC)
_TO_LATIN = str.maketrans(_CYRILLIC, _LATIN)
_WORD = re.compile(r"[^\W_]+")
_HAS_LATIN = re.compile("[A-Z]")
_HAS_CYRILLIC = re.compile("[\u0400-\u052f]")


def strip_invisible(text: str) -> str:
    """Without control, zero-width, bidi and unencodable characters; line breaks and tabs stay."""
    if text.isprintable():
        return text
    return "".join(
        ch for ch in text if ch in "\n\t" or (unicodedata.category(ch) not in ("Cc", "Cf", "Cs") and ord(ch) & 0xFFFE != 0xFFFE)
    )


def one_line(text: str) -> str:
    """Invisible characters out, every run of white space (NBSP too) one space."""
    return " ".join(strip_invisible(text.replace("\r", "\n")).split())


def _plain(text: str) -> str:
    """One line, NFKC."""
    return one_line(unicodedata.normalize("NFKC", text))


def _fold_word(match: re.Match[str]) -> str:
    word = match.group()
    if not (_HAS_LATIN.search(word) and _HAS_CYRILLIC.search(word)):
        return word
    cyrillic = word.translate(_TO_CYRILLIC)
    if not _HAS_LATIN.search(cyrillic):
        return cyrillic
    latin = word.translate(_TO_LATIN)
    return word if _HAS_CYRILLIC.search(latin) else latin


def fold_homoglyphs(text: str) -> str:
    """In upper-case text: words that mix Latin and Cyrillic become one script, where the twelve look-alikes allow it."""
    return _WORD.sub(_fold_word, text)


KEY_LENGTH = 500
"""No key is longer: a database has to index it."""


def _settled(text: str, step: Callable[[str], str]) -> str:
    """`step` until nothing changes: upper-casing may undo NFKC, so that one pass is not always enough."""
    for _ in range(8):
        again = step(text)
        if again == text:
            break
        text = again
    return text


# -- INN and КПП ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Inn:
    """An INN as read. `value`: the clean number, "" when `code` says what is wrong. `digits`: 10 or 12, 0 when there is none.

    `code`: "" or one of `missing`, `inn-length`, `inn-checksum`, `inn-scientific`, `inn-not-digits`.
    `remark`: "" or `inn-zero-restored`.
    `kpp`: a КПП that was glued to it. `typed`: what was written, cleaned, for the sentence about the fault.
    """

    value: str
    digits: int
    code: str
    remark: str
    kpp: str = ""
    typed: str = ""


_INN_PREFIX = re.compile(r"^(?:[иi][нhn]{2})(?:\s*/\s*[кk][пp]{2})?[\s:.№#/-]*", re.IGNORECASE)
_KPP_PREFIX = re.compile(r"[\s/\\|;,]*(?:[кk][пp]{2}|kpp)[\s:.№#-]*", re.IGNORECASE)
_SCIENTIFIC = re.compile(r"^\d+(?:[.,]\d+)?[eеEЕ][+-]?\d+$", re.ASCII)
_KPP = re.compile(r"^[0-9]{4}[0-9A-Z]{2}[0-9]{3}$")
_GLUED = re.compile(r"^([0-9]{10})([0-9]{4}[0-9A-Z]{2}[0-9]{3})$")
_INN_LIMIT = 200


def read_inn(text: str) -> Inn:
    """Read an INN as people and spreadsheets write it: spaces, prefix, `.0`, hyphens, a lost leading zero, a КПП behind it."""
    typed = _plain(text[:_INN_LIMIT].replace("№", " "))  # NFKC would make "No" of it
    rest = _QUOTES.sub("", typed).strip()
    rest = _INN_PREFIX.sub("", rest)
    kpp = ""
    head, *tail = re.split(r"[/\\|;]|(?<=\d)\s*,(?=\s*\d{4}[\dA-Z]{2}\d{3}$)", _KPP_PREFIX.sub("/", rest), maxsplit=1)
    if tail and head.strip() and (not tail[0].strip() or (kpp := read_kpp(tail[0]))):
        rest = head
    rest = rest.replace(" ", "")
    if _SCIENTIFIC.match(rest):
        return Inn("", 0, "inn-scientific", "", kpp, typed)
    rest = re.sub(r"[.,]0*$", "", _DASHES.sub("", rest))
    if glued := _GLUED.match(rest):
        rest, kpp = glued.group(1), glued.group(2)
    if not rest:
        return Inn("", 0, "missing", "", kpp, typed)
    if not re.fullmatch("[0-9]+", rest):
        return Inn("", 0, "inn-not-digits", "", kpp, typed)
    if len(rest) == 9 and rest.strip("0") and inn_check.is_valid("0" + rest):
        return Inn("0" + rest, 10, "", "inn-zero-restored", kpp, typed)
    if len(rest) not in (10, 12):
        return Inn("", 0, "inn-length", "", kpp, typed)
    if not rest.strip("0") or not inn_check.is_valid(rest):
        return Inn("", 0, "inn-checksum", "", kpp, typed)
    return Inn(rest, len(rest), "", "", kpp, typed)


def read_kpp(text: str) -> str:
    """A КПП, or "" when there is none that can be read."""
    rest = _KPP_PREFIX.sub("", _QUOTES.sub("", _plain(text[:_INN_LIMIT].replace("№", " "))), count=1)
    rest = _DASHES.sub("", re.sub(r"\.0+$", "", rest.replace(" ", ""))).upper().translate(_TO_LATIN)
    return rest if _KPP.match(rest) and rest.strip("0") else ""


# -- phones ------------------------------------------------------------------------------

_RUSSIAN_NUMBER = re.compile(r"(?<!\d)(?:\+?7|8)?[\s().-]*\d(?:[\s().-]*\d){9}(?!\d)", re.ASCII)


def read_phone(text: str) -> tuple[str, ...]:
    """All phones in a cell, E.164, an extension as `;ext=12`; () when none can be read."""
    plain = _DASHES.sub("-", _plain(text[:1000]))
    found: list[phonenumbers.PhoneNumber] = [match.number for match in phonenumbers.PhoneNumberMatcher(plain, "RU")]
    if not found:
        found = [
            match.number
            for match in phonenumbers.PhoneNumberMatcher(plain, "RU", leniency=phonenumbers.Leniency.POSSIBLE)
            if phonenumbers.is_possible_number_with_reason(match.number) == phonenumbers.ValidationResult.IS_POSSIBLE
        ]
    if not found:
        for piece in _RUSSIAN_NUMBER.findall(plain):
            try:
                number = phonenumbers.parse(piece, "RU")
            except phonenumbers.NumberParseException:
                continue
            if phonenumbers.is_valid_number(number):
                found.append(number)
    written = (
        phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        + (f";ext={number.extension}" if number.extension else "")
        for number in found
    )
    return tuple(dict.fromkeys(written))


# -- addresses and domains ------------------------------------------------------------------

_ANGLE = re.compile(r"<([^<>]*)>")

_SOCIAL_LIST = """
vk.com vk.ru ok.ru t.me telegram.me wa.me youtube.com rutube.ru dzen.ru facebook.com instagram.com linkedin.com taplink.cc 2gis.ru
hh.ru avito.ru ozon.ru wildberries.ru google.com disk.yandex.ru
"""
_SOCIAL = frozenset(_SOCIAL_LIST.split())  # sites that many share: a page there makes nobody the owner of the domain

_ZONE_LIST = """
com.ru net.ru org.ru pp.ru msk.ru spb.ru nov.ru ru.com ru.net co.uk com.ua com.kz org.kz com.by narod.ru ucoz.ru ucoz.com ucoz.net
tilda.ws wixsite.com github.io gitlab.io blogspot.com wordpress.com nethouse.ru umi.ru jimdo.com business.site turbo.site
clients.site web.app netlify.app vercel.app
"""
_ZONES = frozenset(
    _ZONE_LIST.split()
)  # strangers hold names below these: such a name is somebody's own, the zone itself is nobody's


def _mixed_script(label: str) -> bool:
    scripts = {unicodedata.name(ch, "? ").split()[0] for ch in label if ch.isalpha()}
    return len(scripts) > 1


def _ascii_domain(domain: str) -> str:
    """A domain in ASCII, lower case; "" when it is none or mixes scripts within a label."""
    domain = domain.strip(".").lower()
    if "." not in domain or any(_mixed_script(part) for part in re.split(r"[.-]", domain)):
        return ""
    try:
        checked = validate_email(f"x@{domain}", check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return ""
    if any(_mixed_script(part) for part in re.split(r"[.-]", checked.domain)):  # an A-label may hide a mixture
        return ""
    found: str = checked.ascii_domain
    return "" if found.rpartition(".")[2].isdigit() else found.lower()


@lru_cache(maxsize=65536)
def read_address(text: str) -> str:
    """A mail address, lower case, its domain in ASCII; "" when it is none, or when a label mixes scripts (`mаil.ru`)."""
    plain = _plain(text[:1000])
    if angle := _ANGLE.search(plain):
        plain = angle.group(1)
    plain = re.sub(r"^mailto:", "", plain.strip(" \"'«»<>()[],;"), flags=re.IGNORECASE).rstrip(".").lower()
    local, at, domain = plain.rpartition("@")
    domain = _ascii_domain(domain)
    if not at or not domain or any(_mixed_script(part) for part in re.split(r"[.+_-]", local)):
        return ""
    try:
        checked = validate_email(f"{local}@{domain}", check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return ""
    return f"{checked.local_part.lower()}@{domain}"


def split_addresses(text: str) -> tuple[str, ...]:
    """The readable addresses of a cell that holds several, with names beside them or not."""
    pieces = re.split(r"[\s,;<>()]+", strip_invisible(text.replace("\r", "\n"))) if "@" in text else []
    return tuple(dict.fromkeys(address for piece in pieces if "@" in piece and (address := read_address(piece))))


def domain_of(address: str) -> str:
    """The domain of an address that was read by `read_address`; "" when there is none."""
    return address.rpartition("@")[2].lower() if "@" in address else ""


def site_domain(text: str) -> str:
    """The domain of a site as typed (URL or host, the first of several), ASCII, without `www`; "" when there is none.

    A host is not cut down further: without a list of public suffixes `firma.msk.ru` must not become `msk.ru`.
    """
    plain = re.split(r"[\s,;]+", _plain(text[:2000]).strip(" \"'«»<>()[],;"))[0]
    plain = re.sub(r"^[a-z][a-z0-9+.-]*:/{0,2}|^//", "", plain, flags=re.IGNORECASE)
    host = re.split(r"[/?#\\]", plain, maxsplit=1)[0].rpartition("@")[2]
    host = re.sub(r":\d*$", "", host).lower()
    return _ascii_domain(re.sub(r"^www\d*\.(?=[^.]+\.[^.])", "", host))


_SITE = re.compile(r"(?:(?P<scheme>https?)://)?(?P<host>[^\s/?#\\@:]+)(?P<port>:\d{1,5})?(?P<rest>[/?#].*)?", re.IGNORECASE)


def site_link(text: str) -> str:
    """An address to link to a site as typed (the first of several): `http` or `https` (where none was typed), everything else in
    it plain ASCII; "" when it is no such address (`javascript:`, `user@host`).
    """
    typed = re.split(r"[\s,;]+", strip_invisible(text[:2000]).strip(" \"'«»<>()[],;"))[0]
    match = _SITE.fullmatch(typed)
    host = _ascii_domain(match["host"]) if match else ""
    if match is None or not host:
        return ""
    rest = quote(match["rest"] or "/", safe="/?#&=%.~_-+:@!$*")
    return f"{(match['scheme'] or 'https').lower()}://{host}{match['port'] or ''}{rest}"


def is_shared_zone(domain: str) -> bool:
    """Is it a zone below which strangers hold names of their own (`com.ru`)?"""
    return domain in _ZONES


def is_free_mail(domain: str, free_mail_domains: Collection[str]) -> bool:
    """Does the domain belong to a free-mail provider (or lie below one)?"""
    above = domain.split(".")
    return any(".".join(above[start:]) in free_mail_domains for start in range(len(above) - 1))


def own_domains(site: str, contacts: Iterable[str], free_mail_domains: Collection[str]) -> set[str]:
    """The partner's own domains: the site's and those of the contacts, without free mail, social networks and shared zones."""
    found = {site_domain(site), *(domain_of(read_address(contact)) for contact in contacts)}
    free = {domain.strip().lower() for domain in free_mail_domains} | _SOCIAL
    return {domain for domain in found if domain and domain not in _ZONES and not is_free_mail(domain, free)}


def may_speak(address: str, contacts: Iterable[str], staff_contacts: Iterable[str], domains: Collection[str]) -> bool:
    """May this address speak for the partner: a known contact, or any address on (or below) one of its own `domains`?"""
    spoken = read_address(address)
    if not spoken:
        return False
    if any(spoken == read_address(known) for group in (contacts, staff_contacts) for known in group):
        return True
    domain = domain_of(spoken)
    return any(domain == own or domain.endswith("." + own) for own in domains if own)


# -- names ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NameKey:
    """A name for comparison: `key` without legal form, quotes, case; `legal_form` as its abbreviation, "" if there is none."""

    key: str
    legal_form: str


_LEGAL_PHRASES = {
    "ОБЩЕСТВО С ОГРАНИЧЕННОЙ ОТВЕТСТВЕННОСТЬЮ": "ООО",
    "ОБЩЕСТВО С ДОПОЛНИТЕЛЬНОЙ ОТВЕТСТВЕННОСТЬЮ": "ОДО",
    "ПУБЛИЧНОЕ АКЦИОНЕРНОЕ ОБЩЕСТВО": "ПАО",
    "НЕПУБЛИЧНОЕ АКЦИОНЕРНОЕ ОБЩЕСТВО": "НАО",
    "ОТКРЫТОЕ АКЦИОНЕРНОЕ ОБЩЕСТВО": "ОАО",
    "ЗАКРЫТОЕ АКЦИОНЕРНОЕ ОБЩЕСТВО": "ЗАО",
    "АКЦИОНЕРНОЕ ОБЩЕСТВО": "АО",
    "ИНДИВИДУАЛЬНЫЙ ПРЕДПРИНИМАТЕЛЬ": "ИП",
    "ФЕДЕРАЛЬНОЕ ГОСУДАРСТВЕННОЕ УНИТАРНОЕ ПРЕДПРИЯТИЕ": "ФГУП",
    "ГОСУДАРСТВЕННОЕ УНИТАРНОЕ ПРЕДПРИЯТИЕ": "ГУП",
    "МУНИЦИПАЛЬНОЕ УНИТАРНОЕ ПРЕДПРИЯТИЕ": "МУП",
    "ФЕДЕРАЛЬНОЕ ГОСУДАРСТВЕННОЕ БЮДЖЕТНОЕ УЧРЕЖДЕНИЕ": "ФГБУ",
    "ФЕДЕРАЛЬНОЕ ГОСУДАРСТВЕННОЕ КАЗЕННОЕ УЧРЕЖДЕНИЕ": "ФГКУ",
    "ГОСУДАРСТВЕННОЕ БЮДЖЕТНОЕ УЧРЕЖДЕНИЕ": "ГБУ",
    "ГОСУДАРСТВЕННОЕ КАЗЕННОЕ УЧРЕЖДЕНИЕ": "ГКУ",
    "МУНИЦИПАЛЬНОЕ БЮДЖЕТНОЕ УЧРЕЖДЕНИЕ": "МБУ",
    "МУНИЦИПАЛЬНОЕ КАЗЕННОЕ УЧРЕЖДЕНИЕ": "МКУ",
    "АВТОНОМНАЯ НЕКОММЕРЧЕСКАЯ ОРГАНИЗАЦИЯ": "АНО",
    "НЕКОММЕРЧЕСКАЯ ОРГАНИЗАЦИЯ": "НКО",
    "LIMITED LIABILITY COMPANY": "LLC",
    "PAO": "ПАО",
    "ZAO": "ЗАО",
}
_LEGAL_ABBREVIATIONS = (
    "ООО ОДО ПАО НАО ОАО ЗАО АО ИП ФГУП ГУП МУП ФКП ФГБУ ФГКУ ФГБОУ ФГАОУ ГБУ ГКУ ГАУ МБУ МКУ МАУ АНО НКО ТСЖ КФХ ТОО "
    "LLC LTD INC GMBH JSC PJSC"
)
_LEGAL_FORMS: dict[tuple[str, ...], str] = {tuple(phrase.split()): code for phrase, code in _LEGAL_PHRASES.items()} | {
    (code,): code for code in _LEGAL_ABBREVIATIONS.split()
}
_LONGEST_FORM = max(len(words) for words in _LEGAL_FORMS)
_DOTTED = re.compile(r"(?<!\w)(?:[^\W\d_]\.\s?){1,4}[^\W\d_](?!\w)\.?")


def _form_of(words: list[str]) -> str:
    """The legal form that exactly these words are, Latin look-alikes (`OOO`) included."""
    return _LEGAL_FORMS.get(tuple(words)) or _LEGAL_FORMS.get(tuple(word.translate(_TO_CYRILLIC) for word in words), "")


def _join_dotted(match: re.Match[str]) -> str:
    letters = [re.sub(r"[.\s]", "", match.group())]
    return f" {letters[0]} " if _form_of(letters) else match.group()


def _folded(text: str) -> str:
    """NFKC, upper case, ё→е, marks and zero-width out, homoglyphs folded."""
    text = unicodedata.normalize("NFKC", strip_invisible(text.replace("№", " ")))
    text = unicodedata.normalize("NFKC", text.upper()).replace("Ё", "Е")
    if not text.isascii():
        text = "".join(ch for ch in text if unicodedata.category(ch) not in ("Mn", "Me", "Cf"))
    return fold_homoglyphs(text)


def _cut_form(words: list[str]) -> tuple[list[str], str]:
    for length in range(min(_LONGEST_FORM, len(words) - 1), 0, -1):
        if form := _form_of(words[:length]):
            return words[length:], form
        if form := _form_of(words[-length:]):
            return words[:-length], form
    return words, ""


@lru_cache(maxsize=65536)
def name_key(name: str) -> NameKey:
    """The key under which company names are equal: legal form, case, ё/е, punctuation and homoglyphs do not distinguish."""
    text = _DOTTED.sub(_join_dotted, _settled(name[:2000], _folded))
    words = _settled(re.sub(r"[\W_]+", " ", text), _folded).split()
    legal_form = ""
    while True:
        words, form = _cut_form(words)
        if not form:
            break
        legal_form = legal_form or form
    return NameKey(" ".join(words)[:KEY_LENGTH].rstrip(), legal_form)


def _product_step(text: str) -> str:
    text = fold_homoglyphs(_plain(re.sub("[®™©]", "", text)).upper()).casefold().replace("ё", "е")
    text = re.sub(r"\s*-\s*", "-", _DASHES.sub("-", _QUOTES.sub("", text)))
    return one_line(re.sub(r"\s*([,;])\s*", r"\1 ", text))


@lru_cache(maxsize=65536)
def product_key(name: str) -> str:
    """The key under which product names are equal: case, ё/е, quotes, kinds of dash, spaces and homoglyphs do not distinguish."""
    return _settled(name[:2000], _product_step)[:KEY_LENGTH].rstrip()


def _article_step(text: str) -> str:
    text = _plain(text).upper().replace(" ", "").replace("Ё", "Е").translate(_TO_LATIN)
    return re.sub(r"^([0-9]+)\.0+$", r"\1", _DASHES.sub("-", text))


@lru_cache(maxsize=65536)
def article_key(article: str) -> str:
    """The key under which articles are equal: case, spaces, kinds of dash and all twelve homoglyphs do not distinguish."""
    return _settled(article[:2000], _article_step)
