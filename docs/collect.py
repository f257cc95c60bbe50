"""Collect what the book is made of into one folder: `python docs/collect.py FOLDER`.

README.md becomes the first page; notebooks, docs/*.md and CHANGELOG.md are copied as they lie, whatever there is, in
the order of their names; a page of the reference is written for each module, in reading order.  Links between them
lead to pages of the book, links to files of the packages to the pages of their source.  The caption below a notebook's
picture, "*Picture: ...*", becomes the picture's alternative text.  Other files that are linked are shown as source, if
they are text (linked.txt lists them), and copied, if they are not.
"""

import json
import posixpath
import re
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

from packages import MODULES, PACKAGES, PATHS, ROOT, Module, Thing  # noqa: E402

FIRST = ["docs/design.md", "docs/exercises.md", "docs/accuracy.md", "docs/speed.md"]  # the others follow by name


def collect(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
    notebooks = sorted((ROOT / "notebooks").rglob("*.ipynb"), key=lambda path: (len(path.parts), path.as_posix()))
    notebooks = [path for path in notebooks if ".ipynb_checkpoints" not in path.parts]
    manuals = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md"))
    manuals = [path for path in manuals if not path.startswith("docs/_")]
    manuals = [path for path in FIRST if path in manuals] + [path for path in manuals if path not in FIRST]
    pages = {path.relative_to(ROOT).as_posix() for path in notebooks} | {*manuals, "README.md", "CHANGELOG.md"}
    for name in sorted(pages):
        if name.endswith(".ipynb"):
            write(folder / name, notebook(ROOT / name, pages))
        else:
            write(folder / name.replace("README.md", "index.md"), relinked((ROOT / name).read_text(), name, pages))
    for name in sorted(LINKED["copied"]):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    write(folder / "linked.txt", "".join(f"{name}\n" for name in sorted(LINKED["shown"])))
    write(folder / "api" / "index.rst", reference_page())
    for module in MODULES.values():
        write(folder / "api" / f"{module.name}.rst", module_page(module))
    course = [stem(path) for path in notebooks if path.parent.name == "notebooks"]
    exercises = [stem(path) for path in notebooks if path.parent.name != "notebooks"]
    manuals = [path.removesuffix(".md") for path in manuals if path != "docs/glossary.md"]
    with (folder / "index.md").open("a") as file:
        file.write(toctree("The course", course) + toctree("Exercises", exercises) + toctree("About it", manuals))
        file.write(toctree("Reference", ["docs/glossary", "api/index", "CHANGELOG"]))


def stem(path: Path) -> str:
    return path.relative_to(ROOT).with_suffix("").as_posix()


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def toctree(caption: str, entries: list[str]) -> str:
    return "\n```{toctree}\n:hidden:\n:caption: " + caption + "\n\n" + "\n".join(entries) + "\n```\n" if entries else ""


# ---- links and pictures --------------------------------------------------------------------------------------------


def relinked(text: str, name: str, pages: set[str]) -> str:
    """The text of a page with its relative links led to pages of the book; code blocks stay as they are."""
    parts = re.split(r"(^```.*?^```[^\n]*$|^(?: {4}[^\n]*\n)+|`[^`\n]+`)", text, flags=re.MULTILINE | re.DOTALL)
    return "".join(part if i % 2 else rewritten(part, name, pages) for i, part in enumerate(parts))


def rewritten(text: str, name: str, pages: set[str]) -> str:
    return re.sub(r"\]\(([^)\s]+)\)", lambda link: f"]({target(link[1], name, pages)})", text)


LINKED: dict[str, set[str]] = {"shown": set(), "copied": set()}  # other files that pages link to


def target(link: str, name: str, pages: set[str]) -> str:
    """Raises SystemExit for a link to a file that is not there, or to a folder without a page."""
    if re.match(r"[a-z]+:|#", link):
        return link
    path, _, anchor = link.partition("#")
    full = posixpath.normpath(posixpath.join(posixpath.dirname(name), path))
    here, tail = posixpath.dirname(name) or ".", f"#{anchor}" if anchor else ""
    if full in pages:
        return posixpath.relpath(full.replace("README.md", "index.md"), here) + tail
    if full in PATHS:
        return f"source:{full}{tail}"
    if full.replace("/", ".") in MODULES:
        return posixpath.relpath(f"api/{full.replace('/', '.')}.rst", here)
    if (ROOT / full).is_dir() and (inside := sorted(page for page in pages if page.startswith(f"{full}/"))):
        return posixpath.relpath(inside[0], here)
    if (ROOT / full).is_file() and is_text(ROOT / full):
        LINKED["shown"].add(full)
        return f"source:{full}{tail}"
    if (ROOT / full).is_file():
        LINKED["copied"].add(full)
        return posixpath.relpath(full, here)
    sys.exit(f"{name}: a link to {link}, which leads to no file and no page")


def is_text(path: Path) -> bool:
    try:
        return path.suffix not in (".svg", ".html") and bool(path.read_text())
    except UnicodeDecodeError:
        return False


def notebook(path: Path, pages: set[str]) -> str:
    """The notebook with its links rewritten and captions put into its pictures."""
    book, name = json.loads(path.read_text()), path.relative_to(ROOT).as_posix()
    for i, cell in enumerate(book["cells"]):
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            cell["source"] = relinked(source, name, pages)
        elif any("image/png" in output.get("data", {}) for output in cell["outputs"]):
            below = next((c["source"] for c in book["cells"][i + 1 :] if c["cell_type"] == "markdown"), "")
            caption = re.match(r"\*Picture: (.+?)\*(?:\n|$)", "".join(below), re.DOTALL)
            if caption:
                text = re.sub(r"\s+", " ", caption[1].replace("$", "").replace("`", ""))
                cell["metadata"].setdefault("mystnb", {}).setdefault("image", {})["alt"] = text
    return json.dumps(book)


# ---- the reference -------------------------------------------------------------------------------------------------


def heading(text: str, mark: str = "=") -> str:
    return f"{text}\n{mark * len(text)}\n\n"


def reference_page() -> str:
    lines = "\n".join(f"   {package} <{package}>" for package in PACKAGES)
    return (
        heading("API reference")
        + "Every module of the three packages, in reading order: what its docstring says, and its public classes, "
        "functions and constants.  [source] leads to the line.\n\n" + f".. toctree::\n   :maxdepth: 3\n\n{lines}\n"
    )


def module_page(module: Module) -> str:
    page = heading(module.name) + f".. py:module:: {module.name}\n\n"
    page += f"`{module.path} <source:{module.path}>`__\n\n.. docstring:: {module.name}\n\n"
    if module.children:
        entries = [f"   {label(name)} <{name}>" for name in module.children]
        page += ".. toctree::\n   :hidden:\n\n" + "\n".join(entries) + "\n\n"
        others = [name for name in module.children if not re.search(rf"^    {label(name)} ", module.docstring, re.M)]
        links = ", ".join(f":doc:`{label(name)} <{name}>`" for name in others)
        page += f"Also here: {links}.\n\n" if others else ""
    return page + "".join(entry(thing, module.name) for thing in module.objects if thing.public)


def label(name: str) -> str:
    last = name.rpartition(".")[2]
    return f"{last}/" if MODULES[name].is_package else f"{last}.py"


def entry(thing: Thing, above: str, indent: str = "") -> str:
    name = thing.name.removeprefix(f"{above}.")
    signature = thing.signature if thing.kind in ("class", "function", "method") else ""
    lines = [f".. py:{thing.kind}:: {name}{signature}"]
    if thing.kind == "data" and thing.signature:
        lines += [f"   :value: {thing.signature}"]
    lines += ["", f"   .. docstring:: {thing.name}", ""] if thing.docstring else [""]
    text = "".join(f"{indent}{line}\n" if line else "\n" for line in lines)
    return text + "".join(entry(member, thing.name, f"{indent}   ") for member in thing.members if member.public)


if __name__ == "__main__":
    collect(Path(sys.argv[1]).resolve())
