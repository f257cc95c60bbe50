"""python -m widedeep.exercises: write twenty functions, and be told which mistake they hold.

    start [DIR]           twenty files to write, in DIR (default: my_exercises); nothing is overwritten
    check [NAME|FILE]     is it right?  if not: which array, where, what it looks like (default: the file changed last)
    hint [NAME]           help, a little more at each call
    why [NAME]            every wrong number beside the right one, and the laws
    list                  all twenty, and how far you are
    reset NAME            the stub again; your version is kept beside it
    answer NAME           a worked answer, once yours is right or after three tries
    export --to nbgrader|otter|ipynb --out DIR         for a lecturer
    report DIR...         what a class handed in, and its mistakes

Without a word: where you are, and what comes next.  Exit codes: 0 right, 1 not yet, 2 a wrong call.
The language is WIDEDEEP_LANGUAGE, en or de.  docs/exercises.md is the manual.
"""
import argparse
import json
import sys
import time
from pathlib import Path

from widedeep.commands.exit_codes import exit_code
from widedeep.exercises.catalog import NAMES, find, named
from widedeep.exercises.checking import check_file, check_files
from widedeep.exercises.judge import Report
from widedeep.exercises.messages import of_exercise, say
from widedeep.exercises.process import LIMIT
from widedeep.exercises.progress import FOLDER, Folder, digest, exercise_in, spare
from widedeep.exercises.report import as_text, every_number, wrapped

COMMAND = "python -m widedeep.exercises"


def main(argv: list[str] | None = None) -> int:
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")        # a console that knows no umlauts
    args = parse(argv)
    answer = [0]

    def run() -> None:
        answer[0] = args.run(args)
    return exit_code(run) or answer[0]


def parse(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__, usage=f"{COMMAND} [COMMAND] [NAME] [OPTIONS]",
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.set_defaults(run=where, dir=None)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")

    def add(name: str, run: object, help_: str, word: str = "", needed: bool = False) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=help_, description=help_)
        command.set_defaults(run=run)
        command.add_argument("--dir", type=Path, help=f"your folder (default: here, or {FOLDER})")
        if word:
            command.add_argument("name", metavar=word, nargs=None if needed else "?", help='as "05_dense", or "5"')
        return command
    start = add("start", start_, "write the stubs")
    start.add_argument("folder", metavar="DIR", nargs="?", type=Path, default=None, help=f"default: {FOLDER}")
    check = add("check", check_, "is it right?", "NAME|FILE")
    check.add_argument("--json", action="store_true", help="one JSON object instead of text")
    check.add_argument("--all", action="store_true", help="every file of the folder")
    check.add_argument("--watch", action="store_true", help="check a file whenever it is saved")
    check.add_argument("--traceback", action="store_true", help="of an error, the whole traceback")
    for command in (check, add("why", why, "every wrong number", "NAME|FILE")):
        command.add_argument("--seed", type=int, default=0, help="of the numbers that it is tried on (default 0)")
        command.add_argument("--limit", type=float, default=LIMIT, help=f"seconds (default {LIMIT:g})")
    add("hint", hint, "a little help", "NAME")
    add("list", list_, "all twenty")
    add("reset", reset, "the stub again", "NAME", needed=True)
    add("answer", answer_, "a worked answer", "NAME", needed=True)
    export = add("export", export_, "for a lecturer")
    export.add_argument("--to", choices=("nbgrader", "otter", "ipynb"), required=True)
    export.add_argument("--out", type=Path, default=Path("."), help="folder (default: here)")
    export.add_argument("--seed", type=int, default=20, help="of the hidden tests (default 20)")
    report = add("report", report_, "what a class handed in")
    report.add_argument("folders", metavar="DIR", nargs="+", type=Path, help="a folder for each student")
    report.add_argument("--csv", type=Path, metavar="FILE", help="a row for each student and exercise")
    report.add_argument("--seed", type=int, default=0)
    args = parser.parse_args(argv)
    if getattr(args, "seed", 0) < 0:
        parser.error(f"--seed {args.seed}: want 0 or more")
    if not 0 < getattr(args, "limit", LIMIT) < 3600:
        parser.error(f"--limit {args.limit:g}: want more than 0 and less than 3600 seconds")
    return args


def folder_of(args: argparse.Namespace) -> Folder:
    """--dir; else this folder, if there are exercises in it; else my_exercises below it."""
    here = Path(".") if any(Path(f"{name}.py").exists() for name in NAMES) else Path(FOLDER)
    path = args.dir or here
    if not any((path / f"{name}.py").exists() for name in NAMES):
        raise ValueError(say("ui", "not_started", folder=path, command=f"{COMMAND} start"))
    folder = Folder(path)
    if folder.broken:
        tell(say("ui", "state_broken", file=folder.state, kept=folder.broken))
    if folder.broken or folder.lost:
        names = [name for name in NAMES if folder.file(name).exists() and not folder.is_stub(name)]
        for name, report in zip(names, check_files([(folder.file(name), name) for name in names])):
            record(folder, name, report)
    return folder


def tell(text: str) -> None:
    print("\n".join(wrapped(text, "")))


def where(args: argparse.Namespace) -> int:
    """No word given: where you are, and what comes next."""
    if not Path(FOLDER).exists() and not any(Path(f"{name}.py").exists() for name in NAMES):
        tell(say("ui", "welcome", command=f"{COMMAND} start"))
        return 0
    folder = folder_of(args)
    tell(say("ui", "green", green=sum(map(folder.is_green, NAMES)), all=len(NAMES)))
    tell_next(folder)
    return 0


def tell_next(folder: Folder) -> None:
    name = folder.next()
    if name is None:
        tell(say("ui", "all_done", command=f"python -m widedeep.demo --with {folder.path}"))
        return
    tell(say("ui", "next_is", file=folder.file(name), title=of_exercise(name, "title"), reads=find(name).reads))
    tell(say("ui", "how_to_check", command=f"{COMMAND} check"))


def start_(args: argparse.Namespace) -> int:
    path = args.folder or args.dir or Path(FOLDER)
    if path.exists() and not path.is_dir():
        raise ValueError(f"{path} is a file; want a folder for the exercises")
    path.mkdir(parents=True, exist_ok=True)
    folder = Folder(path)
    new = [name for name in NAMES if not folder.file(name).exists()]
    for name in new:
        folder.write_stub(name)
    folder.save()
    tell(say("ui", "started", written=len(new), folder=path, kept=len(NAMES) - len(new)))
    tell_next(folder)
    return 0


def check_(args: argparse.Namespace) -> int:
    if args.watch:
        return watch(args)
    if args.all:
        return check_all(args, folder_of(args))
    file, name, mine = the_file(args)
    if mine is not None:
        return check_one(args, mine, name)
    report = check_file(file, name, args.seed, args.limit)
    show(args, report)
    return 0 if report else 1


def check_all(args: argparse.Namespace, folder: Folder) -> int:
    names = [name for name in NAMES if folder.file(name).exists()]
    reports = check_files([(folder.file(name), name) for name in names], args.seed, args.limit)
    for name, report in zip(names, reports):
        record(folder, name, report)
        show(args, report)
    return 0 if all(reports) else 1


def the_file(args: argparse.Namespace) -> tuple[Path, str, Folder | None]:
    """(the file, its exercise, and the student's folder if it is one of its files)."""
    path = Path(args.name) if args.name else None
    if path is not None and (path.suffix == ".py" or path.exists()):
        if not path.is_file():
            raise ValueError(f"there is no file {path}")
        name = exercise_in(path)
        mine = path.name == f"{name}.py" and (path.parent / ".exercises.json").exists()
        return path, name, Folder(path.parent) if mine else None
    folder = folder_of(args)
    name = named(args.name) if args.name else folder.latest() or NAMES[0]
    if not folder.file(name).exists():
        raise ValueError(f"there is no {folder.file(name)}; `{COMMAND} reset {name}` writes the stub again")
    return folder.file(name), name, folder


def check_one(args: argparse.Namespace, folder: Folder, name: str) -> int:
    before = dict(folder.exercises[name].seen)
    report = check_file(folder.file(name), name, args.seed, args.limit)
    record(folder, name, report)
    show(args, report)
    if not args.json:
        twice = any(before.get(cause, 0) >= 1 for cause in report.causes)
        if twice and sys.stdin.isatty():
            folder.exercises[name].words.append(input(say("ui", "again")))
            folder.save()
        if report:
            tell_next(folder)
    return 0 if report else 1


def record(folder: Folder, name: str, report: Report) -> None:
    folder.exercises[name].record(report, digest(folder.file(name)))
    folder.save()


def show(args: argparse.Namespace, report: Report) -> None:
    if args.json:
        print(json.dumps(report.as_json(), allow_nan=False))
        return
    print(as_text(report, args.traceback))
    if report.printed.strip():
        print("  " + say("ui", "printed"))
        print("\n".join("  | " + line for line in report.printed.rstrip().splitlines()[-10:]))


def watch(args: argparse.Namespace) -> int:
    folder = folder_of(args)
    tell(say("ui", "watching", folder=folder.path))
    times = {name: 0 for name in NAMES}
    first = True
    while True:
        for name in NAMES:
            changed = folder.file(name).stat().st_mtime_ns if folder.file(name).exists() else 0
            if changed != times[name] and not first:
                print()
                check_one(args, folder, name)
            times[name] = changed
        first = False
        time.sleep(0.5)


def why(args: argparse.Namespace) -> int:
    file, name, _ = the_file(args)
    report = check_file(file, name, args.seed, args.limit)
    print(as_text(report))
    print("\n".join(every_number(report)))
    return 0 if report else 1


def hint(args: argparse.Namespace) -> int:
    folder = folder_of(args)
    name = named(args.name) if args.name else folder.latest() or NAMES[0]
    hints, progress = of_exercise(name, "hints"), folder.exercises[name]
    level = min(progress.hints + 1, len(hints))
    progress.hints = level
    folder.save()
    tell(f"{name}  " + say("ui", "hint_level", level=level, levels=len(hints), hint=hints[level - 1]))
    if level == len(hints):
        tell(say("ui", "hint_last"))
    return 0


def list_(args: argparse.Namespace) -> int:
    folder = folder_of(args)
    print(say("ui", "list_head"))
    for name in NAMES:
        progress = folder.exercises[name]
        told = say("ui", progress.verdict) if folder.is_green(name) or progress.verdict != "right" else \
            say("ui", "changed")
        line = f"{name:<20}{told.lower():<26}{progress.tries:>5}{progress.hints:>7}  {' '.join(progress.causes)}"
        print(line.rstrip())
    return 0


def reset(args: argparse.Namespace) -> int:
    folder, name = folder_of(args), named(args.name)
    file, kept = folder.file(name), ""
    if file.exists():
        copy = spare(file, ".bak")
        file.replace(copy)
        kept = copy.name
    folder.write_stub(name)
    tell(say("ui", "reset_done", file=file, kept=kept or "-"))
    return 0


def answer_(args: argparse.Namespace) -> int:
    folder, name = folder_of(args), named(args.name)
    progress = folder.exercises[name]
    if not folder.is_green(name) and not progress.answered:
        if progress.tries < 3:
            tell(say("ui", "answer_early", tries=progress.tries))
            return 1
        if input(say("ui", "answer_sure")).strip().lower()[:1] != say("ui", "answer_yes"):
            return 1
        progress.answered = True
        folder.save()
    print(find(name).answers[0].strip())
    return 0


def export_(args: argparse.Namespace) -> int:
    from widedeep.exercises.export import export
    for path in export(args.to, args.out, args.seed):
        print(path)
    return 0


def report_(args: argparse.Namespace) -> int:
    from widedeep.exercises.handed_in import handed_in
    print("\n".join(handed_in(args.folders, args.csv, args.seed)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
