"""safetensors: the weights in a file that other programs read, and the encoder beside it as JSON.

    from widedeep.bridges.safetensors import load_safetensors, save_safetensors     pip install 'widedeep[safetensors]'
    save_safetensors("model.safetensors", model, encoder, optimizers)               and model.encoder.json
    model, encoder, optimizers = load_safetensors("model.safetensors")

It is the archive of saving.py in two files: its arrays, under the names of model.params() ("wide.w", "deep.E") and
those of the optimizers' memory ("memory/deep/E/0"), and its `about`, which holds the encoder and all settings.  The
weights' metadata keep a digest of the other file, so that a pair that does not belong together is refused, and the
archive's digest over both, so that a changed weight is refused too.

Read before: saving.py        Read next: export.py
"""
import hashlib
import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mlp.optimizers import Optimizer
from perceptron.activations import Array
from widedeep.model import WideDeep
from widedeep.saving import load, save

try:
    import safetensors
    import safetensors.numpy
except ModuleNotFoundError as error:
    raise ImportError(f"widedeep.bridges.safetensors: {error.name} is not installed; want "
                      "pip install 'widedeep[safetensors]'") from None

KEY = "widedeep encoder"                                # of the metadata: the digest of the encoder's file
WHOLE = "widedeep digest"                               # and that of the archive: since version 3


def save_safetensors(path: Any, model: WideDeep, encoder: Any, optimizers: Mapping[str, Optimizer] | None = None
                     ) -> Path:
    """Write both files, whole, and then rename them.  Returns the path of the weights.   Raises as saving.save does."""
    path = Path(path)
    about, whole, arrays = parts_of(model, encoder, optimizers)
    contents = safetensors.numpy.save(arrays, {KEY: digest(about), WHOLE: whole, "format": "np"})
    new = {beside(path): about, path: contents}
    parts = {target: target.with_name(f".{target.name}.{os.getpid()}.part") for target in new}
    try:
        for target, part in parts.items():
            part.write_bytes(new[target])
        for target, part in parts.items():                          # both are whole: two renames are left
            os.replace(part, target)
    finally:
        for part in parts.values():
            part.unlink(missing_ok=True)
    return path


def load_safetensors(path: Any) -> tuple[WideDeep, Any, dict[str, Optimizer]]:
    """(model, encoder, optimizers) as they were saved; the optimizers are {} if none were.

    Raises FileNotFoundError, or ValueError for files that are cut short, of another save, or no such files.
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"{path}: no such file")
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            arrays, metadata = {name: file.get_tensor(name) for name in file.keys()}, file.metadata() or {}
    except OSError:
        raise
    except Exception as error:                                      # its own kinds, and TypeError of bfloat16
        raise ValueError(f"{path}: not a whole safetensors file that NumPy can read ({error})") from error
    if KEY not in metadata:
        raise ValueError(f"{path}: safetensors, but not of save_safetensors: it holds {sorted(arrays)[:5]}, and its "
                         "metadata do not name an encoder")
    if not beside(path).exists():
        raise FileNotFoundError(f"{beside(path)}: no such file; the encoder lies beside the weights, and both belong "
                                "together: copy it, too")
    about = beside(path).read_bytes()
    if digest(about) != metadata[KEY]:
        raise ValueError(f"{beside(path)}: of another save than {path.name}, or changed since; want the two files of "
                         "one save")
    return join(path, about, metadata.get(WHOLE, ""), arrays)


def beside(path: Path) -> Path:
    """Where the encoder lies: model.encoder.json for model.safetensors."""
    return path.with_suffix(".encoder.json")


def parts_of(model: WideDeep, encoder: Any, optimizers: Mapping[str, Optimizer] | None
             ) -> tuple[bytes, str, dict[str, Array]]:
    """An archive's parts: its JSON text, its digest, and its arrays, those of the model under their own names."""
    archive = io.BytesIO()
    save(archive, model, encoder, optimizers)
    archive.seek(0)
    with np.load(archive, allow_pickle=False) as members:
        arrays = dict(members)
    about, whole = arrays.pop("about").tobytes(), arrays.pop("digest").tobytes().hex()
    return about, whole, {name.removeprefix("params/"): np.asarray(w, order="C") for name, w in arrays.items()}


def join(path: Path, about: bytes, whole: str, arrays: Mapping[str, Array]
         ) -> tuple[WideDeep, Any, dict[str, Optimizer]]:
    """The way back: an archive of the two parts, loaded."""
    archive = io.BytesIO()
    named = {name if name.startswith("memory/") else f"params/{name}": w for name, w in arrays.items()}
    if whole:
        try:
            named["digest"] = np.frombuffer(bytes.fromhex(whole), np.uint8)
        except ValueError as error:
            raise ValueError(f"{path}: the metadata's {WHOLE!r} is {whole!r} ({error}); save it again") from None
    np.savez(archive, about=np.frombuffer(about, np.uint8), **named)                    # type: ignore[arg-type]
    archive.seek(0)
    try:
        return load(archive)
    except ValueError as error:
        raise ValueError(str(error).replace(str(archive), str(path))) from error


def digest(about: bytes) -> str:
    return hashlib.sha256(about).hexdigest()
