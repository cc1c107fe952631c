"""Every Russian sentence that is not a letter's own text: problems, reasons, remarks, questions, events, labels, terms.

A sentence is a tuple of pieces; a piece whose facts are missing or empty is left out, so that an incomplete set of facts, like
an unknown code, still gives a sentence that can be read. Values are data: put in on one line, shortened, never read as a pattern.
Reasons go to partners and take no facts: nothing of another partner's can slip in. Remarks and questions are for staff alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from string import Formatter
from types import MappingProxyType

from mailer.format import day, money, short_day, short_moment
from rules.decision import Problem, Reason
from rules.edition import Edition

Pieces = tuple[str, ...]

_INN_FORM = "укажите 10 цифр ИНН без пробелов и других знаков"

PROBLEMS: Mapping[str, Pieces] = {
    "missing": ("поле не заполнено, укажите значение.",),
    "inn-length": ("ИНН", " «{value}»", " содержит неверное число цифр", " ({digits})", "; " + _INN_FORM + "."),
    "inn-checksum": (
        "ИНН",
        " «{value}»",
        " не проходит проверку контрольной суммы; сверьте его с карточкой организации и пришлите верный.",
    ),
    "inn-scientific": ("таблица сократила ИНН", " до «{value}»", ", часть цифр потеряна; " + _INN_FORM + "."),
    "inn-not-digits": ("в ИНН", " «{value}»", " есть лишние знаки; " + _INN_FORM + "."),
    "inn-person": ("указан ИНН физического лица или предпринимателя", " ({value})", "; нужен ИНН юридического лица, 10 цифр."),
    "phone-unreadable": (
        "телефон",
        " «{value}»",
        " прочитать не удалось; укажите его с кодом города, например +7 495 000-00-00.",
    ),
    "email-invalid": ("адрес", " «{value}»", " записан с ошибкой; пришлите действующий адрес электронной почты."),
    "kind-unknown": (
        "тип сделки",
        " «{value}»",
        " программе не известен; выберите: Новая, Продление лицензий, Дополнительные лицензии или Конкурентный переход.",
    ),
    "product-unknown": (
        "продукта",
        " «{value}»",
        " нет в прайс-листе",
        "; возможно, имелось в виду «{suggestion}»",
        ". Укажите наименование или артикул из прайс-листа.",
    ),
    "not-whole": ("нужно целое число", ", а указано «{value}»", "."),
    "not-positive": ("нужно число от 1", ", а указано «{value}»", "."),
    "too-long": ("ответ слишком длинный", " ({length})", "; сократите его", ", допустимо не больше {limit}", "."),
    "consent-missing": (
        "без согласия на обработку персональных данных заявку принять нельзя; ответьте «Да»",
        " (указано «{value}»)",
        ".",
    ),
    "evidence-missing": ("для конкурентного перехода нужен этот документ; приложите файл к ответу или дайте ссылку на него.",),
    "deal-number-unreadable": ("номер", " «{value}»", " прочитать не удалось; укажите один номер целиком, например D-2026-0001."),
    "status-unknown": (
        "значение",
        " «{value}»",
        " не распознано; выберите: в работе, переговоры, КП отправлено, тендер, выиграна, проиграна, отложена.",
    ),
    "pilot-number-unreadable": (
        "номер",
        " «{value}»",
        " прочитать не удалось; укажите один номер целиком, например T-2026-0001.",
    ),
    "topic-unknown": (
        "тема",
        " «{value}»",
        " не известна; выберите: Обучение, NFR-лицензия, Публикация, Пресейл, Материалы или Вопрос.",
    ),
    "deal-unknown": ("среди ваших сделок такой нет; сверьте номер с письмом о регистрации.",),
    "product-outside-deal": (
        "продукт",
        " «{value}»",
        " не входит в сделку; закажите продукты из неё или зарегистрируйте новую сделку.",
    ),
    "percent-out-of-range": ("скидка", " {value} %", " вне допустимых пределов", ", не больше {max} %", "."),
    "not-reason-3": (
        "такую скидку предлагают только тогда, когда сделка закреплена за другим партнёром и других причин отказа нет.",
    ),
}
_ANY_PROBLEM: Pieces = ("значение", " «{value}»", " принять не удалось; проверьте его и пришлите ещё раз.")

REASONS: Mapping[str, str] = {  # besides "1".."7", which stand in the edition
    "legal-entity-only": "Партнёром может стать только юридическое лицо; указан ИНН предпринимателя или физического лица",
    "not-in-force": "Регистрация сделки сейчас не действует",
    "not-waiting": "Отказано не только потому, что заказчик закреплён за другим",
    "no-reply-to-request": "Запрошенные данные не поступили в срок",
    "sender-unknown": "Адрес отправителя не значится среди контактов организации, заявку проверит сотрудник",
    "authorisation-undecided": "Авторизация организации ещё рассматривается",
    "behind-rival": "По этому заказчику раньше поступила другая заявка, рассматриваем их по порядку поступления",
    "late-earlier": "Порядок поступления заявок по этому заказчику уточняет сотрудник",
    "overlap": "Часть продуктов по этому заказчику уже закреплена, возможность регистрации проверит сотрудник",
    "squatting": "Число открытых сделок превысило обычное, заявку проверит сотрудник",
    "own-customer": "Заказчик и партнёр – одно юридическое лицо, заявку проверит сотрудник",
    "re-registration": "Та же сделка недавно завершилась по сроку, новую регистрацию проверит сотрудник",
    "switch-evidence": "Документы для конкурентного перехода проверит сотрудник",
    "individual-discount": "Размер индивидуальной скидки подтвердит сотрудник",
    "staff-approves": "Заявку утверждает сотрудник",
    "refused-before": "Организации ранее отказывали в авторизации, новую заявку рассмотрит сотрудник",
    "foreign-applicant": "Заявка пришла не от известного контакта организации, её проверит сотрудник",
    "already-authorised": "Организация уже авторизована",
    "staff": "Таково решение вендора",
    "staff-confirms": "Этот статус присваивают после подтверждения сотрудником",
    "conditions": "Условия следующего статуса пока не выполнены",
    "silence": "Информация о ходе сделки не поступила в срок",
    "no-confirmation": "Регистрация не была подтверждена в срок",
    "offer-over": "Скидка предлагалась, пока действовала другая регистрация; она завершилась, и заказчик свободен",
    "over-quantity": "Вместе с прежними заказами лицензий больше, чем зарегистрировано в сделке",
    "deal-undecided": "Сделка ещё рассматривается, заказ проверит сотрудник",
    "tier-without-nfr": "Ваш партнёрский статус не даёт NFR-лицензий; они доступны со следующих статусов",
    "nfr-running": "У вас уже есть NFR-лицензия, новый запрос рассмотрит сотрудник",
    "tier-not-listed": "Ваш партнёрский статус не даёт размещения на сайте вендора; оно доступно со следующих статусов",
    "listing": "Размещение на сайте подтверждает сотрудник",
    "presale": "Участие вендора в пресейле подтверждает сотрудник",
    "request": "Запрос рассмотрит сотрудник",
    "other-term": "Срок пилота отличается от обычного, его согласует сотрудник",
    "report-overdue": "Отчёт о прежнем пилоте просрочен, новый запрос рассмотрит сотрудник",
    "deal-won": "Сделка отмечена выигранной, заказ проверит сотрудник",
    "not-priced": "Цену продукта уточнит сотрудник",
    "term-over": "Срок регистрации закончился",
    "partner": "Так сообщил партнёр",
    "deauthorised": "Авторизация организации прекращена",
}
_ANY_REASON = "Решение принято по условиям партнёрской программы"

_SIDE: Pieces = (
    ": {number}",
    ", {partner}",
    ", ИНН {partner_inn}",
    "; заказчик {customer}",
    ", ИНН {customer_inn}",
    "; продукты: {products}",
    "; лицензий {licences}",
    "; подано {submitted_at}",
    "; в очереди с {place_at}",
    "; зарегистрировано {registered_at}",
    "; действует до {valid_until}",
    "; состояние «{state}»",
    "; причина: {reason}",
    ".",
)
"""One side of an appeal, for staff."""

REMARKS: Mapping[str, Pieces] = {
    "namesake": ("Похожее название заказчика под другим ИНН", ": {numbers}", ". Проверьте, не одна ли это организация."),
    "likely-customer": ("ИНН заказчика не подтверждён; похожие зарегистрированные заказчики", ": {numbers}", "."),
    "inn-zero-restored": ("В ИНН восстановлен потерянный ноль в начале", ": {value}", "."),
    "free-mail": ("Заявка с адреса бесплатной почты", ": {address}", "."),
    "foreign-domain": ("Домен адреса не совпадает с сайтом организации", ": {address}", ", сайт {site}", "."),
    "edit-after-decision": (
        "После решения строка формы изменена",
        " ({field})",
        ": было «{old}»",
        ", стало «{new}»",
        ". На решение это не влияет.",
    ),
    "put-back": ("Правка в колонке", " «{column}»", " отменена", ": «{value}»", " – {why}", "."),
    "row-restored": ("Строку удалили из реестра; она возвращена. Чтобы закрыть дело, укажите решение сотрудника.",),
    "number-doubled": ("Номер встречается в реестре дважды", ": {number}", ". Система ведёт первую строку, вторую уберите."),
    "kpp-invalid": ("КПП", " «{value}»", " не похож на настоящий и не учтён."),
    "expected-unreadable": ("Ожидаемую дату покупки", " «{value}»", " прочитать не удалось."),
    "date-unreadable": ("Ожидаемую дату покупки", " «{value}»", " прочитать не удалось."),
    "date-approximate": ("Ожидаемая дата покупки", " «{value}»", " приблизительна", ", принята {date}", "."),
    "site-unreadable": ("Адрес сайта", " «{value}»", " прочитать не удалось."),
    "product-ambiguous": ("В прайсе несколько строк с именем", " «{value}»", ", взята первая", " – артикул {article}", "."),
    "product-first-line": ("В прайсе несколько строк с этим именем", " «{value}»", ", взята первая", " – артикул {article}", "."),
    "future-stamp": ("Отметка времени строки", " ({value})", " в будущем; временем заявки принято время приёма."),
    "stamp-unreadable": ("Отметку времени", " «{value}»", " прочитать не удалось; временем заявки принято время приёма."),
    "undeliverable": ("Письмо не доставлено", " на адрес {address}", ". Проверьте контакты партнёра."),
    "dead-address": ("На адрес", " {address}", " письма не доходят", "; до {until} на него не пишем", "."),
    "impossible-word": ("Решение", " «{word}»", " «{value}»", " в колонке «{column}»", " здесь невозможно", ": {why}", "."),
    "word-unknown": ("Такого значения решения нет", ": «{word}»", "; допустимо: {allowed}", "."),
    "discount-too-high": ("Скидка больше допустимой", ": {value} %", ", здесь возможно не больше {max} %", "."),
    "discount-unreadable": ("Скидку", " «{value}»", " прочитать не удалось; укажите число."),
    "not-reason-3": ("Скидку второму партнёру предлагают только при отказе по одной причине 3.",),
    "code-missing": ("Для отказа укажите код причины от 1 до 7 в колонке «Код отказа».",),
    "code-unknown": ("Код отказа", " «{value}»", " не известен; допустимы 1–7."),
    "bulk-held": ("Изменено слишком много строк сразу", ": {count}", ". Правки не применены, подтвердите их."),
    "formula-in-form": ("Ответ начинается знаком формулы и принят как текст", ": {field}", "."),
    "held-by": ("Заказчик с этими продуктами уже закреплён", " за сделкой {number}", "."),
    "overlap": ("Часть продуктов пересекается с другой сделкой", ": {rivals}", "."),
    "behind-rival": ("Ждёт решения по более ранней заявке", " {rivals}", "."),
    "authorisation-undecided": ("Ждёт решения об авторизации партнёра", " {number}", "."),
    "waits-for": ("Ждёт решения по другой заявке", ": {numbers}", "."),
    "price-missing": ("Продукта", " «{value}»", " больше нет в прайсе, КП не составлено."),
    "offer-missing": ("КП не составлено", ": {why}", "."),
    "sender-unknown": ("Отправитель не значится среди контактов партнёра", ": {address}", "."),
    "partner-unknown": ("Партнёр с таким ИНН не подавал заявку", ": {inn}", "."),
    "reply-not-understood": ("Ответ партнёра не распознан", ": «{text}»", ". Номер обращения: {number}."),
    "joined": ("Повторная заявка присоединена", ", поступила {date}", "."),
    "already-registered": ("Партнёр прислал ту же сделку ещё раз; она уже действует.",),
    "forged": ("Подпись письма не прошла проверку", ": {address}", ". Письмо не исполнено."),
    "deadline-missed": ("Срок ответа пропущен", ": {due}", "."),
    "no-contact": ("У партнёра нет контактного адреса.",),
    "tier-warned": ("Партнёр предупреждён о несоответствии статусу", ": {missing}", ", срок до {until}", "."),
    "appeal": ("Партнёр просит пересмотреть отказ", ": обращение {number}", "."),
    "appeal-accepted": ("Обращение", " {number}", " принято: пересмотрите решение в этой строке."),
    "appeal-extension": ("Обращение", " {number}", " о продлении принято: исправьте «Действует до» в этой строке."),
    "appeal-next": (
        "Обращение принято, само дело не изменено: решите его в строке",
        " {about}",
        "; равный набор продуктов закреплён за {holders}, её сначала аннулируют",
        ".",
    ),
    "appeal-own": ("Обжалует", *_SIDE),
    "appeal-rival": ("Другая сделка", *_SIDE),
    "waiting": ("Партнёр просил сообщить, когда заказчик освободится", ", {date}", "."),
    "incumbent": (
        "Действующий партнёр заказчика – другой",
        ": {partner}",
        ", ИНН {inn}",
        ", сделка {number}",
        ". Продление идёт по обычной схеме, преимущества у него нет.",
    ),
    "incumbent-own": ("Продление просит действующий партнёр заказчика", ", прежняя сделка {number}", "."),
    "order-held": ("Сумма заказов превышает зарегистрированное количество", ": {count}", "."),
    "no-recipient": ("Письмо отправить некому: у партнёра нет известного адреса", " ({template})", "."),
    "not-priced": ("Сделка зарегистрирована без КП: её продуктов нет в прайсе.",),
    "foreign-application": ("Повторная заявка на авторизацию с неизвестного адреса", ": {address}", "."),
    "inn-taken": ("Этот ИНН уже есть у другой записи", ": {number}", "."),
    "update-unreadable": ("Актуализацию исполнить не удалось", ": {why}", "."),
    "deal-unknown": ("Сделки с таким номером нет.",),
    "tier-without-nfr": ("Статус партнёра не даёт NFR-лицензий.",),
    "term-impossible": ("Это не срок в днях", ": «{value}»", "."),
    "pilot-unknown": ("Пилота с таким номером нет.",),
    "pilot-not-started": ("Пилот с этим номером не начинался.",),
    "report-unreadable": ("Отчёт о пилоте не отнесён к пилоту", ": {why}", "."),
    "order-not-priced": ("Продукта из заказа нет в прайсе; добавьте строку и повторите решение.",),
    "not-open": ("Сделка уже завершена.",),
    "extension-refused": ("В продлении отказано; подробности в письме.",),
    "not-in-force": ("Регистрация сделки не действует.",),
    "distance": ("Статус", " «{tier}»", ": продажи ещё на {roubles}", "; {conditions}", "."),
    # why a word of staff's cannot be carried out; put into `impossible-word` and `put-back`
    "not-a-number": ("Это не число", ": «{value}»", "."),
    "percent-out-of-range": ("Процент вне допустимых пределов", ": «{value}»", ", здесь возможно не больше {max} %", "."),
    "state-impossible": ("Такое состояние здесь невозможно", ": «{value}»", "."),
    "tier-impossible": ("Такое изменение статуса невозможно", ": «{value}»", "."),
    "address-unreadable": ("Адрес прочитать не удалось", ": «{value}»", "."),
    "inn-not-legal-entity": ("Партнёром может быть только юридическое лицо.",),
    "already-decided": ("Решение уже принято.",),
    "not-authorised": ("Партнёр не авторизован.",),
    "no-question": ("Вопрос к сотруднику сейчас не задан.",),
    "not-a-date": ("Это не дата", ": «{value}»", "."),
    "date-past": ("Дата уже прошла", ": «{value}»", "."),
    "data-missing": ("В заявке не хватает данных.",),
    "individual-discount-missing": ("Не указана индивидуальная скидка партнёра.",),
    "system-cell": ("Эту ячейку ведёт система.",),
    "calendar-provisional": ("Календарь этого года ещё не утверждён, срок может измениться.",),
}
_ANY_REMARK: Pieces = ("Отметка системы", " «{code}»", ": {value}", ". Проверьте строку.")

QUESTIONS: Mapping[str, Pieces] = {
    "review": ("Примите решение по заявке", ": {why}", " ({rivals})", "."),
    "annul": (
        "Предложение: аннулировать регистрацию",
        " – {why}",
        "; сообщение о ходе сделки ждали до {date}",
        ". Ответьте «Аннулировать» или «Оставить».",
    ),
    "annul-deauthorised": (
        "Предложение: аннулировать регистрацию, авторизация партнёра прекращена. Ответьте «Аннулировать» или «Оставить».",
    ),
    "update": ("Актуализацию нужно разобрать вручную", ", сделка {about}", "."),
    "update-from-stranger": ("Актуализация с адреса, который не значится среди контактов партнёра", ", сделка {about}", "."),
    "demote": (
        "Предложение: понизить статус",
        " до «{tier}»",
        "; не выполнено: {missing}",
        ". Ответьте «Понизить» или «Оставить».",
    ),
    "deauthorise": ("Предложение: деавторизовать партнёра", " – {why}", ". Ответьте «Деавторизовать» или «Оставить»."),
    "confirm-tier": ("Предложение: присвоить статус", " «{tier}»", "; показатели выполнены. Ответьте «Повысить» или «Оставить»."),
    "repeat-foreign": (
        "Заявка на авторизованную организацию с неизвестного адреса",
        " {address}",
        ". Проверьте, не чужой ли это ИНН.",
    ),
    "foreign-applicant": (
        "Заявка на авторизованную организацию с неизвестного адреса",
        " {address}",
        ". Проверьте, не чужой ли это ИНН.",
    ),
    "late-earlier": (
        "Строка появилась поздно, но её отметка времени раньше зарегистрированной сделки",
        " {rivals}",
        ". Одобрить или отказать?",
    ),
    "overlap": ("Продукты частично совпадают с зарегистрированной сделкой", " {rivals}", ". Одобрить или отказать?"),
    "squatting": ("У партнёра много открытых сделок", " – {count}", ". Одобрить ещё одну или отказать?"),
    "own-customer": ("Заказчик и партнёр – одна организация. Одобрить или отказать?",),
    "re-registration": (
        "Та же сделка этого партнёра завершилась по сроку",
        " {date}",
        ". Одобрить новую регистрацию или отказать?",
    ),
    "switch-evidence": (
        "Проверьте скриншот лицензии и финансовый документ; при одобрении без указания скидки применится скидка перехода.",
    ),
    "individual-discount": (
        "Индивидуальная скидка партнёра не указана. Заполните её в строке партнёра или в «Скидка сотрудника %».",
    ),
    "sender-unknown": (
        "Заявка с адреса, который не значится среди контактов партнёра",
        ": {address}",
        ". Одобрить или отказать?",
    ),
    "staff-approves": ("Заявка полная. Авторизовать или отказать?",),
    "refused-before": ("Организации ранее отказывали или её деавторизовали. Авторизовать или отказать?",),
    "authorisation-undecided": ("Сделка ждёт решения об авторизации партнёра", " {number}", "."),
    "appeal": (
        "Партнёр просит пересмотреть отказ",
        " по {about}",
        ". «Одобрить» – пересмотрим, «Отказать» – решение в силе; ответ уйдёт партнёру.",
    ),
    "bulk-edit": ("Изменено много строк сразу", ": {count}", ". Это сделано намеренно? Ответьте «Одобрить» или «Отказать»."),
    "tier": ("Подтвердите изменение статуса", " на «{tier}»", "."),
    "extension": ("Партнёр просит продлить регистрацию. Одобрить или отказать?",),
    "reply-not-understood": ("Прочитайте ответ партнёра", ": «{text}»", ". Укажите решение."),
    "over-quantity": (
        "Заказано больше, чем в сделке",
        ": зарегистрировано {registered}",
        ", заказано раньше {ordered}",
        ", сейчас {asked}",
        ". Одобрить или отказать?",
    ),
    "nfr-running": ("У партнёра уже есть NFR-лицензия", " {numbers}", ". Одобрить ещё одну или отказать?"),
    "listing": ("Партнёр просит разместить его на сайте вендора. Одобрить или отказать?",),
    "presale": ("Партнёр зовёт вендора на пресейл", "; порог участия – {from} руб", ". Одобрить или отказать?"),
    "course": (
        "Партнёр просит техническое обучение. Впишите «Дата», и ему уйдёт приглашение; либо ответьте «Одобрить» или «Отказать».",
    ),
    "training-attendance": ("Обучение прошло", " {date}", "? Отметьте «Присутствовал» или впишите новую «Дата»."),
    "training-missed": ("Партнёр не присутствовал. Впишите новую «Дата» или ответьте «Закрыть».",),
    "other-term": (
        "Пилот на другой срок",
        ": {days} дн",
        ". Впишите «Срок сотрудника», если он иной, и ответьте «Одобрить» или «Отказать».",
    ),
    "report-overdue": ("У партнёра просрочен отчёт о пилоте", " {pilots}", ". Одобрить новый пилот или отказать?"),
    "licence-key": ("Впишите ключ лицензии в колонку «Ключ»: он уйдёт партнёру письмом.",),
    "pilot-report-overdue": (
        "Отчёт о пилоте не получен",
        ", ждали до {date}",
        ". Его можно запросить у заказчика напрямую. «Закрыть» снимает запрет на новые пилоты.",
    ),
    "pilot-report": ("Отнесите отчёт к пилоту", " {about}", "."),
    "pilot-report-from-stranger": (
        "Отчёт о пилоте с адреса, который не значится среди контактов партнёра",
        ", пилот {about}",
        ". Принять («Одобрить») или отказать?",
    ),
    "deal-undecided": ("Заказ по сделке, которая ещё не решена. Одобрить или отказать?",),
    "deal-won": ("Заказ по сделке, отмеченной выигранной. Одобрить или отказать?",),
    "not-priced": ("Продукта из заказа нет в прайсе. Добавьте строку в «Прайс» и ответьте «Одобрить» или «Отказать».",),
    "question": ("Ответьте на обращение", ": «{subject}»", "."),
    "request": ("Рассмотрите запрос", ": «{subject}»", "."),
    "training": ("Назначьте дату обучения.",),
    "in-doubt": ("Неизвестно, ушло ли письмо", " на адрес {address}", ". Проверьте и решите, повторять ли его."),
    "violation": ("Предложение: понизить статус или деавторизовать партнёра", " – {why}", ". Ответьте решением или «Оставить»."),
    "report-contradiction": ("Ответ партнёра противоречив", ": «{text}»", ". Укажите статус сделки."),
    "impersonation": ("Действие от имени партнёра с неизвестного адреса", " {address}", ". Подтвердите или отклоните."),
}
_ANY_QUESTION: Pieces = ("Нужно решение сотрудника", ": {why}", ".")

EVENTS: Mapping[str, str] = {
    "sheet-mended": "Таблица: запись исправлена",
    "received": "Заявка получена",
    "forgotten": "Персональные данные уничтожены",
    "completed": "Данные дополнены",
    "joined": "Повтор присоединён",
    "duplicate": "Повтор строки",
    "edited": "Строка формы изменена",
    "needs-data": "Запрошены данные",
    "referred": "Передано сотруднику",
    "decision": "Решение",
    "approved": "Принято",
    "refused": "Отказано",
    "authorised": "Партнёр авторизован",
    "deauthorised": "Партнёр деавторизован",
    "registered": "Сделка зарегистрирована",
    "extended": "Регистрация продлена",
    "extension-refused": "Отказано в продлении",
    "expired": "Срок регистрации истёк",
    "annulled": "Регистрация аннулирована",
    "annulment-proposed": "Предложено аннулировать",
    "won": "Сделка выиграна",
    "lost": "Сделка проиграна",
    "withdrawn": "Сделка отозвана",
    "report": "Отчёт о сделке",
    "confirmed": "Регистрация подтверждена",
    "echo": "Запрошено подтверждение",
    "echo-yes": "Партнёр подтвердил",
    "echo-no": "Партнёр не подтвердил",
    "terms-changed": "Условия изменены",
    "discount-offered": "Предложена скидка",
    "tier": "Статус изменён",
    "tier-raised": "Статус повышен",
    "tier-lowered": "Статус понижен",
    "tier-warning": "Предупреждение о статусе",
    "demotion-proposed": "Предложено понизить статус",
    "staff-word": "Решение сотрудника",
    "staff-cell": "Правка сотрудника",
    "staff-field": "Поле сотрудника изменено",
    "staff-impossible": "Решение сотрудника невозможно",
    "put-back": "Правка отменена",
    "row-restored": "Строка возвращена",
    "bulk-held": "Массовая правка задержана",
    "reminder": "Напоминание",
    "deadline-warning": "Срок близок",
    "deadline-missed": "Срок пропущен",
    "interim": "Промежуточный ответ",
    "mail-sent": "Письмо отправлено",
    "mail-refused": "Письмо не принято",
    "mail-in-doubt": "Отправка под вопросом",
    "mail-held": "Письмо не отправлено",
    "mail-received": "Письмо получено",
    "mail-not-understood": "Ответ не распознан",
    "mail-automatic": "Автоматический ответ",
    "mail-forged": "Письмо не прошло проверку",
    "bounce": "Письмо вернулось",
    "appeal": "Обжалование",
    "waiting": "Партнёр ждёт освобождения заказчика",
    "waiting-ended": "Партнёр больше не ждёт заказчика",
    "question": "Вопрос",
    "answered": "Ответ дан",
    "closed": "Закрыто",
    "training": "Обучение",
    "quarantine": "Карантин",
    "edition": "Редакция программы",
    "repeat-in-force": "Повтор действующей сделки",
    "repeat-joined": "Повтор присоединён",
    "received-again": "Повторная заявка",
    "edited-after-decision": "Строка изменена после решения",
    "training-opened": "Назначено обучение",
    "key-sent": "Ключ отправлен",
    "nfr-ended": "NFR-лицензия закончилась",
    "pilot-ended": "Пилот завершился",
    "pilot-reported": "Отчёт о пилоте получен",
    "sale-expected": "Ожидается продажа",
    "annulment-dropped": "Аннулирование снято",
    "reply": "Ответ партнёра",
    "comment-received": "Комментарий партнёра",
    "echo-declined": "Партнёр не подтвердил",
    "staff-warned": "Сотрудники предупреждены",
    "tier-warned": "Предупреждение о статусе",
    "tier-stands": "Статус подтверждён",
    "word:decision": "Решение сотрудника",
    "word:cell": "Правка сотрудника",
    "word:field": "Поле сотрудника изменено",
    "word:overwritten": "Правка ячейки системы",
    "word:row-deleted": "Строка удалена",
    "mail-in:person": "Письмо партнёра",
    "mail-in:automatic": "Автоматический ответ",
    "mail-in:bounce": "Письмо вернулось",
    "mail-in:own": "Собственное письмо",
    "export": "Выгрузка данных лица",
    "forget": "Удаление данных лица",
}

LETTERS: Mapping[str, str] = {
    "partner-authorised": "авторизация",
    "partner-refused": "отказ в авторизации",
    "partner-status": "состояние авторизации",
    "partner-deauthorised": "деавторизация",
    "tier-raised": "статус повышен",
    "tier-lowered": "статус изменён",
    "tier-warning": "предупреждение о статусе",
    "needs-data": "запрос данных",
    "case-received": "заявка принята",
    "case-waiting": "промежуточный ответ",
    "sender-unknown": "нейтральное подтверждение",
    "question-received": "обращение получено",
    "question-answered": "ответ на обращение",
    "appeal-answered": "ответ на обжалование",
    "waiting-list": "лист ожидания",
    "customer-free": "заказчик свободен",
    "deal-registered": "сделка зарегистрирована",
    "deal-terms-changed": "условия изменены",
    "deal-refused": "отказ в регистрации",
    "deal-waiting": "промежуточный ответ",
    "deal-update-due": "напоминание об отчёте",
    "deal-update-overdue": "отчёт просрочен",
    "deal-confirm-due": "подтверждение регистрации",
    "deal-expiring": "срок заканчивается",
    "deal-expired": "срок истёк",
    "deal-extended": "регистрация продлена",
    "deal-extension-refused": "отказ в продлении",
    "deal-annulled": "регистрация аннулирована",
    "deal-closed": "сделка закрыта",
    "deal-discount-offered": "предложена скидка",
    "pilot-accepted": "пилот согласован",
    "pilot-started": "ключ пилота",
    "pilot-refused": "отказ в пилоте",
    "pilot-ending": "пилот заканчивается",
    "pilot-report-due": "нужен отчёт о пилоте",
    "pilot-report-received": "отчёт о пилоте получен",
    "nfr-accepted": "NFR-лицензия согласована",
    "nfr-issued": "ключ NFR-лицензии",
    "nfr-refused": "отказ в NFR-лицензии",
    "nfr-ending": "NFR-лицензия заканчивается",
    "nfr-ended": "NFR-лицензия закончилась",
    "training-invitation": "приглашение на обучение",
    "training-reminder": "напоминание об обучении",
    "training-cancelled": "обучение отменено",
    "training-requested": "запрос обучения получен",
    "order-accepted": "заказ принят",
    "order-refused": "отказ в заказе",
    "reply-confirm": "просьба подтвердить",
    "status-report": "состояние сделок",
    "staff-attention": "сообщение сотрудникам",
    "staff-appeal": "обжалование сотрудникам",
    "staff-digest": "сводка сотрудникам",
}
"""What `Журнал` calls each letter."""

LABELS: Mapping[str, str] = {
    # forms
    "stamp": "Отметка времени",
    "address": "Адрес электронной почты",
    "name": "Наименование организации",
    "inn": "ИНН",
    "kpp": "КПП",
    "site": "Сайт",
    "contact": "Контактное лицо",
    "phone": "Телефон",
    "region": "Регион",
    "distributor": "Дистрибутор",
    "consent": "Согласие на обработку персональных данных",
    "comment": "Комментарий",
    "partner_inn": "ИНН партнёра",
    "customer": "Заказчик",
    "customer_inn": "ИНН заказчика",
    "kind": "Тип сделки",
    "products": "Продукты",
    "licences": "Количество лицензий",
    "expected_on": "Ожидаемая дата покупки",
    "customer_contact": "Контакт заказчика",
    "competitor": "Аналогичное ПО",
    "licence_screenshot": "Скриншот лицензии",
    "financial_document": "Финансовый документ",
    "deal": "№ сделки",
    "sale_status": "Статус продажи",
    "extend": "Продлить регистрацию",
    "term_days": "Срок дней",
    "pilot": "№ пилота",
    "result": "Результат",
    "feedback": "Отзыв",
    "intent": "Намерение купить",
    "topic": "Тема",
    "subject": "Тема",
    "text": "Текст",
    # registry
    "number": "№",
    "partner": "Партнёр",
    "authorisation": "Авторизация",
    "tier": "Статус",
    "discount": "Скидка %",
    "state": "Состояние",
    "submitted_at": "Подана",
    "due_at": "Ответить до",
    "registered_at": "Зарегистрирована",
    "valid_until": "Действует до",
    "extensions": "Продлений",
    "report_due": "Обновить до",
    "reason": "Причина",
    "remarks": "Замечания",
    "contacts": "Контакты",
    "sales_12m": "Продажи за 12 мес.",
    "distance": "До следующего статуса",
    "staff_decision": "Решение сотрудника",
    "refusal_code": "Код отказа",
    "staff_discount": "Скидка сотрудника %",
    "staff_comment": "Комментарий сотрудника",
    "ground": "Основание",
    "manager": "Менеджер",
    "individual_discount": "Индивидуальная скидка %",
    "staff_contacts": "Дополнительные контакты",
}

TERMS: Mapping[str, str] = {
    # what a tier gives besides its figures
    "marketing-materials": "маркетинговые материалы",
    "free-training": "бесплатное обучение продажам",
    "listing": "размещение на сайте вендора",
    "joint-events": "совместные публикации и мероприятия",
    "extended-marketing": "расширенный маркетинг",
    "technical-discount": "скидка на технический курс",
    "white-label": "white-label и технологическое сотрудничество – по договорённости",
    # states
    "needs-data": "Нужны данные",
    "pending": "На рассмотрении",
    "registered": "Зарегистрирована",
    "refused": "Отказано",
    "expired": "Истекла",
    "annulled": "Аннулирована",
    "won": "Выиграна",
    "lost": "Проиграна",
    "withdrawn": "Отозвана",
    "authorised": "Авторизован",
    "deauthorised": "Деавторизован",
    "open": "Открыто",
    "approved": "Одобрено",
    "closed": "Закрыто",
    "passed": "Пройдено",
    "accepted": "Принято",
    # tiers
    "white": "Белый",
    "bronze": "Бронзовый",
    "silver": "Серебряный",
    "gold": "Золотой",
    "trusted": "Доверенный",
    # kinds of deal, of case, of request
    "new": "Новая",
    "renewal": "Продление лицензий",
    "additional": "Дополнительные лицензии",
    "switch": "Конкурентный переход",
    "partner": "Партнёр",
    "deal": "Сделка",
    "request": "Обращение",
    "training": "Обучение",
    "update": "Актуализация",
    "sales": "Продажи",
    "sales-training": "Обучение продажам",
    "publicity": "Рассылка или публикация",
    "reports": "Ежемесячные отчёты",
    "staff": "Подтверждение сотрудником",
    "order": "Заказ",
    "nfr": "NFR-лицензия",
    "publication": "Публикация",
    "presale": "Пресейл",
    "materials": "Материалы",
    "running": "Действует",
    "report-due": "Ждёт отчёта",
    "overdue": "Отчёт просрочен",
    "pilot": "Пилот",
    "pilot-report": "Отчёт о пилоте",
    "question": "Вопрос",
    "appeal": "Обжалование",
    "bulk-edit": "Массовая правка",
    "technical": "Техническое обучение",
    "course-sales": "Вебинар по продажам «Стахановец»",
    "course-technical": "Технический курс «Стахановец»",
    # sale statuses
    "in-work": "В работе",
    "negotiating": "Переговоры",
    "offer-sent": "КП отправлено",
    "tender": "Тендер",
    "postponed": "Отложена",
    "extend": "Продлить регистрацию",
    "withdraw": "Отозвать",
    # staff's words
    "approve": "Одобрить",
    "refuse": "Отказать",
    "annul": "Аннулировать",
    "keep": "Оставить",
    "authorise": "Авторизовать",
    "deauthorise": "Деавторизовать",
    "raise": "Повысить",
    "lower": "Понизить",
    "close": "Закрыть",
    # publicity and violations
    "site": "Сайт",
    "mailing": "Рассылка",
    "social": "Соцсети",
    "complaint": "Жалоба",
    "false-information": "Недостоверная информация",
    "debt": "Задолженность",
    "breach": "Нарушение",
    "yes": "Да",
    "no": "Нет",
}

CONDITIONS: Mapping[str, str] = {
    "sales": "продажи за период",
    "site": "упоминание вендора на вашем сайте",
    "publicity": "рассылка или публикация в соцсетях за отчётный период",
    "sales-training": "пройденное обучение продажам",
    "reports": "ежемесячные отчёты по открытым сделкам",
    "staff": "подтверждение сотрудником вендора",
}

COUNTS: Mapping[str, str] = {
    "open": "Открыто",
    "deals": "Открытых сделок",
    "registered": "Зарегистрированных сделок",
    "partners": "Авторизованных партнёров",
    "requests": "Открытых обращений",
    "pending": "На рассмотрении",
    "needs-data": "Ждут данных от партнёра",
    "waiting": "Ждут решения сотрудника",
    "at-risk": "Срок близок",
    "missed": "Срок пропущен",
    "received": "Поступило за сутки",
    "decided": "Решено за сутки",
    "undelivered": "Писем не доставлено",
    "quarantine": "В карантине",
    "sent": "Отправлено писем за сутки",
}

ATTENTION: Mapping[str, str] = {
    "deadline": "Приближается срок ответа",
    "missed": "Срок ответа пропущен",
    "question": "Ждёт решения сотрудника",
    "annul": "Предложено аннулировать регистрацию",
    "foreign-application": "Заявка с неизвестного адреса",
    "licence-key": "Нужен ключ лицензии",
    "pilot-report-overdue": "Отчёт о пилоте просрочен",
    "proposal": "Есть предложение системы",
    "appeal": "Партнёр обжалует отказ",
    "bulk-edit": "Массовая правка задержана",
    "undelivered": "Письмо не доставлено",
    "undeliverable": "Письмо не доставлено",
    "bounce": "Письмо вернулось",
    "in-doubt": "Неизвестно, ушло ли письмо",
    "quarantine": "Запись в карантине",
    "mail": "Письмо ждёт сотрудника",
    "too-large": "Письмо слишком велико",
    "forged": "Письмо не прошло проверку",
    "calendar": "Календарь года не утверждён",
    "sheet": "Таблицу нужно поправить",
}
_ANSWERED_IN_SHEET = "Укажите решение в колонке «Решение сотрудника» таблицы; система исполнит его на ближайшем проходе."
_ATTENTION_STEPS: Mapping[str, str] = {
    "sheet": "Поправьте таблицу, как сказано выше, и сохраните; на ближайшем проходе система прочтёт её снова.",
    "quarantine": "Покажите это тому, кто ведёт систему; остальное работает, ничего не потеряно.",
    "undelivered": "Проверьте адрес и почтовый сервер; письмо система пробует отправить снова.",
    "undeliverable": "Проверьте адрес партнёра; другой можно вписать в «Дополнительные контакты».",
    "bounce": "Проверьте адрес партнёра; другой можно вписать в «Дополнительные контакты».",
    "in-doubt": "Посмотрите в отправленных, ушло ли письмо; если нет, ответьте партнёру сами.",
}
_ANY_ATTENTION = "Нужно внимание сотрудника"

_LIMIT = 200
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_ISO_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}.*(?:Z|[+-]\d{2}:\d{2})")
_SPELLED = MappingProxyType({"tier": TERMS, "proposed": TERMS, "column": LABELS, "field": LABELS, "kind": TERMS})
_PARSE = Formatter().parse


class RussianWording:
    """`cases.ports.Wording` in Russian."""

    def problem(self, problem: Problem, label: str) -> str:
        """«Label»: what is wrong and how to mend it; no full stop, so that several can stand in a row."""
        fault = _fill(PROBLEMS.get(problem.code, _ANY_PROBLEM), problem.facts)
        return f"«{_line(label or self.label(problem.field))}»: {fault.removesuffix('.')}"

    def reason(self, reason: Reason, edition: Edition) -> str:
        """A reason for partners; refusal codes in the edition's own words. Takes none of the reason's facts."""
        return edition.deals.reasons.get(reason.code) or REASONS.get(reason.code, _ANY_REASON)

    def remark(self, code: str, **facts: str) -> str:
        """A line of `Замечания`."""
        return _fill(REMARKS.get(code, _ANY_REMARK), {"code": code, **facts})

    def question(self, code: str, **facts: str) -> str:
        """What staff are asked."""
        return _fill(QUESTIONS.get(code, _ANY_QUESTION), facts)

    def event(self, code: str) -> str:
        """Name of an event for `Журнал`."""
        if code in EVENTS:
            return EVENTS[code]
        kind, _, rest = code.partition(":")
        if kind == "mail":
            return f"Письмо: {LETTERS.get(rest, _line(rest))}"
        if kind == "deal":
            return f"Сделка: {self.term(rest)}"
        if kind == "question":
            return "Вопрос сотруднику"
        return f"Событие «{_line(code)}»"

    def label(self, field: str) -> str:
        """The contract's header of a field or registry column."""
        return LABELS.get(field, _line(field))

    def term(self, name: str) -> str:
        """A state, tier, kind, sale status or word of staff's."""
        return TERMS.get(name, _line(name))

    def meaning(self, field: str, text: str) -> str:
        """Our word for what was typed in a field with a list («Новая» -> `new`); the text itself when it is none of the list."""
        known = _MEANINGS.get(field)
        return known.get(_plain_words(text), text) if known else text


def _plain_words(text: str) -> str:
    """Without case, ё, punctuation, and the number that the list of statuses puts before each word."""
    words = re.sub(r"[\W_]+", " ", text.casefold().replace("ё", "е")).strip()
    return re.sub(r"^[1-9] (?=\D)", "", words)


_YES_NO = ("yes", "no")
_LISTS: Mapping[str, tuple[str, ...]] = {
    "kind": ("new", "renewal", "additional", "switch"),
    "consent": _YES_NO,
    "extend": _YES_NO,
    "topic": ("training", "nfr", "publication", "presale", "materials", "question"),
    "sale_status": ("in-work", "negotiating", "offer-sent", "tender", "won", "lost", "postponed", "extend", "withdraw"),
}
_MEANINGS = {field: {_plain_words(TERMS[word]): word for word in words} for field, words in _LISTS.items()}


def condition(fact: Mapping[str, object]) -> str:
    """One condition of a tier as a letter shows it; of sales, what is asked and what is there."""
    name, required, actual = (str(fact.get(key, "")) for key in ("name", "required", "actual"))
    text = CONDITIONS.get(name, _line(name))
    if name != "sales":
        return text
    asked, there = _roubles(required), _roubles(actual)
    return text + (f": нужно {asked}" if asked else "") + (f", сейчас {there}" if there else "")


def citation(section: str, edition: str) -> str:
    """Where it stands in the programme: «раздел «Регистрация сделки», редакция от 1 января 2026 г.»; "" without either."""
    heading = _line(section).strip("«»\"' ")
    version = f"редакция от {day(edition)}" if _ISO_DAY.fullmatch(edition) else edition and f"редакция {_line(edition)}"
    return ", ".join(part for part in (heading and f"раздел «{heading}»", version) if part)


def count_name(name: str) -> str:
    """Name of a figure of the digest."""
    return COUNTS.get(name, _line(name))


def attention(kind: str) -> str:
    """What a letter to staff is about."""
    return ATTENTION.get(kind, _ANY_ATTENTION)


def attention_step(kind: str) -> str:
    """What staff are to do about it."""
    return _ATTENTION_STEPS.get(kind, _ANSWERED_IN_SHEET)


def _roubles(text: str) -> str:
    try:
        return money(Decimal(text)) if text else ""
    except InvalidOperation:
        return _line(text)


def _fill(pieces: Pieces, facts: Mapping[str, str]) -> str:
    shown = {name: text for name, value in facts.items() if (text := _shown(name, value))}
    return "".join(
        piece.format_map(shown) for piece in pieces if all(name in shown for _, name, _, _ in _PARSE(piece) if name is not None)
    )


def _shown(name: str, value: str) -> str:
    text = _line(str(value))
    if name in _SPELLED:
        return _SPELLED[name].get(text, text)
    if name == "why":  # a sentence of its own becomes part of another
        return text[:1].lower() + text[1:].rstrip(".") if text[1:2].islower() else text.rstrip(".")
    if name == "roubles":
        return _roubles(text)
    if name == "missing":
        return ", ".join(CONDITIONS.get(part.strip(), part.strip()) for part in text.split(","))
    if _ISO_DAY.fullmatch(text) or _ISO_MOMENT.fullmatch(text):
        with suppress(ValueError):  # typed by people, it may be no day at all: 2026-02-30
            return short_moment(text) if name.endswith("_at") and _ISO_MOMENT.fullmatch(text) else short_day(text)
    return text


def _line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LIMIT else line[: _LIMIT - 1] + "…"
