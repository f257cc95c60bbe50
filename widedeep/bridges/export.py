"""Exports as a command: an archive of widedeep.save, written as another library reads it.

    widedeep export MODEL --to onnx --out model.onnx
    widedeep export MODEL --to torch --out model.pt
    widedeep export MODEL --to safetensors --out model.safetensors

The second is a state_dict for to_torch(model); the third writes model.encoder.json, too.

Read before: onnx.py, torch.py, safetensors.py
"""
import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from widedeep.commands.exit_codes import exit_code
from widedeep.saving import load, write_beside


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="widedeep export", description="Writes a model as another library reads it: "
                                     "docs/exports.md.", epilog="example:\n  widedeep export model.npz --to onnx --out "
                                     "model.onnx", formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", metavar="MODEL", help="an archive of widedeep train, or of widedeep.save")
    parser.add_argument("--to", required=True, choices=list(WRITERS))
    parser.add_argument("--out", required=True, metavar="FILE", help="a file of that name is replaced")
    parser.add_argument("--opset", type=int, metavar="N", help="of ONNX (default 20)")
    args = parser.parse_args(argv)
    if args.opset is not None and args.to != "onnx":
        parser.error(f"--opset {args.opset}: only ONNX has opsets, and --to says {args.to}")
    return exit_code(lambda: run(args))


def run(args: argparse.Namespace) -> None:
    source, out = Path(args.model), Path(args.out)
    if out.exists() and source.exists() and out.samefile(source):
        raise ValueError(f"--out {out}: that is the model itself; want another name")
    if out.is_dir() or not out.parent.is_dir():
        raise ValueError(f"--out {out}: {'a folder' if out.is_dir() else f'there is no folder {out.parent}'}; want the "
                         "name of a file")
    loaded = load(source)
    try:
        said = WRITERS[args.to](out, loaded, args)
    except ImportError as error:
        raise ValueError(f"--to {args.to}: {error}") from None
    print(f"{out}: {said}")


def to_onnx(out: Path, loaded: tuple[Any, ...], args: argparse.Namespace) -> str:
    from widedeep.bridges.onnx import onnx_model

    graph = onnx_model(*loaded[:2], **({} if args.opset is None else {"opset": args.opset}))
    write_beside(out, lambda beside: beside.write_bytes(graph.SerializeToString()))
    inputs = ", ".join(given.name for given in graph.graph.input)
    (answer,) = graph.graph.output
    return f"inputs {inputs}, each (N, 1); output {answer.name} (N, {answer.type.tensor_type.shape.dim[1].dim_value})"


def to_torch(out: Path, loaded: tuple[Any, ...], args: argparse.Namespace) -> str:
    from widedeep.bridges.torch import save_torch

    save_torch(out, loaded[0])
    return f"a state_dict, for to_torch(model); the encoder stays in {args.model}"


def to_safetensors(out: Path, loaded: tuple[Any, ...], args: argparse.Namespace) -> str:
    from widedeep.bridges.safetensors import beside, save_safetensors

    if beside(out).exists() and beside(out).samefile(args.model):
        raise ValueError(f"--out {out}: the encoder would be written over the model, {beside(out)}; want another name")
    return f"the weights; the encoder lies in {beside(save_safetensors(out, *loaded))}"


WRITERS: dict[str, Callable[[Path, tuple[Any, ...], argparse.Namespace], str]] = {
    "onnx": to_onnx, "torch": to_torch, "safetensors": to_safetensors}

if __name__ == "__main__":
    raise SystemExit(main())
