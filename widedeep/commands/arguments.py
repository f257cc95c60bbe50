"""Arguments: options that several commands have, what is wrong with them, and the data set that they name."""
import argparse
import os
from collections.abc import Callable, Iterable
from pathlib import Path

import widedeep.train
from mlp.train import Epoch
from widedeep.datasets import Dataset, DataUnavailable, adult, appstore, movielens


def add_data(parser: argparse.ArgumentParser, names: Iterable[str], default: str) -> None:
    """--data and --folder."""
    parser.add_argument("--data", choices=list(names), help=f"default: {default}")
    parser.add_argument("--folder", metavar="DIR", help="unpacked MovieLens: 100K, 1M, or the CSV form")


def add_recommendations(parser: argparse.ArgumentParser, user: str, top: int) -> None:
    """--user, --top and --seed.   user : what --user says of itself"""
    parser.add_argument("--user", type=int, help=f"{user} (default: one with a middling number of rows)")
    parser.add_argument("--top", type=int, default=top, help=f"how many recommendations (default {top})")
    parser.add_argument("--seed", type=int, default=0, help="of weights, order and dropout (default 0)")


def loop_of(engine: str) -> Callable[..., list[Epoch]]:
    """The loop that --engine names.  Raises ValueError, saying what to install, where JAX is missing."""
    if engine == "numpy":
        return widedeep.train.fit
    try:
        from widedeep.bridges.jax import fit
    except ImportError as error:
        raise ValueError(f"--engine {engine}: {error}") from None
    return fit


def check_least(parser: argparse.ArgumentParser, args: argparse.Namespace, **least: int) -> None:
    """check_least(parser, args, top=1): --top is not given, or at least 1; else the command ends with code 2."""
    for name, least_value in least.items():
        value = getattr(args, name)
        if value is not None and value < least_value:
            parser.error(f"--{name.replace('_', '-')} {value}: want at least {least_value}")


def check_recipe(parser: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    """--recipe NAME is for the data set with which its name begins, and chooses it."""
    if args.recipe:
        of = args.recipe.split("-")[0]
        if args.data not in (None, of):
            parser.error(f"--recipe {args.recipe} is for {of}, not for --data {args.data}")
        args.data = of


def check_folder(parser: argparse.ArgumentParser, folder: str | None, data: str | None) -> None:
    """--folder is for MovieLens alone."""
    if folder and data not in (None, "movielens"):
        parser.error(f"--folder is for MovieLens, not for --data {data}")


def check_writable(folder: Path) -> None:
    """Before any work: make the folder, or raise OSError saying what is wrong with it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OSError(f"{folder} cannot be made a folder ({error.strerror}); choose another --out or --json") from None
    if not os.access(folder, os.W_OK):
        raise OSError(f"the folder {folder} cannot be written; choose another --out or --json")


def check_file(option: str, path: Path | None) -> None:
    """Before any work: the file's folder can be written, and the path is not itself a folder."""
    if path is not None:
        check_writable(path.parent)
        if path.is_dir():
            raise OSError(f"{option} {path} is a folder; name a file")


def load_data(name: str | None, folder: str | None = None, network: bool = True) -> Dataset:
    """The data set of this name.  None: MovieLens, or the app store, saying why, where MovieLens is not available."""
    if name == "adult":
        return adult.load()
    if name == "appstore":
        return appstore.load()
    try:
        return movielens.load(folder, network=network)
    except DataUnavailable as error:
        if name or folder:
            raise
        why = str(error).splitlines()
        print(f"The app store instead of MovieLens-100K: {' '.join(line.strip() for line in why[:-1]) or why[0]}")
        return appstore.load()
