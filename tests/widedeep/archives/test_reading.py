"""Archives from strangers: each is refused with what is wrong, or is what was saved.  (At length: benchmarks.)"""

import ast
import io
import json
import subprocess
import sys
import zipfile
from collections import Counter
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from benchmarks.archives import BAD, outcome, run
from benchmarks.mutants import array_of, bytes_of, packed, seal, unpacked
from benchmarks.originals import TABLE, originals, signature
from widedeep import Category, Deep, Encoder, Wide, WideDeep, WithMissing, load, registry, save
from widedeep.archives.columns import COLUMNS, CROSSES, NUMBERS
from widedeep.archives.models import HEADS, MEMORY, RULES, TOWERS
from widedeep.archives.reading import read
from widedeep.archives.tables import ENCODERS

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def files():
    return originals()


def refused(file, words):
    with pytest.raises(ValueError, match=words) as caught:
        load(io.BytesIO(file))
    return str(caught.value)


def changed(file, **settings):
    """The archive with other settings, "a/b/c" being a path, and a digest that is right."""
    members = unpacked(file)
    about = json.loads(array_of(members["about.npy"]).tobytes())
    for path, value in settings.items():
        *before, last = path.split("/")
        tree = about
        for key in before:
            tree = tree[int(key) if isinstance(tree, list) else key]
        tree[int(last) if isinstance(tree, list) else last] = value
    members["about.npy"] = bytes_of(np.frombuffer(json.dumps(about).encode(), np.uint8))
    assert seal(members)
    return packed(members)


def test_every_original_comes_back_and_a_digest_computed_anew_is_the_same(files):
    for file in files.values():
        assert signature(*load(io.BytesIO(file))) == signature(*load(io.BytesIO(changed(file))))


def test_some_hundred_mutants_are_refused_or_equal():
    counts = Counter()
    assert run(1_000_000, 1_000_600, 0, 300, counts) == 1_000_600
    assert sum(counts.values()) == 600 and not [key for key in counts if key.endswith(BAD)], counts
    assert sum(n for key, n in counts.items() if key.endswith(": refused")) > 400


def test_the_campaign_sees_what_it_looks_for(files, monkeypatch):
    """With a load that believes everything it counts wrong models, crashes, and models that break in use."""
    file = files["regression"]
    right = signature(*load(io.BytesIO(file)))
    other = changed(file, **{"head/spec/low": 0})
    assert outcome(other, True, right)[0] == "other" and outcome(other, False, right)[0] == "WRONG"
    assert outcome(b"x", False, right)[0] == "refused" and outcome(file, False, right)[0] == "equal"

    def believing(file):
        raise IndexError("list index out of range")

    monkeypatch.setattr("benchmarks.archives.load", believing)
    assert outcome(file, False, right)[0] == "CRASH"

    def broken(file):
        model, encoder, rules = load(file)
        encoder.columns[0].reads = ("nobody",)
        model.towers["wide"].w = model.towers["wide"].w[:2]
        return model, encoder, rules

    monkeypatch.setattr("benchmarks.archives.load", broken)
    assert outcome(file, True, right)[0] in ("BROKEN", "other")


@pytest.mark.parametrize(
    "settings, words",
    [
        ({"towers/deep/spec/n_rows": 10**15}, r"deep.spec is 1000000000000000; want \d+ rows, as the encoder has ids"),
        ({"towers/deep/spec/hidden": [10**9]}, r"params/deep.mlp.0.W |deep.w"),
        ({"towers/deep/spec/dtype": "float64"}, "params/deep.E is .*float32.*; want .* of float64"),
        ({"towers/deep/spec/dropout": 1.5}, "dropout is 1.5; want a number from 0 to below 1"),
        ({"towers/wide/kind": "os.system"}, "no tower is called 'os.system'"),
        ({"towers/wide/spec/rng": 1}, "towers.wide.spec has the unknown setting 'rng'"),
        ({"encoder/columns/0/state/size": 99}, r"columns\[0\].state.size is 99; want \d"),
        ({"encoder/columns/0/state/ids": "x"}, r"columns\[0\].state has the unknown setting 'ids'"),
        ({"encoder/columns/0/state/reads": ["salary"]}, r"reads is \['salary'\]; want \['user'\]"),
        ({"encoder/columns/0/state/values": [[], 1, 2, 3, 4]}, "want a list of text and numbers"),
        ({"encoder/columns/0/state/values": [0, False, 2, 3, 4]}, "want finite and different values"),
        ({"encoder/columns/0/state/name": "\ud800"}, "want text"),
        ({"encoder/columns/0/parts": [0]}, "want a whole number from 0 to -1"),
        ({"encoder/deep": []}, "columns is .*; want each of the 2 used"),
        ({"optimizers/wide/settings/lr": float("nan")}, "lr is nan; want a number above 0"),
        ({"optimizers/wide/settings/blocks": [[10**6, 1.0]]}, "memory/wide/w is 2; want 3 arrays, as FTRL keeps"),
        ({"optimizers/deep/rule": "Adam"}, "settings lacks 'b1'"),
        ({"optimizers/tail": {"rule": "SGD", "settings": {}}}, "optimizers is 'tail'; want one of"),
        ({"head/spec/low": float("inf")}, "want low < high"),
        ({"head": {"kind": "Classes", "spec": {"names": ["a", "b"]}}}, "bias.b|a tower for 2 classes"),
        ({"version": "3"}, "version is '3'; want a whole number"),
        ({"more": 1}, "about has the unknown setting 'more'"),
    ],
    ids=str,
)  # fmt: skip
def test_settings_that_do_not_hang_together_are_refused_by_name(files, settings, words):
    told = refused(changed(files["regression"], **settings), words)
    assert "save it again" not in told  # not by the last barrier: before anything is built


def test_weights_that_are_not_finite_are_refused_by_load_and_by_save(files, tmp_path):
    members = unpacked(files["regression"])
    w = array_of(members["params/wide.w.npy"])
    w[1] = np.nan
    members["params/wide.w.npy"] = bytes_of(w)
    assert seal(members)
    refused(packed(members), "params/wide.w is nan; want finite numbers")
    model, encoder, _ = load(io.BytesIO(files["regression"]))
    model.towers["wide"].w[1] = np.nan
    with pytest.raises(ValueError, match="save: params/wide.w is nan; want finite numbers"):
        save(tmp_path / "m.npz", model, encoder)
    assert list(tmp_path.iterdir()) == []


def test_an_array_of_another_dtype_is_not_cast(files):
    members = unpacked(files["regression"])
    members["params/wide.w.npy"] = bytes_of(array_of(members["params/wide.w.npy"]).astype(np.int8))
    assert seal(members)
    refused(packed(members), "params/wide.w is dtype.'int8'.; want real numbers")


def test_an_archive_of_a_machine_with_the_other_order_of_bytes_is_read(files):
    members = unpacked(files["every column"])
    for name in members:
        if "/" in name:
            members[name] = bytes_of(array_of(members[name]).astype(">f4"))
    assert signature(*load(io.BytesIO(packed(members)))) == signature(*load(io.BytesIO(files["every column"])))


def test_parts_of_two_archives_are_seen_by_the_digest(files):
    members, others = unpacked(files["ordinal"]), unpacked(files["regression"])
    for name in ("params/wide.w.npy", "about.npy", "digest.npy"):
        assert members[name] != others[name]
    refused(
        packed(members | {"params/wide.w.npy": others["params/wide.w.npy"]}), "the digest over all members is another"
    )


def test_an_archive_of_an_earlier_version_may_not_have_a_digest_and_one_of_this_must(files):
    members = unpacked(files["ordinal"])
    refused(packed({name: data for name, data in members.items() if name != "digest.npy"}), "digest is 'missing'")
    refused(changed(files["ordinal"], version=2), "digest is 'there'; want a digest from version 3 on, and version 2")


def test_memory_is_bounded_by_the_file(files):
    """A file that claims more than it can hold is refused before anything of that size is allocated."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_AS)
    size = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + (300 << 20), before[1]))
    try:
        members = unpacked(files["regression"])
        huge = members["params/wide.w.npy"].replace(b"'shape': (", b"'shape': (4000000000, ")
        refused(packed(members | {"params/wide.w.npy": huge}), "no plain array|says .* and has")
        bomb = io.BytesIO()
        with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in members.items():
                archive.writestr(name, data)
            with archive.open("params/bomb.npy", "w", force_zip64=True) as stream:
                stream.write(bytes_of(np.zeros(0)).replace(b"(0,), ", b"(%d,), " % (1 << 27)))
                for _ in range(1 << 10):
                    stream.write(bytes(1 << 20))
        assert len(bomb.getvalue()) < 2 << 20  # of a gigabyte
        refused(bomb.getvalue(), "params/bomb is .*; want an array of one of the towers|no plain array|says")
        text = bytes_of(np.frombuffer(b"[" + b"0," * (20 << 20) + b"0]", np.uint8))
        bomb = io.BytesIO()
        with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("about.npy", text)
        refused(bomb.getvalue(), "'about' unpacks to")
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def test_a_column_whose_training_rows_were_all_missing_is_kept(tmp_path):
    columns = [WithMissing(Category("job")), Category("user")]
    table = TABLE | {"job": np.array([None] * 24, object)}
    encoder = Encoder(wide=columns, deep=columns).fit(table)
    rng = np.random.default_rng(0)
    model = WideDeep(wide=Wide(encoder.n_wide), deep=Deep(encoder.n_deep, 2, encoder.n_inputs, [3], rng))
    again, same, _ = load(save(tmp_path / "m.npz", model, encoder))
    assert same.fingerprint == encoder.fingerprint
    assert again.predict(same.encode(table)).tobytes() == model.predict(encoder.encode(table)).tobytes()


@pytest.mark.parametrize("name", ["every column", "histories", "classes", "ordinal", "regression"])
def test_a_process_that_only_serves_can_load_every_kind(files, name, tmp_path):
    """Nothing but `load` has been imported there."""
    (tmp_path / "m.npz").write_bytes(files[name])
    program = "import sys; from widedeep import load; print(type(load(sys.argv[1])[0]).__name__)"
    done = subprocess.run([sys.executable, "-c", program, tmp_path / "m.npz"], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.strip() == type(load(io.BytesIO(files[name]))[0]).__name__, done.stderr


def test_what_is_read_is_what_was_written(files):
    about, arrays = read(io.BytesIO(files["every column"]))
    assert about["version"] == 3 and "digest" not in arrays and "about" not in arrays
    members = unpacked(files["every column"])
    assert sorted(arrays) == sorted(name.removesuffix(".npy") for name in members if "/" in name)
    for name, array in arrays.items():
        want = array_of(members[f"{name}.npy"])
        assert array.dtype == want.dtype and array.shape == want.shape and array.tobytes() == want.tobytes()


def test_every_kind_of_this_package_is_described():
    """A new kind, or a new setting of an old one, wants an entry in archives/: save says so, and here is the list."""
    for module in registry.BEYOND.values():
        import_module(module)
    described = {
        "column": {*COLUMNS, *CROSSES},
        "number": set(NUMBERS),
        "tower": set(TOWERS),
        "head": set(HEADS),
        "rule": set(RULES),
        "encoder": set(ENCODERS),
    }
    for group, kinds in registry.KINDS.items():
        ours = {name for name, kind in kinds.items() if kind.__module__.split(".")[0] in ("widedeep", "mlp")}
        assert ours == described[group], group
    assert {*MEMORY, "WeightDecay"} == set(RULES)


def test_every_class_that_registers_itself_is_found_by_the_registry():
    """A kind in a file that nobody imported is no kind to the test above; here is what the files say."""
    for module in registry.BEYOND.values():
        import_module(module)
    said = {
        (decorator.args[0].value, node.name)
        for path in (ROOT / "widedeep").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef)
        for decorator in node.decorator_list
        if isinstance(decorator, ast.Call) and getattr(decorator.func, "id", "") == "register"
    }
    assert len(said) > 30 and all(name in registry.KINDS[group] for group, name in said)
