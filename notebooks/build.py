"""Make the notebooks from their text:  python notebooks/build.py [NAME ...]        (all of them, without a name)

The text, notebooks/text/NAME.md (jupytext, MyST), is what people edit and review.  NAME.ipynb beside the folder is
made from it: executed in an empty folder, without the network, MovieLens or a widget, so that every output is one that
anybody gets.  A notebook that fails, or takes more than a minute, is not written.  tests/test_notebooks.py compares the two.
"""
import argparse
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import jupytext
import nbclient
import nbformat

from widedeep.saving import write_beside

HERE = Path(__file__).parent
TEXT = HERE / "text"
LIMIT = 60.0                                            # seconds, for a whole notebook on two cores
NO_NETWORK = """
import socket
def _refuse(*args, **kwargs):
    raise OSError("a notebook reached for the network")
for _name in ("connect", "connect_ex"):
    setattr(socket.socket, _name, _refuse)
socket.create_connection = socket.getaddrinfo = _refuse
"""


def from_text(path: Path) -> Any:
    """The notebook of a text, without outputs; ids count the cells, so that the same text gives the same file."""
    notebook = jupytext.read(path)
    for k, cell in enumerate(notebook.cells):
        cell.id = f"cell-{k:02d}"
    notebook.metadata = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
                         "language_info": {"name": "python"}}
    return notebook


def run_offline(notebook: Any, folder: Path) -> None:
    """Execute in this folder, on one thread, with an empty cache, and sockets and proxies that lead nowhere."""
    closed = {name: "http://127.0.0.1:9" for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")}
    environment = {"WIDEDEEP_CACHE": str(folder / "empty-cache"), "PIP_NO_INDEX": "1", "OPENBLAS_NUM_THREADS": "1",
                   "PYTHONPATH": os.pathsep.join([str(HERE.parent), os.environ.get("PYTHONPATH", "")]), **closed}
    kept = {name: os.environ.get(name) for name in environment}
    os.environ.update(environment)
    notebook.cells.insert(0, nbformat.v4.new_code_cell(NO_NETWORK))
    try:
        nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3", coalesce_streams=True,
                                resources={"metadata": {"path": str(folder)}}).execute()
    finally:
        notebook.cells.pop(0)
        for name, value in kept.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def tidy(notebook: Any) -> None:
    """Nothing of one run: cells counted from 1, no times."""
    count = 0
    for cell in notebook.cells:
        if cell.cell_type == "code":
            count += 1
            cell.execution_count = count
            cell.metadata.pop("execution", None)
            for output in cell.outputs:
                if "execution_count" in output:
                    output.execution_count = count


def build(path: Path) -> float:
    """Write the notebook of this text; the seconds that it took."""
    notebook = from_text(path)
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        run_offline(notebook, Path(folder))
    seconds = time.perf_counter() - start
    if seconds > LIMIT:
        raise SystemExit(f"{path.stem}: {seconds:.0f} s; at most {LIMIT:.0f} s")
    tidy(notebook)
    write_beside(HERE / f"{path.stem}.ipynb", lambda beside: nbformat.write(notebook, beside))
    return seconds


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python notebooks/build.py", description="make notebooks from their text")
    parser.add_argument("names", nargs="*", help="as 01_perceptron; all without a name")
    names = parser.parse_args(argv).names or [path.stem for path in sorted(TEXT.glob("*.md"))]
    for name in names:
        path = TEXT / f"{name.removesuffix('.ipynb').removesuffix('.md')}.md"
        if not path.exists():
            parser.error(f"there is no {path.name}; there are {', '.join(p.stem for p in sorted(TEXT.glob('*.md')))}")
        print(f"{name}: {build(path):.1f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
