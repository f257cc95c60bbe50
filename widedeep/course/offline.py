"""A folder for machines without a network: wheels, notebooks, the book's pages if they are built, and how to install.

    python -m widedeep.course.offline FOLDER                              for machines like this one
    python -m widedeep.course.offline FOLDER --python 3.12 --platform win_amd64

Run it in the repository, with a network; then carry the folder.  There, `python install.py` makes an environment from
the wheels alone.  Everything in it may be handed on: the code (MIT), Adult (CC BY 4.0, inside the wheel), the generated
app store.  MovieLens may not; the notebooks that would use it fall back on the app store.

Read before: turns.py
"""
import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from widedeep.commands.exit_codes import exit_code

ROOT = Path(__file__).parents[2]
INSTALL = '''"""python install.py: an environment in ./course, from the wheels beside this file; no network is used."""
import os
import subprocess
import sys
import venv
from pathlib import Path

here = Path(__file__).resolve().parent
if sys.version_info < (3, 11):
    sys.exit("want Python 3.11 or newer; this is " + sys.version.split()[0])
venv.create(here / "course", with_pip=True)
python = here / "course" / ("Scripts" if os.name == "nt" else "bin") / "python"
subprocess.run([python, "-m", "pip", "install", "--no-index", "--find-links", here / "wheels", "widedeep[notebooks]"],
               check=True)
print("Start:  " + str(python) + " -m jupyter lab " + str(here / "notebooks"))
print("Or:     " + str(python) + " -m widedeep.demo --data appstore")
'''


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code 0, or 2 for a wrong call, a missing repository, or wheels that cannot be had."""
    parser = argparse.ArgumentParser(prog="python -m widedeep.course.offline", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="a new folder")
    parser.add_argument("--python", metavar="VERSION", help="of the machines, as 3.12; default: this one's")
    parser.add_argument("--platform", metavar="TAG", help="of their wheels, as win_amd64 or macosx_11_0_arm64")
    args = parser.parse_args(argv)
    return exit_code(lambda: make(args.folder, args.python, args.platform))


def make(folder: Path, python: str | None = None, platform: str | None = None, root: Path = ROOT) -> None:
    """Build the folder beside its place, and move it there when it is whole.

    Raises ValueError where the folder is there already, this is no repository, or pip cannot get the wheels.
    """
    if folder.exists():
        raise ValueError(f"{folder} is there already; want the name of a new folder")
    if not (root / "notebooks").is_dir() or not (root / "setup.cfg").is_file():
        raise ValueError(f"{root} holds no notebooks and setup.cfg; run this in the repository (pip install -e .)")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as part:
        place = Path(part, "whole")
        (place / "wheels").mkdir(parents=True)
        get_wheels(root, place / "wheels", python, platform)
        shutil.copytree(root / "notebooks", place / "notebooks",
                        ignore=shutil.ignore_patterns("text", "build.py", "__pycache__", ".ipynb_checkpoints"))
        if (root / "docs" / "_build" / "html").is_dir():
            shutil.copytree(root / "docs" / "_build" / "html", place / "book")
        shutil.copy(root / "README.md", place)
        shutil.copy(root / "LICENSE", place)
        (place / "install.py").write_text(INSTALL, encoding="utf-8")
        os.replace(place, folder)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    print(f"{folder}: {len(list((folder / 'wheels').iterdir()))} wheels, "
          f"{len(list((folder / 'notebooks').rglob('*.ipynb')))} notebooks, {size / 1e6:.0f} MB.  "
          f"On each machine:  python {Path(folder.name) / 'install.py'}")


def get_wheels(root: Path, wheels: Path, python: str | None, platform: str | None) -> None:
    """Our own wheel, and those of everything that the notebooks want."""
    pip = [sys.executable, "-m", "pip"]
    run([*pip, "wheel", "-q", "--no-deps", "-w", str(wheels), str(root)])
    (own,) = wheels.glob("widedeep-*.whl")
    foreign = [] if python is None and platform is None else ["--only-binary=:all:"]
    foreign += ["--python-version", python] if python else []
    foreign += ["--platform", platform] if platform else []
    run([*pip, "download", "-q", "-d", str(wheels), *foreign, f"{own}[notebooks]"])


def run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or done.stderr.splitlines()
        raise ValueError(f"pip could not get the wheels: {(lines or ['no message'])[-1]}")


if __name__ == "__main__":
    sys.exit(main())
