"""python -m benchmarks exercises: is a right answer ever red, an unknown mistake ever named?  How long?

10,000 runs of right answers      every spelling of the catalog, by turns, on seeds that no test uses: none red
3,000 random wrong gradients      right answers, one array perturbed at random: none named
seconds                           of one check of a file in a cold process, and of all twenty
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np

from widedeep.exercises.catalog import NAMES, find
from widedeep.exercises.checking import check_functions

KINDS = ("noise", "entry", "row", "power", "shuffled entries", "mixed", "squashed")


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks exercises", description=__doc__.splitlines()[0])
    parser.add_argument("--right", type=int, default=10_000)
    parser.add_argument("--wrong", type=int, default=3_000)
    args = parser.parse_args(argv)
    red = right_answers(args.right)
    print(f"{args.right:,} runs of right answers: {sum(red.values())} red {dict(red) or ''}")
    named, green = wrong_answers(args.wrong)
    print(f"{args.wrong:,} random wrong answers: {sum(named.values())} named {dict(named) or ''}, {green} green")
    one, every = seconds()
    print(
        f"check of one file in a cold process: {max(one.values()):.2f} s ({max(one, key=one.get)}), all: {every:.1f} s"
    )
    return 0 if not red and not named and not green else 1


def namespace(source: str) -> dict:
    made = {"np": np}
    exec(source, made)
    return made


def right_answers(runs: int) -> Counter:
    """Seeds change slowly, so that the probes of one seed serve all spellings."""
    answers = [(name, namespace(source)) for name in NAMES for source in find(name).answers]
    red: Counter = Counter()
    for run in range(runs):
        name, functions = answers[run % len(answers)]
        if not check_functions(functions, name, 1000 + run // len(answers)):
            red[name] += 1
    return red


def wrong_answers(runs: int) -> tuple[Counter, int]:
    """The worked answer, one of its arrays spoiled in a way that is the same function of its numbers in every call."""
    rng, named, green = np.random.default_rng(0), Counter(), 0
    for run in range(runs):
        name, seed = NAMES[run % len(NAMES)], 5000 + run // (10 * len(NAMES))
        exercise, functions = find(name), namespace(find(NAMES[run % len(NAMES)]).answers[0])
        function = exercise.functions[rng.integers(len(exercise.functions))]
        place, kind = int(rng.integers(len(function.returns.split()))), KINDS[run % len(KINDS)]
        a, b = rng.normal(size=2)

        def spoiled(*arguments, f=functions[function.name], place=place, kind=kind, a=a, b=b):
            came = f(*arguments)
            arrays = list(came) if isinstance(came, (tuple, list)) else [came]
            arrays[place] = spoil(np.array(arrays[place], float), kind, a, b)
            return tuple(arrays) if len(arrays) > 1 else arrays[0]

        report = check_functions({**functions, function.name: spoiled}, name, seed)
        if report.causes:
            named[f"{name} {kind}: {' '.join(report.causes)}"] += 1
        green += bool(report)
    return named, green


def spoil(x: np.ndarray, kind: str, a: float, b: float) -> np.ndarray:
    ramp = np.cos(a * 10 + np.arange(x.size) * (1.3 + abs(b))).reshape(x.shape)
    scale = np.abs(x).max(initial=0) + 0.1
    if kind == "noise":
        return x + 0.1 * scale * ramp
    if kind == "entry":
        x.flat[-1] += scale * (0.1 + abs(a))
        return x
    if kind == "row":
        x[-1] = x[-1] * (1.2 + abs(a)) + 0.1 * scale
        return x
    if kind == "power":
        return np.sign(x) * np.abs(x) ** (1.3 + 0.1 * abs(a)) + 0.01 * scale
    if kind == "shuffled entries":
        return x * (1 + 0.2 * ramp) + 0.05 * scale * a
    if kind == "mixed":
        return x + 0.3 * np.roll(x, 1) + 0.1 * scale * ramp
    return np.tanh(x * (1 + 0.1 * abs(a))) + 0.1 * scale * np.sin(b + np.arange(x.size)).reshape(x.shape)


def seconds() -> tuple[dict[str, float], float]:
    with tempfile.TemporaryDirectory() as folder:
        for name in NAMES:
            Path(folder, f"{name}.py").write_text("import numpy as np\n" + find(name).answers[0])
        one = {}
        for name in NAMES:
            start = time.perf_counter()
            command = [sys.executable, "-m", "widedeep.exercises", "check", f"{folder}/{name}.py", "--json"]
            subprocess.run(command, check=True, capture_output=True)
            one[name] = time.perf_counter() - start
        start = time.perf_counter()
        command = [sys.executable, "-m", "widedeep.exercises", "check", "--all", "--dir", folder]
        subprocess.run(command, check=True, capture_output=True)
        return one, time.perf_counter() - start
