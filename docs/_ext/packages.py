"""What the three packages hold, read from their source with ast: nothing is imported.

    MODULES                  name -> Module, in reading order: as the packages' docstrings list their files
    module.objects           the public classes, functions and constants of a module, with line, signature, docstring
    find(text, names)        which object, module or file a piece of inline code names, or None
    line_of(path, code)      the number of the one line of a file that holds this code

Everything that the book links to source goes through here.
"""

import ast
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("perceptron", "mlp", "widedeep")


@dataclass(frozen=True)
class Thing:
    """A class, function, method, property or constant.  name: full, as mlp.dense.Dense.backward."""

    name: str
    kind: str  # class, function, method, property, data
    line: int
    signature: str = ""
    docstring: str = ""
    members: tuple["Thing", ...] = ()
    public: bool = True


@dataclass
class Module:
    """name: mlp.dense.  path: mlp/dense.py, from the root.  imports: name -> where it comes from."""

    name: str
    path: str
    docstring: str
    objects: list[Thing] = field(default_factory=list)
    imports: dict[str, str] = field(default_factory=dict)
    children: list[str] = field(default_factory=list)  # of a package: its modules, in reading order

    @property
    def is_package(self) -> bool:
        return self.path.endswith("__init__.py")


def reading_order(folder: Path, docstring: str) -> list[Path]:
    """The files and packages of a folder: first those that the docstring lists, as it lists them, then the others."""
    there = [path for path in sorted(folder.iterdir()) if path.suffix == ".py" and path.stem != "__init__"]
    there += [path for path in sorted(folder.iterdir()) if (path / "__init__.py").exists()]
    listed = [folder / name for name in re.findall(r"^    (\w+\.py|\w+/) +\S", docstring, re.MULTILINE)]
    first = [path for path in listed if path in there]
    return first + [path for path in there if path not in first]


def read_package(folder: Path) -> Iterator[Module]:
    package = read_module(folder / "__init__.py")
    yield package
    for path in reading_order(folder, package.docstring):
        if path.suffix == ".py":
            package.children.append(f"{package.name}.{path.stem}")
            yield read_module(path)
        else:
            package.children.append(f"{package.name}.{path.name}")
            yield from read_package(path)


def read_module(path: Path) -> Module:
    source = path.read_text()
    tree = ast.parse(source)
    parts = path.relative_to(ROOT).with_suffix("").parts
    name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    module = Module(name, path.relative_to(ROOT).as_posix(), ast.get_docstring(tree) or "")
    module.objects = list(things(tree.body, name, source.splitlines()))
    module.imports = imports_of(tree, name if module.is_package else name.rpartition(".")[0])
    return module


def imports_of(tree: ast.AST, package: str = "") -> dict[str, str]:
    """{"Dense": "mlp.dense.Dense", ...}, wherever the statement stands; relative imports by their full names."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            stem = ".".join([*above, *([node.module] if node.module else [])])
            found |= {alias.asname or alias.name: f"{stem}.{alias.name}" for alias in node.names}
    return found


def things(body: list[ast.stmt], name: str, lines: list[str], of_class: bool = False) -> Iterator[Thing]:
    for node in body:
        if isinstance(node, ast.FunctionDef):
            hints = {d.id for d in node.decorator_list if isinstance(d, ast.Name)}
            kind = ("property" if "property" in hints else "method") if of_class else "function"
            if not any(isinstance(d, ast.Attribute) for d in node.decorator_list):  # x.setter
                yield Thing(f"{name}.{node.name}", kind, node.lineno, signature(node, of_class),
                            ast.get_docstring(node) or "", public=node.name[0] != "_")  # fmt: skip
        elif isinstance(node, ast.ClassDef):
            members = tuple(things(node.body, f"{name}.{node.name}", lines, of_class=True))
            yield Thing(f"{name}.{node.name}", "class", node.lineno, class_signature(node),
                        ast.get_docstring(node) or "", members, node.name[0] != "_")  # fmt: skip
        elif isinstance(node, ast.Assign | ast.AnnAssign) and not of_class:
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if isinstance(target, ast.Name) and target.id != "__all__":
                comment = lines[node.lineno - 1].rpartition("#")[2].strip() if "  # " in lines[node.lineno - 1] else ""
                short = ast.unparse(node.value) if node.value else ""
                yield Thing(f"{name}.{target.id}", "data", node.lineno, short if len(short) <= 100 else "", comment,
                            public=target.id[0] != "_")  # fmt: skip


class Unquoted(ast.NodeTransformer):
    """-> "Encoder" is -> Encoder."""

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        return ast.parse(node.value, mode="eval").body if isinstance(node.value, str) else node


def signature(node: ast.FunctionDef, of_class: bool = False) -> str:
    for argument in [*node.args.args, *node.args.kwonlyargs]:
        if argument.annotation:
            argument.annotation = Unquoted().visit(argument.annotation)
    if node.returns:
        node.returns = Unquoted().visit(node.returns)
    arguments = ast.unparse(node.args)
    if of_class and not any(isinstance(d, ast.Name) and d.id == "staticmethod" for d in node.decorator_list):
        arguments = re.sub(r"^(self|cls)(, )?", "", arguments)
    return f"({arguments})" + (f" -> {ast.unparse(node.returns)}" if node.returns else "")


def class_signature(node: ast.ClassDef) -> str:
    """That of __init__; of a dataclass or NamedTuple its fields; else none."""
    for inner in node.body:
        if isinstance(inner, ast.FunctionDef) and inner.name == "__init__":
            return signature(inner, of_class=True).removesuffix(" -> None")
    data = any("dataclass" in ast.unparse(d) for d in node.decorator_list)
    if data or any(ast.unparse(base) == "NamedTuple" for base in node.bases):
        fields = [inner for inner in node.body if isinstance(inner, ast.AnnAssign)]
        return "(" + ", ".join(ast.unparse(inner) for inner in fields) + ")"
    return ""


MODULES: dict[str, Module] = {m.name: m for package in PACKAGES for m in read_package(ROOT / package)}
HOMES: dict[str, tuple[Module, Thing]] = {}  # full name -> its module and itself, with the members of classes
for _module in MODULES.values():
    for _thing in _module.objects:
        HOMES[_thing.name] = (_module, _thing)
        for _member in _thing.members:
            HOMES[_member.name] = (_module, _member)
PATHS = {module.path: module for module in MODULES.values()}
BY_SHORT_NAME: dict[str, list[str]] = {}  # Dense -> [mlp.dense.Dense]
for _full, (_, _thing) in HOMES.items():
    if _thing.kind not in ("method", "property") and _thing.public:
        BY_SHORT_NAME.setdefault(_full.rpartition(".")[2], []).append(_full)
EXPORTED = {
    name for module in MODULES.values() if module.is_package for name in module.imports
}  # what a package hands on


def settled(full: str, depth: int = 8) -> str | None:
    """Where a name is defined, whoever hands it on: mlp.Dense -> mlp.dense.Dense.  None if it is not ours."""
    above, _, last = full.rpartition(".")
    onward = MODULES[above].imports.get(last) if above in MODULES else None
    if onward and onward != full and depth:  # first, for mlp.gradcheck.check is a function and a file
        return settled(onward, depth - 1)
    if full in HOMES or full in MODULES:
        return full
    if not above or not depth:
        return None
    parent = settled(above, depth - 1)
    return f"{parent}.{last}" if parent and f"{parent}.{last}" in HOMES else None


def find(text: str, names: Mapping[str, str | None] = {}, home: str = "") -> str | None:  # noqa: B006
    """The full name of the object or module, or the path of the file, that inline code names; None if none, or several.

    text : "net_sum", "mlp.Dense", "Dense.backward", "fit(ema=)", "mlp/dense.py", "mlp/"
    names : what the page imports, name -> full name; None where it imports two things under one name
    home : on a module's own page its name: its own objects come first
    """
    text = text.strip()
    if "/" in text or text.endswith(".py"):
        return path_of(text, home, {full.split(".")[0] for full in names.values() if full})
    called = re.fullmatch(r"([A-Za-z_][\w.]*)(\(.*\))?", text, re.DOTALL)
    if not called or called[1].endswith("."):
        return None
    head, _, rest = called[1].partition(".")
    if f"{home}.{head}" in HOMES:
        start: str | None = f"{home}.{head}"
    elif head in names:
        start = names[head] and settled(names[head] or "")
    elif head in PACKAGES:
        start = head if rest or head == text else None
    else:
        several = BY_SHORT_NAME.get(head, [])
        handed_on = {home for package in PACKAGES if (home := settled(f"{package}.{head}"))}
        several = list(handed_on) or several  # what a chapter hands on, before what lies deeper under the same name
        plain = head.islower() and "_" not in head and head not in EXPORTED  # a word of English, too
        start = several[0] if len(several) == 1 and not plain else None
        if start is None and rest:  # recommend.explain
            below = [f"{name}.{rest}" for name in MODULES if name.endswith(f".{head}")]
            below = [name for name in below if settled(name)]
            return settled(below[0]) if len(below) == 1 else None
    if start is None:
        return None
    return settled(f"{start}.{rest}") if rest else start


def path_of(text: str, home: str = "", packages: Collection[str] = ()) -> str | None:
    """mlp/dense.py -> itself; dense.py -> mlp/dense.py if only one file ends so; mlp/ -> mlp.

    The folder of the page's module comes first, then the packages that the page imports.
    """
    text = text.removesuffix("/")
    near = home if home and MODULES[home].is_package else home.rpartition(".")[0]
    if text.endswith(".py"):
        if text in PATHS:
            return text
        if near and (beside := f"{near.replace('.', '/')}/{text}") in PATHS:
            return beside
        return only([path for path in PATHS if path.endswith(f"/{text}")], packages, "/")
    whole = text.replace("/", ".")
    if whole in MODULES:
        return whole
    if f"{near}.{whole}" in MODULES:
        return f"{near}.{whole}"
    return only([name for name in MODULES if name.endswith(f".{whole}") and MODULES[name].is_package], packages, ".")


def only(found: list[str], packages: Collection[str], mark: str) -> str | None:
    """The one that was found, or the one of these packages."""
    found = found if len(found) == 1 else [name for name in found if name.split(mark)[0] in packages]
    return found[0] if len(found) == 1 else None


@cache
def lines(path: str) -> tuple[str, ...]:
    return tuple((ROOT / path).read_text().splitlines())


def line_of(path: str, code: str) -> int:
    """Raises ValueError unless exactly one line of the file holds the code."""
    if not (ROOT / path).is_file():
        raise ValueError(f"{path}: there is no such file")
    found = [n for n, line in enumerate(lines(path), 1) if code in line]
    if len(found) != 1:
        raise ValueError(f"{path}: {len(found)} lines hold {code!r}; want exactly one")
    return found[0]
