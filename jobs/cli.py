"""The command line: `python -m jobs COMMAND`. Exit codes: 0 done, 1 something left undone, 2 wrong use or configuration."""

from __future__ import annotations

import argparse
import difflib
import json
import logging
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

from rich.console import Console

from jobs import backup, demo, doctor, ending, explain, explain_text, listing, logs, person, simulate, simulate_text, status
from jobs.account import pass_account, pass_facts
from jobs.backends import spreadsheet
from jobs.home import Home, chosen, make_home, open_home
from jobs.lock import Busy
from jobs.once import JOBS, run_pass
from jobs.progress import Progress
from jobs.run import serve
from jobs.sample.place import place_sample
from jobs.settings import SettingsError
from mailer.rendering import listing_page

NAME = "partner-desk"

log = logging.getLogger("jobs")


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        raise SettingsError(f"{message} (see `python -m jobs --help`)")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; gives the exit code."""
    os.umask(0o077)  # whatever is made here holds personal data or secrets: it is its owner's alone
    try:
        arguments = _parser().parse_args(_known_command(list(sys.argv[1:] if argv is None else argv)))
        logs.set_up(verbose=arguments.verbose, quiet=arguments.command is _demo)
        command: Callable[[argparse.Namespace], int] = arguments.command
        return command(arguments)
    except Exception as error:
        if line := ending.told(error):
            _say(line)
            return 0 if isinstance(error, Busy) else 2 if isinstance(error, ending.CONFIGURATION) else 1
        log.error("command-failed", extra={"error": type(error).__name__}, exc_info=error)
        _say(f"the command failed ({type(error).__name__}); with --verbose it tells where in the program")
        return 1


def _say(text: str) -> None:
    print(f"{NAME}: {text}", file=sys.stderr)


def _known_command(argv: list[str]) -> list[str]:
    """The arguments, unless the command is misspelt. Raises SettingsError with the nearest one."""
    if argv and not argv[0].startswith("-") and argv[0] not in (*_COMMANDS, "demo"):
        near = difflib.get_close_matches(argv[0], _COMMANDS, n=1, cutoff=0.4)
        raise SettingsError(
            f"no command {argv[0]!r}; " + (f"did you mean {near[0]!r}?" if near else f"try {', '.join(_COMMANDS)}")
        )
    return argv


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m jobs", description="Partner Desk: the partner programme, run from a spreadsheet and a mailbox."
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True, parser_class=_Parser)
    for name, (command, summary) in _COMMANDS.items():
        sub = commands.add_parser(name, help=summary, description=summary)
        _common(sub, command)
        if name in ("once", "job"):
            sub.add_argument("--dry-run", action="store_true", help="decide and show; write and send nothing")
        if name == "listing":
            sub.add_argument("--html", action="store_true", help="print a fragment of HTML for the site")
        if name in ("once", "job", "explain", "status", "doctor", "simulate", "export", "forget", "listing"):
            sub.add_argument("--json", action="store_true", help="print JSON")
        if name == "init":
            sub.add_argument("--sample", action="store_true", help="add sample submissions")
        if name == "job":
            sub.add_argument("name", metavar="NAME", help=", ".join(JOBS))
        if name in ("export", "forget"):
            sub.add_argument("--person", metavar="MAIL", required=True, help="the person's mail address")
        if name == "forget":
            sub.add_argument("--force", action="store_true", help="even if open cases are left without anybody to answer to")
        if name == "backup":
            sub.add_argument("file", metavar="FILE", nargs="?", default="", help="a new file (backups/ledger-….db of the home)")
        if name == "restore":
            sub.add_argument("file", metavar="FILE", help="what `backup` made")
        if name == "simulate":
            sub.add_argument("--edition", metavar="FILE", required=True, help="an edition's directory, or a file in it")
        if name == "explain":
            sub.add_argument("id", metavar="ID", help="P-0001, D-2026-0001, Q-2026-0001")
    _common(commands.add_parser("demo"), _demo)
    return parser


def _common(parser: argparse.ArgumentParser, command: Callable[[argparse.Namespace], int]) -> None:
    parser.add_argument("--home", metavar="DIR", help="the home folder ($PARTNERDESK_HOME, else ./home)")
    parser.add_argument("--now", metavar="TIME", type=_moment, help="a set clock, such as 2026-03-02T10:00+03:00")
    parser.add_argument("--verbose", action="store_true", help="log to stderr though a person watches")
    parser.set_defaults(command=command)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"expected a time such as 2026-03-02T10:00+03:00, got {text!r}") from error
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError(f"add the zone to {text!r}: {text}+03:00")
    return moment


def _now(arguments: argparse.Namespace) -> datetime:
    given: datetime | None = arguments.now
    return given or datetime.now(UTC)


def _home(arguments: argparse.Namespace) -> Home:
    """The home, with whatever is missing from it. Raises SettingsError when there is none at all."""
    root = chosen(arguments.home)
    if not root.is_dir():
        open_home(root)
    return make_home(root)


def _progress() -> Progress:
    return Progress(watched=sys.stderr.isatty())


# -- commands --------------------------------------------------------------------------------


def _init(arguments: argparse.Namespace) -> int:
    home = make_home(chosen(arguments.home))
    local = home.settings.spreadsheet.backend == "xlsx"
    fresh = local and not home.workbook.exists()
    spreadsheet(home).ensure(_now(arguments).strftime("%Y%m%d-%H%M%S"), forms=True)
    if arguments.sample and fresh:
        place_sample(home, _now(arguments))
    elif arguments.sample and not local:
        _say("the sample is for a workbook; the spreadsheet at Google has got its tabs only")
    elif arguments.sample:
        _say(f"{home.workbook.name} is there already: no sample is added to it")
    print(f"{home.root} is ready; next: python -m jobs once --home {home.root}")
    return 0


def _once(arguments: argparse.Namespace) -> int:
    return _pass(arguments, "")


def _job(arguments: argparse.Namespace) -> int:
    if arguments.name not in JOBS:
        near = difflib.get_close_matches(arguments.name, JOBS, n=1, cutoff=0.4)
        raise SettingsError(f"no job {arguments.name!r}; " + (f"did you mean {near[0]!r}?" if near else f"try {', '.join(JOBS)}"))
    return _pass(arguments, arguments.name)


def _pass(arguments: argparse.Namespace, only: str) -> int:
    home = open_home(chosen(arguments.home)) if arguments.dry_run else _home(arguments)
    report = run_pass(home, _now(arguments), _progress(), only=only, dry=arguments.dry_run)
    for text in (*report.notices, *report.faults):
        _say(text)
    if arguments.json:
        print(json.dumps(pass_facts(report), ensure_ascii=False))
    else:
        pass_account(Console(), report, dry=arguments.dry_run)
    return report.exit_code


def _run(arguments: argparse.Namespace) -> int:
    if arguments.now is not None:
        raise SettingsError("`run` lives by the true clock; leave out --now, or use `once --now`")
    return serve(_home(arguments), _progress(), _say)


def _explain(arguments: argparse.Namespace) -> int:
    facts = explain.gather(open_home(chosen(arguments.home)), arguments.id, _now(arguments))
    if arguments.json:
        print(json.dumps(explain.as_json(facts), ensure_ascii=False, indent=2))
    else:
        explain_text.show(Console(), facts)
    return 0


def _status(arguments: argparse.Namespace) -> int:
    found = status.gather(open_home(chosen(arguments.home)), _now(arguments))
    if arguments.json:
        print(json.dumps(status.as_json(found), ensure_ascii=False, indent=2))
    else:
        status.show(Console(), found)
    return 0


def _listing(arguments: argparse.Namespace) -> int:
    if arguments.json and arguments.html:
        raise SettingsError("`listing` prints JSON or HTML; leave out --json or --html")
    lines = listing.gather(open_home(chosen(arguments.home)), _now(arguments))
    if arguments.json:
        print(listing.as_json(lines), end="")
    elif arguments.html:
        print(listing_page(lines))
    else:
        listing.show(Console(), lines)
    return 0


def _simulate(arguments: argparse.Namespace) -> int:
    home = open_home(chosen(arguments.home))
    found = simulate.gather(home, Path(arguments.edition), _now(arguments), arguments.now, _progress())
    if arguments.json:
        print(json.dumps(simulate.as_json(found), ensure_ascii=False, indent=2))
    else:
        simulate_text.show(Console(), found)
    return 0


def _doctor(arguments: argparse.Namespace) -> int:
    checks = doctor.examine(open_home(chosen(arguments.home)), _now(arguments))
    if arguments.json:
        print(json.dumps(doctor.as_json(checks), ensure_ascii=False, indent=2))
    else:
        doctor.show(Console(), checks)
    for check in checks:
        if check.fault:
            _say(f"{check.name}: {check.text}")
    return 1 if any(check.fault for check in checks) else 0


def _backup(arguments: argparse.Namespace) -> int:
    print(backup.back_up(open_home(chosen(arguments.home)), arguments.file, _now(arguments)))
    return 0


def _restore(arguments: argparse.Namespace) -> int:
    counts = backup.put_back(open_home(chosen(arguments.home)), arguments.file)
    print(f"{counts['cases']} cases, {counts['submissions']} submissions, {counts['mails']} letters are back; next: doctor, once")
    return 0


def _export(arguments: argparse.Namespace) -> int:
    found = person.export(open_home(chosen(arguments.home)), arguments.person, _now(arguments))
    print(json.dumps(found, ensure_ascii=False, indent=2, default=str))
    return 0


def _forget(arguments: argparse.Namespace) -> int:
    try:
        done = person.forget(open_home(chosen(arguments.home)), arguments.person, _now(arguments), force=arguments.force)
    except Busy as busy:
        _say(f"nothing was erased: {busy}")
        return 1
    if arguments.json:
        print(json.dumps(done.as_json(), ensure_ascii=False))
    elif done.counts:
        print("erased: " + ", ".join(f"{name} {count}" for name, count in sorted(done.counts.items())))
        for place in done.by_hand:
            print(f"to be deleted by hand: {place}")
    elif not done.open:
        print("nothing is kept about this person")
    if done.open:
        _say(
            f"nothing was erased: nobody else could answer in the open cases {', '.join(done.open)}; "
            "name another contact, close them, or add --force"
        )
    return 1 if done.open else 0


def _demo(arguments: argparse.Namespace) -> int:
    return demo.play(chosen(arguments.home), arguments.now, Console(), _progress(), _say)


_COMMANDS: Mapping[str, tuple[Callable[[argparse.Namespace], int], str]] = {
    "init": (_init, "make a home: settings, workbook, mail folders"),
    "once": (_once, "run every job once, in order"),
    "run": (_run, "run every job on a timetable until told to stop"),
    "job": (_job, "run one job"),
    "explain": (_explain, "why a case stands where it stands"),
    "status": (_status, "what is open, late, undelivered, in quarantine"),
    "listing": (_listing, "the partners to be shown on the vendor's site, as JSON or HTML"),
    "simulate": (_simulate, "what would differ under another edition; changes nothing"),
    "export": (_export, "all that is kept about a person, as JSON (152-FZ)"),
    "forget": (_forget, "erase a person's data; the statistics stay (152-FZ)"),
    "backup": (_backup, "copy the ledger to a file while everything runs"),
    "restore": (_restore, "make the ledger from such a copy"),
    "doctor": (_doctor, "check settings, tabs, mailbox, programme; say how to mend each fault"),
}
