"""Prices: the price list with its look-ups, and the figures of an offer (КП)."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from cases.identity import article_key, one_line, product_key
from cases.model import Offer, OfferLine
from cases.staff_lines import PriceLine

_KOPECK = Decimal("0.01")
_SEPARATOR = re.compile(r"[,;\n]")
_BULLET = re.compile(r"^\s*(?:[-–—•·*▪●]|\d{1,2}[.)])\s+")


class NotPricedError(LookupError):
    """A product of the deal stands in the price list no more; the message names it."""


@dataclass(frozen=True, slots=True)
class PricedProduct:
    """A product as asked for and found in `Прайс`: article and name as they stand there, `key` its product key."""

    article: str
    name: str
    key: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a piece of text was found to be; `ambiguous`: a name that several lines share, and the first was taken."""

    line: PriceLine
    ambiguous: bool


@dataclass(frozen=True, slots=True)
class PriceList:
    """The lines of `Прайс`, look-ups prepared once. Where two lines share an article or a name, the first comes first."""

    lines: tuple[PriceLine, ...] = ()
    _by_article: dict[str, PriceLine] = field(init=False, repr=False, compare=False)
    _by_name: dict[str, list[PriceLine]] = field(init=False, repr=False, compare=False)
    _by_both: dict[str, PriceLine] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_article: dict[str, PriceLine] = {}
        by_name: dict[str, list[PriceLine]] = {}
        by_both: dict[str, PriceLine] = {}
        for line in self.lines:
            if article := article_key(line.article):
                by_article.setdefault(article, line)
                for both in ("{a} {n}", "{n} {a}", "{n} ({a})", "{a} - {n}", "{n} - {a}", "{a}: {n}", "{n}, {a}"):
                    by_both.setdefault(_key_of_both(both.format(a=line.article, n=line.name)), line)
            if name := product_key(line.name):
                by_name.setdefault(name, []).append(line)
        object.__setattr__(self, "_by_article", by_article)
        object.__setattr__(self, "_by_name", by_name)
        object.__setattr__(self, "_by_both", by_both)

    def by_article(self, article: str) -> PriceLine | None:
        """The line of that article."""
        return self._by_article.get(article_key(article))

    def by_name(self, name: str) -> tuple[PriceLine, ...]:
        """Every line of that name."""
        return tuple(self._by_name.get(product_key(name), ()))

    def find(self, text: str) -> Found | None:
        """The line that this text names by article, by name, or by both."""
        line = self.by_article(text)
        if line is not None:
            return Found(line, ambiguous=False)
        named = self._by_name.get(product_key(text))
        if named:
            return Found(named[0], ambiguous=len(named) > 1)
        line = self._by_both.get(_key_of_both(text))
        return None if line is None else Found(line, ambiguous=False)

    def suggest(self, text: str) -> str:
        """The name (or article) in the list that is close to this text, "" if none is."""
        close = difflib.get_close_matches(product_key(text)[:200], self._by_name, n=1, cutoff=0.6)
        if close:
            return self._by_name[close[0]][0].name
        close = difflib.get_close_matches(article_key(text)[:200], self._by_article, n=1, cutoff=0.75)
        return self._by_article[close[0]].article if close else ""

    def line_of(self, product: PricedProduct) -> PriceLine:
        """The line that prices this product: the article's if it still bears that name, else the name's first.

        Raises NotPricedError when neither is in the list any more.
        """
        line = self.by_article(product.article) if product.article else None
        if line is not None and product_key(line.name) == product.key:
            return line
        named = self._by_name.get(product.key)
        if named:
            return named[0]
        raise NotPricedError(product.name)


def _key_of_both(text: str) -> str:
    return product_key(text).upper()


def read_products(text: str, prices: PriceList) -> tuple[tuple[PricedProduct, ...], tuple[str, ...], tuple[PricedProduct, ...]]:
    """What a list of products names: those found, the pieces that are unknown, and those found whose name several lines share.

    Separated by `,`, `;` or line breaks; a name that holds a separator itself is found because the longest piece is tried first.
    """
    cuts = [-1, *(match.start() for match in _SEPARATOR.finditer(text)), len(text)]
    found: dict[tuple[str, str], PricedProduct] = {}
    ambiguous: dict[tuple[str, str], PricedProduct] = {}
    unknown: dict[str, None] = {}
    longest = 1 + max((len(_SEPARATOR.findall(line.name)) for line in prices.lines), default=0) + 1
    start = 0
    while start < len(cuts) - 1:
        for end in range(min(start + longest, len(cuts) - 1), start, -1):
            piece = text[cuts[start] + 1 : cuts[end]].strip()
            hit = prices.find(piece) or prices.find(_BULLET.sub("", piece).rstrip(". "))
            if hit is not None:
                product = PricedProduct(hit.line.article, hit.line.name, product_key(hit.line.name))
                found[product.article, product.key] = product
                if hit.ambiguous:
                    ambiguous[product.article, product.key] = product
                start = end
                break
        else:
            piece = one_line(_BULLET.sub("", text[cuts[start] + 1 : cuts[start + 1]]))
            if any(ch.isalnum() for ch in piece):
                unknown[piece] = None
            start += 1
    return tuple(found.values()), tuple(unknown), tuple(ambiguous.values())


def kopecks(amount: Decimal) -> Decimal:
    """Rounded half up to kopecks."""
    return amount.quantize(_KOPECK, ROUND_HALF_UP)


def offer_lines(products: Sequence[PricedProduct], licences: int, discount: Decimal, prices: PriceList) -> list[OfferLine]:
    """A line for each product, each with the deal's quantity and discount (percent).

    Raises NotPricedError; ValueError on a discount outside 0..100.
    """
    if not 0 <= discount <= 100:
        raise ValueError(f"discount {discount} is outside 0..100")
    lines = []
    for product in products:
        line = prices.line_of(product)
        list_price = kopecks(line.price)
        price = kopecks(list_price * (100 - discount) / 100)
        lines.append(
            OfferLine(
                article=line.article,
                name=line.name,
                term_months=line.term_months,
                quantity=licences,
                list_price=list_price,
                discount=discount,
                price=price,
                total=price * licences,
            )
        )
    return lines


def total(lines: Iterable[OfferLine]) -> Decimal:
    """The sum of the lines, in kopecks."""
    return kopecks(sum((line.total for line in lines), Decimal(0)))


def offer(number: str, on: date, lines: Sequence[OfferLine], discount: Decimal, valid_days: int) -> Offer:
    """The offer with its prices frozen; valid through `valid_days` days after its date."""
    return Offer(number, on, on + timedelta(days=valid_days), list(lines), total(lines), discount)
