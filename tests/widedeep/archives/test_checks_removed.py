"""Each check is needed: with it alone taken out of a copy of the package, a file refused today is let through."""

import json
import shutil
import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from benchmarks.mutants import array_of, bytes_of, packed, seal, unpacked
from benchmarks.originals import originals
from widedeep import load

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def file():
    return originals()["every column"]


def sealed(members):
    assert seal(members)
    return packed(members)


def settings(file, change):
    """With other settings and a digest that is right; change : of the settings, in place"""
    members = unpacked(file)
    about = json.loads(array_of(members["about.npy"]).tobytes())
    change(about)
    return sealed(members | {"about.npy": bytes_of(np.frombuffer(json.dumps(about).encode(), np.uint8))})


def a_weight_of_another_archive(file):
    members = unpacked(file)
    w = array_of(members["params/wide.w.npy"])
    return packed(members | {"params/wide.w.npy": bytes_of(w[::-1].copy())})


def a_method_overwritten(file):
    return settings(file, lambda about: about["encoder"]["columns"][0]["state"].update(ids="x"))


def a_value_twice(file):
    def change(about):
        state = next(c["state"] for c in about["encoder"]["columns"] if c["kind"] == "Category")
        state["values"][-1] = state["values"][0]

    return settings(file, change)


def a_key_of_no_ids(file):
    def change(about):
        next(c["state"] for c in about["encoder"]["columns"] if c["kind"] == "Cross")["known"][0] = 0

    return settings(file, change)


def a_name_twice(file):
    members = unpacked(file)
    w = array_of(members["params/wide.w.npy"])
    return packed([("params/wide.w.npy", bytes_of(w * 2)), *members.items()])


def something_before(file):
    return b"#!" + file


def something_behind(file):
    commented = BytesIO(file)
    with zipfile.ZipFile(commented, "a") as archive:
        archive.comment = b"hello"
    return commented.getvalue()


def a_text_that_unpacks_to_much(file):
    members = unpacked(file)
    text = array_of(members["about.npy"]).tobytes() + b" " * (1 << 25)
    members["about.npy"] = bytes_of(np.frombuffer(text, np.uint8))
    assert seal(members)
    made = BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return made.getvalue()


def a_setting_twice(file):
    members = unpacked(file)
    text = array_of(members["about.npy"]).tobytes().replace(b"{", b'{"version": 2, ', 1)
    return sealed(members | {"about.npy": bytes_of(np.frombuffer(text, np.uint8))})


def a_weight_that_is_no_number(file):
    members = unpacked(file)
    w = array_of(members["params/wide.w.npy"])
    w[1] = np.nan
    return sealed(members | {"params/wide.w.npy": bytes_of(w)})


CHECKS = [  # page, what stands in it, what stands there when the check is taken out, a file that is then let through
    ("reading", "if sealed and not np.array_equal(", "if False and not np.array_equal(", a_weight_of_another_archive),
    ("reading", "    fits(about, {name", "    (lambda *_: None)(about, {name", a_method_overwritten),
    ("reading", "fine(about, name, array)\n    return about, arrays", "pass\n    return about, arrays",
     a_weight_that_is_no_number),
    ("schema", "len(set(value)) == len(value)", "True", a_value_twice),
    ("encoders", "want(bool((digits > 0).all())", "want(True", a_key_of_no_ids),
    ("members", "if len(self.infos) < len(names):", "if False:", a_name_twice),
    ("members", " or (end == 0 and info.header_offset)", "", something_before),
    ("members", 'if not re.fullmatch(rb"PK', 'if False and not re.fullmatch(rb"PK', something_behind),
    ("members", "if info.file_size > max(TEXT", "if False and info.file_size > max(TEXT", a_text_that_unpacks_to_much),
    ("members", ", object_pairs_hook=once", "", a_setting_twice),
]  # fmt: skip


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    folder = tmp_path_factory.mktemp("copy")
    for package in ("perceptron", "mlp", "widedeep"):
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__", "datasets"))
    return folder


@pytest.mark.parametrize("page, check, instead, mutant", CHECKS, ids=[mutant.__name__ for *_, mutant in CHECKS])
def test_without_this_check_a_mutant_is_let_through(file, copy, tmp_path, page, check, instead, mutant):
    path = tmp_path / "m.npz"
    path.write_bytes(mutant(file))
    with pytest.raises(ValueError, match="m.npz: "):
        load(path)
    source = copy / "widedeep" / "archives" / f"{page}.py"
    whole = source.read_text()
    assert whole.count(check) == 1
    program = "import sys; from widedeep.saving import load; load(sys.argv[1]); print('let through')"

    def tried():
        command = [sys.executable, "-B", "-c", program, path]
        return subprocess.run(command, cwd=copy, env={"PYTHONPATH": str(copy)}, capture_output=True, text=True)

    assert "m.npz: " in tried().stderr  # the copy refuses it too
    source.write_text(whole.replace(check, instead))
    try:
        done = tried()
    finally:
        source.write_text(whole)
    assert done.stdout == "let through\n", done.stderr[-500:]
