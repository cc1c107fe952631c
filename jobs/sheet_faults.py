"""What is wrong with the spreadsheet, in words for those who can mend it."""

from __future__ import annotations

from sheets.base import Notice
from sheets.columns import BY_NAME
from sheets.shape import TabKind
from sheets.snapshot import SheetFault

_TEXTS = {
    "tab-missing": "вкладки «{tab}» нет; верните её под этим именем",
    "tab-doubled": "вкладка «{tab}» есть дважды; переименуйте или удалите лишнюю",
    "header-missing": "вкладка «{tab}»: нет столбца «{header}»; верните его",
    "header-renamed": (
        "вкладка «{tab}»: нет столбца «{header}», похож «{suggestion}»; верните имя или впишите его в [columns] файла config.toml"
    ),
    "header-doubled": "вкладка «{tab}»: столбец «{header}» есть дважды; переименуйте или удалите лишний",
    "formula": "вкладка «{tab}», строка {position}: в ячейке «{header}» формула; взято её последнее значение",
    "error-value": "вкладка «{tab}», строка {position}: в ячейке «{header}» ошибка формулы; ячейка считается пустой",
    "date-unreadable": "вкладка «{tab}», строка {position}: «{header}» – не дата: «{value}»; строка не учтена",
    "number-unreadable": "вкладка «{tab}», строка {position}: «{header}» – не число: «{value}»; строка не учтена",
    "word-unknown": "вкладка «{tab}», строка {position}: «{header}» – нет такого значения: «{value}»; строка не учтена",
    "value-missing": "вкладка «{tab}», строка {position}: не заполнено «{header}»; строка не учтена",
    "lead-numbered": "вкладка «{tab}», строка {position}: № «{value}» поставила не система; сотрите его, и лид будет принят",
    "lead-repeated": (
        "вкладка «{tab}», строка {position}: такой лид уже есть ({value}), строка не учтена; другой лид назовите иначе"
    ),
    "number-absent": "вкладка «{tab}», строка {position}: строка без №; система её не ведёт",
    "number-doubled": "вкладка «{tab}», строка {position}: № {number} стоит в нескольких строках; оставьте одну",
    "number-unknown": "вкладка «{tab}», строка {position}: такого № нет: {number}",
    "row-mismatched": "вкладка «{tab}», строка {position}: рядом с № {number} стоят данные другого дела; верните № на место",
    "edited-meanwhile": "вкладка «{tab}», строка {position}: ячейку изменили во время прохода; она будет учтена в следующем",
    "export-unreadable": "не читается; сохраните его как CSV в UTF-8 или как XLSX и положите снова",
    "export-unknown": "по заголовкам не видно, какая это форма; верните заголовки или впишите их в [columns] файла config.toml",
    "export-too-large": "больше 64 МБ; разделите его на части",
    "replaced": "вкладка «{tab}», строка {position}: поверх чужого значения «{value}» записано своё",
}


def stops(fault: SheetFault) -> bool:
    """Does the fault leave rows of the sheet unread, or hide a column that a tab cannot do without?"""
    if fault.file and not fault.position:
        return True
    if fault.code in ("tab-missing", "tab-doubled", "header-doubled"):
        return True
    tab = BY_NAME[fault.tab]
    required = {tab.column(field).header for field in tab.required}
    return fault.code in ("header-missing", "header-renamed") and (tab.kind is TabKind.FORM or fault.header in required)


def said(fault: SheetFault | Notice) -> str:
    """The fault in a sentence that names the place and how to mend it."""
    facts = {
        "tab": fault.tab,
        "position": str(fault.position),
        "value": fault.value[:60],
        "header": fault.header if isinstance(fault, SheetFault) else "",
        "suggestion": fault.suggestion if isinstance(fault, SheetFault) else "",
        "number": fault.number if isinstance(fault, Notice) else "",
    }
    text = _TEXTS.get(fault.code, fault.code + " «{tab}»").format(**facts)
    return f"файл «{fault.file}»: {text}" if isinstance(fault, SheetFault) and fault.file else text
