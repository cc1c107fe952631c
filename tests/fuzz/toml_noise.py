"""Files of settings and figures with something wrong in them."""

from __future__ import annotations

from hypothesis import strategies as st

VALUES = [
    *(
        "0",
        "1",
        "-1",
        "10**9",
        "9" * 30,
        "1e400",
        "nan",
        "inf",
        "0.5",
        "true",
        "false",
        "[]",
        "{}",
        "[1, 2]",
        "{a = 1}",
        "[[1], [2]]",
    ),
    *('""', '"white"', '"ждём"', '"2026-13-40"', "2026-02-30", "2026-07-01", "07:32:00", '["white"]', '[["a"]]', "x", "'''x'''"),
    *('"../../etc/passwd"', '"env:"', '"file:"', '"sqlite:///"', '"\\u0000"', '"€$&"'),
]
"""What may stand to the right of a key, and mostly should not."""

LINES = [
    "[deals]",
    "[[tier]]",
    "[mail]",
    "[[mail]]",
    "= 1",
    "a",
    'x = "',
    "\x00",
    "[",
    '[columns."Форма Сделка"]',
    "\ufeff",
    "b.c = 1",
]


@st.composite
def spoilt(draw: st.DrawFn, text: str) -> str:
    """The text of a TOML file after up to four slips: values replaced, lines lost, doubled, moved, thrown in, cut."""
    lines = text.splitlines()
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(lines) - 1)) if lines else 0
        match draw(st.sampled_from(["value", "value", "value", "drop", "double", "swap", "insert", "cut"])):
            case "value" if lines and "=" in lines[at]:
                lines[at] = f"{lines[at].partition('=')[0]}= {draw(st.sampled_from(VALUES) | st.integers().map(str))}"
            case "drop" if lines:
                del lines[at]
            case "double" if lines:
                lines.insert(at, lines[at])
            case "swap" if lines:
                other = draw(st.integers(0, len(lines) - 1))
                lines[at], lines[other] = lines[other], lines[at]
            case "insert":
                lines.insert(at, draw(st.sampled_from(LINES) | st.text(max_size=20)))
            case "cut" if lines:
                lines[at] = lines[at][: draw(st.integers(0, len(lines[at])))]
            case _:
                pass
    return "\n".join(lines) + "\n"
