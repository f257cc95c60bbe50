"""report: what a class handed in, and the mistakes to open the next lecture with.

Each folder is a student's.  Every file in it is run again, in a process of its own; what the student's own state says
of tries is taken over, what it says of verdicts is not.

Read before: progress.py
"""
import csv
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from widedeep.exercises.catalog import NAMES
from widedeep.exercises.checking import check_files
from widedeep.exercises.messages import of_cause, say
from widedeep.exercises.progress import Folder
from widedeep.exercises.report import wrapped
from widedeep.saving import write_beside

SIZES = {letter: letter for letter in "NDHKFVd"}        # by their letters, since every student met other numbers
COLUMNS = ("student", "exercise", "verdict", "causes", "also", "tries", "hints", "seconds")


def handed_in(folders: Sequence[Path], table: Path | None = None, seed: int = 0) -> list[str]:
    """The lines of the report; and the CSV, if asked for.  Raises ValueError for a folder without exercises."""
    for folder in folders:
        if not any((folder / f"{name}.py").exists() for name in NAMES):
            raise ValueError(f"{folder} holds no exercise; want a folder for each student: 01_net_sum.py and so on")
    rows = [row for folder in folders for row in rows_of(folder, seed)]
    if table is not None:
        write_beside(table, lambda path: write_csv(path, rows))
    return [*students(rows), "", *mistakes(rows, len(folders))]


def rows_of(folder: Path, seed: int) -> list[dict[str, Any]]:
    known, rows = Folder(folder, keep=True).exercises, []
    there = [name for name in NAMES if (folder / f"{name}.py").exists()]
    for name, report in zip(there, check_files([(folder / f"{name}.py", name) for name in there], seed)):
        told = [cause for array in report.arrays for cause in array.causes] + report.own
        rows.append({"student": folder.resolve().name, "exercise": name, "verdict": report.verdict,
                     "causes": " ".join(dict.fromkeys(told)), "also": " ".join(report.also),
                     "tries": known[name].tries, "hints": known[name].hints, "seconds": round(report.seconds, 2)})
    return rows


def write_csv(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)


def students(rows: Sequence[dict[str, Any]]) -> list[str]:
    """A line for each: how many are right, and the one they are at."""
    lines = []
    for student in dict.fromkeys(row["student"] for row in rows):
        mine = [row for row in rows if row["student"] == student]
        open_ = [f"{row['exercise']} {row['causes']}".strip() for row in mine
                 if row["verdict"] not in ("right", "not-written")]
        right = sum(row["verdict"] == "right" for row in mine)
        lines += wrapped(say("ui", "student", student=student, right=right, all=len(mine),
                             open=", ".join(open_) or "-"), "", "    ")
    return lines


def mistakes(rows: Sequence[dict[str, Any]], n: int) -> list[str]:
    """The class's causes, the most frequent first: "db averaged: 11 of 30"."""
    counted = Counter((row["exercise"], cause) for row in rows for cause in row["causes"].split())
    lines = [say("ui", "class_head", n=n)]
    for (name, cause), times in counted.most_common():
        says, _ = of_cause(name, cause, **SIZES, array=say("ui", "an_array"), factor="")
        lines += wrapped(f"{times} of {n}   {name}  {says}  [{cause}]", "  ", " " * 10)
    if not counted:
        lines.append("  " + say("ui", "class_none"))
    return lines
