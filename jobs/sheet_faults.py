"""What is wrong with the spreadsheet: does it stop a tab, and how it is said to those who can mend it."""

from __future__ import annotations

from mailer.wording import sheet_matter
from sheets.base import Notice
from sheets.columns import BY_NAME
from sheets.shape import TabKind
from sheets.snapshot import SheetFault


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
    text = sheet_matter(fault.code, facts)
    return f"файл «{fault.file}»: {text}" if isinstance(fault, SheetFault) and fault.file else text
