"""The one file of Russian headers, tab names, states and words of the spreadsheet, and who owns which column."""

from __future__ import annotations

from collections.abc import Mapping

from cases.model import Answer, DealState, ErrandState, Form, LeadState, PartnerState, RequestState, SaleStatus
from rules.deals import DealKind
from rules.edition import Tier
from sheets.shape import Column, Owner, Tab, TabKind, Type, Words

# -- words -------------------------------------------------------------------------

DEAL_STATES: Words = {
    DealState.PENDING: "На рассмотрении",
    DealState.NEEDS_DATA: "Нужны данные",
    DealState.REGISTERED: "Зарегистрирована",
    DealState.REFUSED: "Отказано",
    DealState.EXPIRED: "Истекла",
    DealState.ANNULLED: "Аннулирована",
    DealState.WON: "Выиграна",
    DealState.LOST: "Проиграна",
    DealState.WITHDRAWN: "Отозвана",
}
PARTNER_STATES: Words = {
    PartnerState.PENDING: "На рассмотрении",
    PartnerState.NEEDS_DATA: "На рассмотрении",
    PartnerState.AUTHORISED: "Авторизован",
    PartnerState.REFUSED: "Отказано",
    PartnerState.DEAUTHORISED: "Деавторизован",
}
REQUEST_STATES: Words = {
    RequestState.OPEN: "На рассмотрении",
    RequestState.APPROVED: "Одобрено",
    RequestState.REFUSED: "Отказано",
    RequestState.CLOSED: "Закрыто",
    RequestState.PASSED: "Пройдено",
}
ORDER_STATES: Words = {
    ErrandState.PENDING: "На рассмотрении",
    ErrandState.NEEDS_DATA: "Нужны данные",
    ErrandState.APPROVED: "Одобрено",
    ErrandState.REFUSED: "Отказано",
    ErrandState.CLOSED: "Закрыто",
}
LICENCE_STATES: Words = {
    ErrandState.PENDING: "На рассмотрении",
    ErrandState.NEEDS_DATA: "Нужны данные",
    ErrandState.APPROVED: "Одобрено",
    ErrandState.RUNNING: "Действует",
    ErrandState.REPORT_DUE: "Ждёт отчёта",
    ErrandState.OVERDUE: "Отчёт просрочен",
    ErrandState.REFUSED: "Отказано",
    ErrandState.CLOSED: "Закрыто",
}
LEAD_STATES: Words = {
    LeadState.WAITING: "Ждёт",
    LeadState.ASSIGNED: "Передан",
    LeadState.WORKED: "В работе",
    LeadState.WITHDRAWN: "Снят",
}
"""No column of `Лиды` shows them: `Сводка` counts by them, `explain` names them."""
ANSWERS: Words = {
    Answer.ACCEPTED: "Принято",
    Answer.REFUSED: "Отказано",
    Answer.NEEDS_DATA: "Нужны данные",
    Answer.PENDING: "На рассмотрении",
}
TIERS: Words = {
    Tier.WHITE: "Белый",
    Tier.BRONZE: "Бронзовый",
    Tier.SILVER: "Серебряный",
    Tier.GOLD: "Золотой",
    Tier.TRUSTED: "Доверенный",
}
DEAL_KINDS: Words = {
    DealKind.NEW: "Новая",
    DealKind.RENEWAL: "Продление лицензий",
    DealKind.ADDITIONAL: "Дополнительные лицензии",
    DealKind.SWITCH: "Конкурентный переход",
}
SALE_STATUSES: Words = {
    SaleStatus.IN_WORK: "в работе",
    SaleStatus.NEGOTIATING: "переговоры",
    SaleStatus.OFFER_SENT: "КП отправлено",
    SaleStatus.TENDER: "тендер",
    SaleStatus.WON: "выиграна",
    SaleStatus.LOST: "проиграна",
    SaleStatus.POSTPONED: "отложена",
}
UPDATE_WORDS: Words = {**SALE_STATUSES, "extend": "продлить регистрацию", "withdraw": "отозвать"}
"""The numbered list 1..9 of every letter about a deal and of `Форма Актуализация`, in its order."""
TOPICS: Words = {
    "training": "Обучение",
    "nfr": "NFR-лицензия",
    "publication": "Публикация",
    "presale": "Пресейл",
    "materials": "Материалы",
    "question": "Вопрос",
}
REQUEST_TOPICS: Words = {
    **TOPICS,
    "appeal": "Обжалование",
    "update": "Актуализация",
    "pilot-report": "Отчёт о пилоте",
    "bulk-edit": "Массовая правка",
}
"""`Тема` of `Обращения`: the form's topics, and what came by other ways."""
COURSES: Words = {"sales": "Вебинар по продажам", "technical": "Технический курс"}
PARTNER_DECISIONS: Words = {
    "authorise": "Авторизовать",
    "refuse": "Отказать",
    "deauthorise": "Деавторизовать",
    "raise": "Повысить",
    "lower": "Понизить",
    "keep": "Оставить",
}
DEAL_DECISIONS: Words = {"approve": "Одобрить", "refuse": "Отказать", "annul": "Аннулировать", "keep": "Оставить"}
CASE_DECISIONS: Words = {"approve": "Одобрить", "refuse": "Отказать", "close": "Закрыть"}
PUBLICITY: Words = {"site": "Сайт", "mailing": "Рассылка", "social": "Соцсети"}
VIOLATIONS: Words = {
    "complaint": "Жалоба",
    "false-information": "Недостоверная информация",
    "debt": "Задолженность",
    "breach": "Нарушение",
}
DAYS: Words = {"holiday": "Выходной", "business": "Рабочий"}
YES_NO: Words = {"yes": "Да", "no": "Нет"}
SEEN = {True: YES_NO["yes"], False: YES_NO["no"]}

# -- columns -----------------------------------------------------------------------

_TEXT, _DATE, _MOMENT, _NUMBER, _PERCENT, _MONEY = Type.TEXT, Type.DATE, Type.DATETIME, Type.NUMBER, Type.PERCENT, Type.MONEY


def _column(owner: Owner, name: str, header: str, type_: Type, words: Words | None, note: str, width: int) -> Column:
    choices = tuple(dict.fromkeys((words or {}).values()))
    return Column(name, header, owner, type_, words or {}, choices, note, width)


def _ours(name: str, header: str, type_: Type = _TEXT, words: Words | None = None, note: str = "", width: int = 16) -> Column:
    return _column(Owner.SYSTEM, name, header, type_, words, note, width)


def _staff(name: str, header: str, type_: Type = _TEXT, words: Words | None = None, note: str = "", width: int = 20) -> Column:
    return _column(Owner.STAFF, name, header, type_, words, note, width)


def _form(name: str, header: str, type_: Type = _TEXT, words: Words | None = None, note: str = "", width: int = 20) -> Column:
    return _column(Owner.FORM, name, header, type_, words, note, width)


def _judged(name: str, header: str, type_: Type = _TEXT, words: Words | None = None, width: int = 18) -> Column:
    note = "Ведёт система. Правка вручную считается решением сотрудника и попадает в «Журнал»."
    return _column(Owner.DECISION, name, header, type_, words, note, width)


_NUMBER_COLUMN = _ours("number", "№", note="Номер, по нему система узнаёт строку. Не меняйте и не копируйте.", width=14)
_REMARKS = _ours("remarks", "Замечания", note="Вопросы и замечания системы для сотрудников. Партнёру не отправляются.", width=48)
_COMMENT = _staff("comment", "Комментарий сотрудника", note="Для своих, партнёру не отправляется.", width=30)
_KEY = _staff("licence_key", "Ключ", note="Впишите ключ: он уйдёт партнёру письмом.", width=24)
_PARTNER = (_ours("partner", "Партнёр", width=28), _ours("partner_inn", "ИНН партнёра", width=15))
_CUSTOMER = (_ours("customer", "Заказчик", width=28), _ours("customer_inn", "ИНН заказчика", width=15))
_GOODS = (_ours("products", "Продукты", width=32), _ours("licences", "Лицензий", _NUMBER, width=11))
_TIMES = (_ours("submitted_at", "Подана", _MOMENT, width=19), _ours("due_at", "Ответить до", _MOMENT, width=19))
_REASON = _ours("reason", "Причина", note="Это видит партнёр.", width=36)


def _word(words: Words) -> Column:
    note = "Выберите решение. Система запишет его в «Журнал» и очистит ячейку. Вопрос к вам стоит в «Замечаниях»."
    return _staff("staff_decision", "Решение сотрудника", words=words, note=note, width=20)


_ANSWERED = (
    _NUMBER_COLUMN,
    _ours("answer", "Решение", words=ANSWERS, width=18),
    _ours("answer_text", "Причина", width=40),
    _ours("due_at", "Ответить до", _MOMENT, width=19),
    _ours("answered_at", "Ответ отправлен", _MOMENT, width=19),
)


def _form_tab(name: str, *answers: Column) -> Tab:
    first = (_form("stamp", "Отметка времени", _MOMENT, width=22), _form("address", "Адрес электронной почты", width=28))
    required = frozenset(column.field for column in (*first, *answers)) | {"number"}
    return Tab(name, TabKind.FORM, (*first, *answers, *_ANSWERED), required)


def _registry_tab(name: str, *columns: Column) -> Tab:
    return Tab(name, TabKind.REGISTRY, (_NUMBER_COLUMN, *columns, _REMARKS), frozenset({"number"}))


def _staff_tab(name: str, *columns: Column, optional: tuple[str, ...] = ()) -> Tab:
    required = frozenset(column.field for column in columns if column.owner is Owner.STAFF and column.field not in optional)
    return Tab(name, TabKind.STAFF, columns, required)


_F_INN = _form("partner_inn", "ИНН партнёра")
_F_CUSTOMER = (_form("customer", "Заказчик", width=28), _form("customer_inn", "ИНН заказчика"))
_F_GOODS = (_form("products", "Продукты", width=32), _form("licences", "Количество лицензий", _NUMBER))
_F_COMMENT = _form("comment", "Комментарий", width=30)
_F_DEAL = _form("deal", "№ сделки")

FORMS: Mapping[Form, Tab] = {
    Form.PARTNER: _form_tab(
        "Форма Партнёр",
        _form("name", "Наименование организации", width=30),
        _form("inn", "ИНН"),
        _form("kpp", "КПП"),
        _form("site", "Сайт"),
        _form("contact", "Контактное лицо", width=26),
        _form("phone", "Телефон"),
        _form("region", "Регион"),
        _form("distributor", "Дистрибутор"),
        _form("consent", "Согласие на обработку персональных данных", words=YES_NO, width=30),
        _F_COMMENT,
    ),
    Form.DEAL: _form_tab(
        "Форма Сделка",
        _F_INN,
        *_F_CUSTOMER,
        _form("kind", "Тип сделки", words=DEAL_KINDS, width=26),
        *_F_GOODS,
        _form("expected_on", "Ожидаемая дата покупки", _DATE),
        _form("customer_contact", "Контакт заказчика", width=26),
        _form("competitor", "Аналогичное ПО"),
        _form("licence_screenshot", "Скриншот лицензии", width=26),
        _form("financial_document", "Финансовый документ", width=26),
        _F_COMMENT,
    ),
    Form.UPDATE: _form_tab(
        "Форма Актуализация",
        _F_DEAL,
        _form("sale_status", "Статус продажи", words=UPDATE_WORDS, note="Номер или слово: 1 в работе … 9 отозвать.", width=22),
        _form("extend", "Продлить регистрацию", words=YES_NO),
        _F_COMMENT,
    ),
    Form.ORDER: _form_tab("Форма Заказ", _F_INN, _F_DEAL, *_F_CUSTOMER, *_F_GOODS, _form("distributor", "Дистрибутор")),
    Form.PILOT: _form_tab("Форма Пилот", _F_INN, *_F_CUSTOMER, *_F_GOODS, _form("term_days", "Срок дней", _NUMBER), _F_COMMENT),
    Form.PILOT_REPORT: _form_tab(
        "Форма Отчёт о пилоте",
        _form("pilot", "№ пилота"),
        _form("result", "Результат", width=30),
        _form("review", "Отзыв", width=30),
        _form("intent", "Намерение купить"),
    ),
    Form.REQUEST: _form_tab("Форма Запрос", _F_INN, _form("topic", "Тема", words=TOPICS), _form("text", "Текст", width=48)),
}
EXPORT_HEADERS: Mapping[str, tuple[str, ...]] = {
    "stamp": ("Время создания", "Дата создания", "Дата и время", "Created", "Submission time"),
    "address": ("Электронная почта", "Адрес почты", "Почта", "E-mail", "Email"),
}
"""What form services call time stamp and address in their exports, beside the contract's names."""

PARTNERS = _registry_tab(
    "Партнёры",
    _ours("partner", "Партнёр", width=30),
    _ours("inn", "ИНН", width=15),
    _judged("authorisation", "Авторизация", words=PARTNER_STATES),
    _judged("tier", "Статус", words=TIERS, width=15),
    _judged("discount", "Скидка %", _PERCENT, width=11),
    _ours("sales_12m", "Продажи за 12 мес.", _MONEY, note="Сумма за 12 месяцев по вкладке «Продажи».", width=18),
    _ours("distance", "До следующего статуса", width=34),
    _ours("contacts", "Контакты", note="Адреса, с которых можно говорить за партнёра.", width=30),
    _ours("region", "Регион", width=24),
    _word(PARTNER_DECISIONS),
    _staff("ground", "Основание", note="Почему. Для своих, партнёру не отправляется.", width=26),
    _staff("manager", "Менеджер"),
    _staff(
        "individual_discount", "Индивидуальная скидка %", _PERCENT, note="10 означает 10 %. Нужна Доверенным партнёрам.", width=17
    ),
    _staff(
        "staff_contacts", "Дополнительные контакты", note="Адреса через запятую: с них тоже можно говорить за партнёра.", width=30
    ),
    _staff("comment", "Комментарий", note="Для своих, партнёру не отправляется.", width=30),
)
DEALS = _registry_tab(
    "Сделки",
    *_PARTNER,
    *_CUSTOMER,
    _ours("kind", "Тип", words=DEAL_KINDS, width=26),
    *_GOODS,
    _judged("state", "Состояние", words=DEAL_STATES),
    _judged("discount", "Скидка %", _PERCENT, width=11),
    *_TIMES,
    _ours("registered_at", "Зарегистрирована", _DATE, width=18),
    _judged("valid_until", "Действует до", _DATE, width=15),
    _ours("extensions", "Продлений", _NUMBER, width=12),
    _ours("sale_status", "Статус продажи", words=SALE_STATUSES, width=17),
    _ours("report_due", "Обновить до", _DATE, note="Когда партнёр должен обновить сведения о сделке.", width=14),
    _REASON,
    _word(DEAL_DECISIONS),
    _staff(
        "refusal_code",
        "Код отказа",
        note="Номер причины 1–7 при отказе, несколько через запятую. Система очистит ячейку.",
        width=13,
    ),
    _staff("staff_discount", "Скидка сотрудника %", _PERCENT, note="Скидка вместо обычной, 10 означает 10 %.", width=14),
    _COMMENT,
)
ORDERS = _registry_tab(
    "Заказы",
    *_PARTNER,
    _ours("deal", "№ сделки", width=14),
    *_CUSTOMER,
    *_GOODS,
    _ours("distributor", "Дистрибутор"),
    _ours("amount", "Сумма руб.", _MONEY),
    *_TIMES,
    _judged("state", "Состояние", words=ORDER_STATES),
    _REASON,
    _word(CASE_DECISIONS),
    _COMMENT,
)
PILOTS = _registry_tab(
    "Пилоты",
    *_PARTNER,
    *_CUSTOMER,
    *_GOODS,
    _ours("term_days", "Срок дней", _NUMBER, width=11),
    *_TIMES,
    _judged("state", "Состояние", words=LICENCE_STATES),
    _ours("started_on", "Начат", _DATE, width=15),
    _ours("ends_on", "Окончание", _DATE, width=15),
    _ours("report_due", "Отчёт до", _DATE, width=15),
    _ours("result", "Результат", width=30),
    _REASON,
    _word(CASE_DECISIONS),
    _KEY,
    _staff("staff_term", "Срок сотрудника", _NUMBER, note="Другой срок в днях вместо обычных 14.", width=14),
    _COMMENT,
)
TRAINING = _registry_tab(
    "Обучение",
    *_PARTNER,
    _ours("topic", "Курс", words=COURSES, width=24),
    *_TIMES,
    _ours("held_until", "Провести до", _DATE, width=15),
    _ours("planned_on", "Назначено", _DATE, note="День из приглашения. Впишите «Дата», чтобы изменить.", width=14),
    _judged("state", "Состояние", words=REQUEST_STATES),
    _word(CASE_DECISIONS),
    _staff("held_on", "Дата", _DATE, note="День обучения: о будущем партнёру уйдёт приглашение.", width=14),
    _staff("attended", "Присутствовал", words=YES_NO, width=16),
    _staff("certificate", "Сертификат", width=20),
    _COMMENT,
)
NFR = _registry_tab(
    "NFR",
    *_PARTNER,
    *_TIMES,
    _judged("state", "Состояние", words=LICENCE_STATES),
    _ours("issued_on", "Выдана", _DATE, width=15),
    _ours("ends_on", "Окончание", _DATE, width=15),
    _REASON,
    _word(CASE_DECISIONS),
    _KEY,
    _COMMENT,
)
REQUESTS = _registry_tab(
    "Обращения",
    *_PARTNER,
    _ours("address", "Адрес", width=28),
    _ours("topic", "Тема", words=REQUEST_TOPICS),
    _ours("subject", "Заголовок", width=32),
    _ours("text", "Текст", width=60),
    _ours("about", "О деле №", width=14),
    *_TIMES,
    _judged("state", "Состояние", words=REQUEST_STATES),
    _word(CASE_DECISIONS),
    _COMMENT,
)
REGISTRIES: tuple[Tab, ...] = (PARTNERS, DEALS, ORDERS, PILOTS, TRAINING, NFR, REQUESTS)

_DAY = _staff("on", "Дата", _DATE, width=15)
_INN = _staff("partner_inn", "ИНН партнёра")
SALES = _staff_tab(
    "Продажи",
    _DAY,
    _INN,
    _staff("deal", "№ сделки"),
    _staff("amount", "Сумма руб.", _MONEY),
    _staff("distributor", "Дистрибутор"),
    optional=("deal", "distributor"),
)
PUBLICITY_TAB = _staff_tab("Публикации", _DAY, _INN, _staff("kind", "Вид", words=PUBLICITY), _staff("link", "Ссылка", width=40))
LEADS = Tab(
    "Лиды",
    TabKind.STAFF,
    (
        _ours("number", "№", note="Ставит система, когда примет лид. Пустой – ещё не принят.", width=14),
        _staff("lead", "Лид", note="Кто и что ищет. Лид снимают, очистив «Лид» и «Контакт».", width=44),
        _staff("contact", "Контакт", note="Как связаться: это получит партнёр.", width=40),
        _staff("region", "Регион", note="Партнёр из этого региона идёт раньше других своего статуса."),
        _ours("partner", "Партнёр", note="Кому передан. Решает система: статус, регион, очередь, квота месяца.", width=28),
        _ours("handed_at", "Передан", _MOMENT, width=19),
    ),
    frozenset({"number", "lead", "contact", "region"}),
)
REFUSALS = _staff_tab(
    "Отказы заказчиков", _staff("customer_inn", "ИНН заказчика"), _INN, _staff("document", "Документ", width=40)
)
VIOLATIONS_TAB = _staff_tab(
    "Нарушения",
    _DAY,
    _INN,
    _staff("kind", "Вид", words=VIOLATIONS, width=26),
    _staff("text", "Описание", width=48),
    _staff("lifted", "Снято", words=YES_NO, note="Да, когда нарушение снято.", width=12),
)
PRICES = _staff_tab(
    "Прайс",
    _staff("article", "Артикул"),
    _staff("name", "Наименование", width=36),
    _staff("term_months", "Срок мес."),
    _staff("price", "РРЦ руб.", _MONEY),
)
CALENDAR = _staff_tab("Календарь", _DAY, _staff("kind", "Вид", words=DAYS))
STAFF_TABS: tuple[Tab, ...] = (SALES, PUBLICITY_TAB, LEADS, REFUSALS, VIOLATIONS_TAB, PRICES, CALENDAR)

JOURNAL = Tab(
    "Журнал",
    TabKind.JOURNAL,
    (
        _ours("at", "Время", _MOMENT, width=19),
        _ours("number", "№", width=14),
        _ours("event", "Событие", width=34),
        _ours("details", "Подробности", width=80),
    ),
    frozenset({"at", "number", "event", "details"}),
)
SUMMARY = Tab("Сводка", TabKind.SUMMARY, ())

NUMBERED: tuple[Tab, ...] = (*REGISTRIES, LEADS)
"""Tabs whose rows are cases, known by their №; in `Лиды` people make the rows."""
TABS: tuple[Tab, ...] = (SUMMARY, *FORMS.values(), *REGISTRIES, *STAFF_TABS, JOURNAL)
BY_NAME: Mapping[str, Tab] = {tab.name: tab for tab in TABS}
