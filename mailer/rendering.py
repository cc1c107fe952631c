"""Letters in words: from a template's name and its frozen facts to subject, plain text and HTML.

Each letter is one file of `templates/letters`, rendered twice: `layout.j2` and `blocks.j2` come from `templates/text` or from
`templates/html`, so that both parts say the same. Templates choose among words: they decide nothing, reckon no dates, and call
nothing but macros.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from jinja2 import FileSystemLoader, StrictUndefined, Template, TemplateError, meta, nodes
from jinja2.sandbox import SandboxedEnvironment

from cases.letters import ADDED, COMMON, LETTERS
from cases.listing import Listed
from cases.model import Mail
from mailer import format as russian
from mailer.wording import (
    TERMS,
    attention,
    attention_step,
    citation,
    condition,
    count_name,
    deadline,
    hoarder,
    outage,
    outage_mend,
    unclear,
)

TEMPLATES = Path(__file__).parent / "templates"
_PARTS = ("text", "html")
_SPACES = re.compile(r"[ \t\r\n]+")  # a no-break space stays
_BLANKS = re.compile(r"\n{3,}")
_DATE_IN_WORDS = re.compile(r"(?:\b\d{1,2} )?\b[а-я]{3,8} \d{4} г\.")
_SUBJECT_LIMIT = 60
_TYPED = frozenset({"greeting", "partner", "customer", "name", "subject", "text", "line", "region", "distributor"})
"""Facts that hold what anybody may type into a form or a letter. Keys, leads and addresses of materials are staff's."""
_LINK = re.compile(
    r"(?:\b[a-z][a-z0-9+.-]{1,20}://|\bwww\.|\bmailto:|\b(?:[\w-]{1,63}\.){1,8}(?:[a-z]{2,24}|рф)/)[^\s«»<>\"]*", re.I
)
LINK = "[ссылка]"
"""What stands in a letter where somebody typed a link; the spreadsheet shows it as it was typed."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A letter in words; the subject ends with the case's number in brackets."""

    subject: str
    text: str
    html: str


def render(mail: Mail) -> Rendered:
    """Word a letter. Raises jinja2's UndefinedError when a fact is missing, TemplateNotFound for an unknown template."""
    text, html = _letter("text", mail.template), _letter("html", mail.template)
    context = _clean({**ADDED.get(mail.template, {}), **mail.context})
    subject = _flow("".join(text.blocks["subject"](text.new_context(context))))
    number = f" [{mail.number}]" if mail.number else ""
    plain = _BLANKS.sub("\n\n", text.render(context)).strip() + "\n"
    return Rendered(subject + number, _full_stops(plain), _held(_full_stops(html.render(context))))


def listing_page(partners: Iterable[Listed]) -> str:
    """The list of partners as a fragment of HTML: everything escaped, no scripts. `partners` in the order of the list."""
    tiers = [(_term(tier), [asdict(line) for line in lines]) for tier, lines in groupby(partners, key=attrgetter("tier"))]
    return _environment("html").get_template("listing.j2").render(_clean({"tiers": tiers}))


def check_templates() -> list[str]:
    """What is wrong with the templates, a line each; [] when they are well. For `doctor`; reads the files, renders nothing."""
    found = {path.stem for path in (TEMPLATES / "letters").glob("*.j2") if not path.stem.startswith("_")}
    faults = [f"{name}: no template" for name in sorted(LETTERS.keys() - found)]
    faults += [f"{name}: a template that no letter uses" for name in sorted(found - LETTERS.keys())]
    for name in sorted(found & LETTERS.keys()):
        source = (TEMPLATES / "letters" / f"{name}.j2").read_text(encoding="utf-8")
        try:
            tree = _environment("text").parse(source)
            blocks = _letter("text", name).blocks.keys() & _letter("html", name).blocks.keys()
        except TemplateError as error:
            faults.append(f"{name}: {error}")
            continue
        unknown = meta.find_undeclared_variables(tree) - {*COMMON, *LETTERS[name], "m", "s"}
        faults += [f"{name}: fact {fact} is not given" for fact in sorted(unknown)]
        faults += [f"{name}: no block {block}" for block in ("subject", "body") if block not in blocks]
        faults += [
            f"{name}: line {call.lineno} calls something that is no macro"
            for call in tree.find_all(nodes.Call)
            if not _is_macro(call)
        ]
    return faults


def _is_macro(call: nodes.Call) -> bool:
    target = call.node
    return isinstance(target, nodes.Getattr) and isinstance(target.node, nodes.Name) and target.node.name in ("m", "s")


@cache
def _letter(part: str, name: str) -> Template:
    return _environment(part).get_template(f"{name}.j2")


@cache
def _environment(part: str) -> SandboxedEnvironment:
    environment = SandboxedEnvironment(
        loader=FileSystemLoader([TEMPLATES / part, TEMPLATES / "letters"]),
        autoescape=part == "html",
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
    )
    environment.filters |= _FILTERS
    return environment


def _flow(text: str) -> str:
    return _SPACES.sub(" ", text).strip()


def _full_stops(text: str) -> str:
    """A sentence that ends with a date needs no second full stop."""
    return text.replace(" г..", " г.")


def _held(html: str) -> str:
    """A date in words is not broken at the end of a line."""
    return _DATE_IN_WORDS.sub(lambda found: found[0].replace(" ", russian.NBSP), html)


def _brief(text: str) -> str:
    return text if len(text) <= _SUBJECT_LIMIT else text[: _SUBJECT_LIMIT - 1].rstrip() + "…"


def _term(name: str) -> str:
    return TERMS.get(name, name)


def _count_rows(counts: Mapping[str, object]) -> list[tuple[str, object]]:
    return [(count_name(name), count) for name, count in counts.items()]


def _line_rows(lines: Iterable[Mapping[str, str]]) -> list[tuple[str, str]]:
    return [
        (
            line["number"] or "Без номера",
            line["text"] + (f" (ответить до {russian.moment(line['due_at'])})" if line.get("due_at") else ""),
        )
        for line in lines
    ]


def _deadline_rows(lines: Iterable[Mapping[str, str]]) -> list[tuple[str, str]]:
    return [(russian.short_day(line["on"]), deadline(line)) for line in lines]


def _lead_rows(leads: Iterable[Mapping[str, str]]) -> list[tuple[str, str]]:
    return [(lead["number"], f"{lead['lead']}: ответить до {russian.moment(lead['take_up_by'])}") for lead in leads]


def _unclear_lines(lines: Iterable[Mapping[str, str]]) -> list[str]:
    return [f"«{_brief(line['line'])}» – {unclear(line['why'])}" for line in lines]


def _hoarder_rows(lines: Iterable[Mapping[str, object]]) -> list[tuple[str, str]]:
    return [(f"{line['name']}, {line['number']}", hoarder({name: str(value) for name, value in line.items()})) for line in lines]


_FILTERS: Mapping[str, Callable[..., object]] = {
    "day": russian.day,
    "short_day": russian.short_day,
    "month": russian.month,
    "moment": russian.moment,
    "short_moment": russian.short_moment,
    "money": russian.money,
    "percent": russian.percent,
    "plural": russian.plural,
    "number": float,
    "term": _term,
    "cite": citation,
    "condition": condition,
    "attention": attention,
    "attention_step": attention_step,
    "outage": outage,
    "outage_mend": outage_mend,
    "span": russian.span,
    "count_rows": _count_rows,
    "line_rows": _line_rows,
    "deadline_rows": _deadline_rows,
    "hoarder_rows": _hoarder_rows,
    "lead_rows": _lead_rows,
    "unclear_lines": _unclear_lines,
    "brief": _brief,
    "flow": _flow,
}


def _clean(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise TypeError(f"a letter's facts are a dict, not {type(value).__name__}")
    return {str(name): _plain(item, str(name)) for name, item in value.items()}


def _plain(value: object, name: str) -> object:
    """Strings on one line, without control characters or marks that turn the direction of writing; where strangers typed them,
    without links, which any mail program would make ready to be clicked.
    """
    if isinstance(value, str):
        if value.isalnum():
            return value
        line = _flow("".join(" " if ch in "\r\n\t\v\f\x85\u2028\u2029" else ch for ch in value if _printable(ch)))
        return _LINK.sub(LINK, line) if name in _TYPED else line
    if isinstance(value, dict):
        return {str(inner): _plain(item, str(inner)) for inner, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item, name) for item in value]
    return value


def _printable(char: str) -> bool:
    return char in "\r\n\t\v\f\x85\u2028\u2029" or unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn")
