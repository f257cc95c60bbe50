"""Options: what the commands on tables share: help with an example, --json, and where files may be written."""
import argparse
import json
import math
import sys
from collections.abc import Callable, Mapping
from contextlib import nullcontext, redirect_stdout
from pathlib import Path
from typing import Any

from widedeep.commands.arguments import check_file
from widedeep.commands.blas_threads import one_thread
from widedeep.commands.exit_codes import exit_code
from widedeep.saving import write_beside


def parser_for(command: str, description: str, example: str) -> argparse.ArgumentParser:
    """A parser whose help ends with an example."""
    return argparse.ArgumentParser(prog=f"widedeep {command}", description=description, epilog=f"example:\n  {example}",
                                   formatter_class=argparse.RawDescriptionHelpFormatter)


def add_json(parser: argparse.ArgumentParser, what: str) -> None:
    parser.add_argument("--json", metavar="FILE", help=f"write {what} as JSON; - prints it, and nothing else")


def add_report(parser: argparse.ArgumentParser, what: str) -> None:
    parser.add_argument("--report", metavar="FILE", help=f"write a page about {what}, FILE.html: figures beside two "
                        "baselines, calibration, errors, heaviest weights, a row explained")


def run_command(args: argparse.Namespace, run: Callable[[argparse.Namespace], Any]) -> int:
    """Run it with one BLAS thread.  0: done, 2: something was wrong, said in one message (Ctrl-C, too)."""
    args.printed = sys.stdout                                       # where --json - goes; the rest then does not
    with one_thread(), redirect_stdout(sys.stderr) if args.json == "-" else nullcontext():
        code = exit_code(lambda: run(args))
    return 2 if code == 130 else code


def check_outputs(args: argparse.Namespace, *options: str) -> None:
    """Before any work: the files that the options name can be written; a report is a page."""
    for option in options:
        path = getattr(args, option)
        if option == "report" and path and Path(path).suffix.lower() not in (".html", ".htm"):
            raise ValueError(f"--report {path}: a page for a browser; want a name that ends in .html")
        check_file(f"--{option}", Path(path) if path and path != "-" else None)


def write_json(args: argparse.Namespace, found: Mapping[str, Any]) -> None:
    """To the file that --json names, or to standard output; nowhere without it."""
    if args.json is None:
        return
    written = json.dumps(found, indent=1, allow_nan=False) + "\n"
    if args.json == "-":
        args.printed.write(written)
    else:
        write_beside(Path(args.json), lambda beside: beside.write_text(written, encoding="utf-8"))


def note(line: str) -> None:
    """What a person should know, beside what was asked for: to standard error."""
    print(f"note: {line}", file=sys.stderr)


def say_metrics(metrics: Mapping[str, float]) -> str:
    return "   ".join(f"{name} {value:.4f}" if math.isfinite(value) else f"{name} {value}"
                      for name, value in metrics.items())
