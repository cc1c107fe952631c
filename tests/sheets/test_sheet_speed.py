"""10 000 rows of a form and 10 000 deals in one book: read, parse, merge and write within bounds, on one core."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

_SCRIPT = """
import sys, time
from datetime import datetime
from pathlib import Path
sys.path.insert(0, {tests!r})
from tests.sheets.sheet_books import Desk, deal
from sheets.port import Changes, RowAppend
from sheets.reading import form_rows

desk = Desk(Path({path!r}))
numbers = [f"D-2026-{{serial:05}}" for serial in range(10_000)]
rows = [RowAppend("Форма Сделка", str(serial), {{
    "stamp": datetime(2026, 3, 2, 10, 5, 7), "address": f"a{{serial}}@partner.ru", "partner_inn": "7707083893",
    "customer": f"ООО Заказчик {{serial}}", "customer_inn": "0105013021", "kind": "Новая",
    "products": "Стахановец Про; Стахановец",
    "licences": serial, "customer_contact": "Иванов", "comment": "комментарий"}}) for serial in range(10_000)]
desk.file.write(Changes((), rows), desk.file.fingerprint(), "s")
start = time.process_time()
forms, _ = form_rows(desk.file.read())
print("read and parse", round(time.process_time() - start, 2))
due = datetime(2026, 3, 4, 18)
answers = {{row.key: {{"number": number, "answer": "Принято", "due_at": due}} for row, number in zip(forms, numbers)}}
start = time.process_time()
desk.one_pass({{"Сделки": {{number: deal(number) for number in numbers}}, "Форма Сделка": answers}})
first = time.process_time() - start
print("everything new", round(first, 2))
desk.one_pass()
start = time.process_time()
desk.one_pass()
quiet = time.process_time() - start
print("nothing new", round(quiet, 2))
desk.set("Сделки", numbers[7], "staff_decision", "Одобрить")
start = time.process_time()
desk.one_pass({{"Сделки": {{numbers[7]: deal(numbers[7], state="Выиграна")}}}})
one = time.process_time() - start
# The process's own mark: getrusage would tell the parent's, if that one is larger.
peak = int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) / 1024
print("one word", round(one, 2), "peak MB", round(peak))
assert first < 40 and one < 30 and quiet < 10, "seconds of the processor, twice the expected and more, for a slow one"
assert peak < 700
"""


@pytest.mark.slow
def test_ten_thousand_rows(tmp_path: Path) -> None:
    script = _SCRIPT.format(tests=str(Path(__file__).parent), path=str(tmp_path / "big.xlsx"))
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=300, cwd=Path(__file__).parents[2]
    )
    print(done.stdout)
    assert done.returncode == 0, done.stderr
