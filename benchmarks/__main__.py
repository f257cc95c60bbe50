"""python -m benchmarks speed | gpu | growth | quality | search | exercises | serving | archives | kills | ...

Run by hand; without a command it lists all of them.  Each has its --help.
"""

import os
import sys
from pathlib import Path

COMMANDS = ("speed", "gpu", "growth", "quality", "search", "exercises", "serving", "archives", "kills", "stream",
            "tables", "traffic", "soak")  # fmt: skip


def main(argv: list[str]) -> int:
    if not argv or argv[0] not in COMMANDS:
        told = f"unknown command {argv[0]!r}; " if argv and not argv[0].startswith("-") else ""
        print(f"{told}want: python -m benchmarks {' | '.join(COMMANDS)}  (see benchmarks/README.md)", file=sys.stderr)
        return 0 if argv and argv[0] in ("-h", "--help") else 2
    if argv[0] == "speed":
        from benchmarks.speed import main as command
    elif argv[0] == "gpu":
        from benchmarks.gpu import main as command
    elif argv[0] == "growth":
        one_thread()
        from benchmarks.growth import main as command
    elif argv[0] == "search":
        one_thread()
        from benchmarks.search import main as command
    elif argv[0] == "exercises":
        one_thread()
        from benchmarks.exercises import main as command
    elif argv[0] == "serving":
        one_thread()
        from benchmarks.serving import main as command
    elif argv[0] == "archives":
        one_thread()
        from benchmarks.archives import main as command
    elif argv[0] == "tables":
        one_thread()
        from benchmarks.tables import main as command
    elif argv[0] == "stream":
        one_thread()
        from benchmarks.stream import main as command
    elif argv[0] == "kills":
        one_thread()
        from benchmarks.kills import main as command
    elif argv[0] == "soak":
        one_thread()
        from benchmarks.soak import main as command
    elif argv[0] == "traffic":
        from benchmarks.traffic import main as command
    else:
        from benchmarks.quality import main as command
    return command(argv[1:])


def one_thread() -> None:
    """Before NumPy is imported: one BLAS thread, and the machine's own kernels."""
    from benchmarks.speed import environment

    mine = environment(1, Path("unused"))
    os.environ.clear()
    os.environ.update(mine)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
