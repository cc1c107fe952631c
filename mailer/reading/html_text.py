"""The text of an HTML letter, as a person would read it off the screen."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_BLOCKS = frozenset(
    (
        *("address", "article", "aside", "center", "dd", "div", "dl", "dt", "footer", "form", "header"),
        *("hr", "li", "main", "ol", "p", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "section", "table", "tr", "ul"),
    )
)
_SILENT = frozenset(("head", "style", "script", "title", "template", "noscript"))


def html_text(html: str) -> str:
    """The text of an HTML body: breaks and blocks as lines, quotes marked with `>`, links followed by their address, cells parted
    by tabs.
    """
    reader = _HtmlReader()
    reader.feed(_tame(html))
    reader.close()
    return reader.text()


def _tame(html: str) -> str:
    """HTML without comments and declarations, and with stray `<` as text: the library's parser takes quadratic time over unclosed
    ones.
    """
    kept: list[str] = []
    at = 0
    while (start := html.find("<!--", at)) >= 0:
        kept.append(html[at:start])
        end = html.find("-->", start + 4)
        if end < 0:
            at = len(html)
            break
        at = end + 3
    kept.append(html[at:])
    first, *tags = "".join(kept).split("<")
    pieces = [first]
    for tag in tags:
        inside, closed, after = tag.partition(">")
        if not closed or len(inside) > 50_000:
            pieces.append("&lt;" + tag)
        elif inside[:1] in ("!", "?"):
            pieces.append(after)
        else:
            pieces.append("<" + tag)
    return "".join(pieces)


class _HtmlReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._lines: list[str] = []
        self._line: list[str] = []
        self._quotes = 0
        self._silent = ""
        self._links: list[tuple[str, int]] = []
        self._lists: list[int | None] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._silent == "head" and (tag in _BLOCKS or tag in ("body", "br")):
            self._silent = ""  # its end tag may be left out
        if self._silent:
            return
        if tag in _SILENT:
            self._silent = tag
        elif tag == "br":
            self._break(keep_blank=True)
        elif tag == "blockquote":
            self._break()
            self._quotes = min(self._quotes + 1, 50)
        elif tag == "a":
            self._links.append((dict(attrs).get("href") or "", len(self._line)))
        elif tag in _BLOCKS:
            self._break()
            self._list_tag(tag, dict(attrs))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("br", "hr") or tag not in _SILENT:
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if self._silent:
            if tag in (self._silent, "body", "html"):
                self._silent = ""
        elif tag == "blockquote":
            self._break()
            self._quotes = max(self._quotes - 1, 0)
        elif tag == "a" and self._links:
            self._link(*self._links.pop())
        elif tag in ("td", "th"):
            self._line.append("\t")
        elif tag in _BLOCKS:
            self._break(keep_blank=tag == "p")
            if tag in ("ol", "ul") and self._lists:
                self._lists.pop()

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._line.append(re.sub(r"[ \t\r\n\f]+", " ", data))

    def text(self) -> str:
        """What was read so far."""
        self._break()
        return "\n".join(self._lines)

    def _list_tag(self, tag: str, attrs: dict[str, str | None]) -> None:
        if tag in ("ol", "ul"):
            start = attrs.get("start") or "1"
            self._lists.append((int(start) if re.fullmatch(r"\d{1,4}", start, re.ASCII) else 1) if tag == "ol" else None)
        elif tag == "li" and self._lists and self._lists[-1] is not None:
            self._line.append(f"{self._lists[-1]}. ")
            self._lists[-1] += 1

    def _link(self, target: str, since: int) -> None:
        shown = "".join(self._line[since:])
        if target.lower().startswith(("http://", "https://")) and target.strip("/") not in shown:
            self._line.append(f" <{target.strip()}>")

    def _break(self, keep_blank: bool = False) -> None:
        line = re.sub(r" *\t[ \t]*", "\t", re.sub(" +", " ", "".join(self._line).replace("\u00a0", " "))).strip()
        self._line.clear()
        self._links = [(target, 0) for target, _ in self._links]
        if line or (keep_blank and self._lines and self._lines[-1].strip("> ")):
            self._lines.append(f"{'>' * self._quotes} {line}".rstrip() if self._quotes else line)
