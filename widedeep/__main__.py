"""widedeep, the one command: every other one under its roof.  The same as python -m widedeep.

    widedeep train people.csv --label income --out model.npz
    widedeep predict model.npz new.csv --out answers.csv

Only the module of the command that was asked for is imported.
"""
import sys
from importlib import import_module

COMMANDS = {                                            # name: (module whose main runs it, what it does)
    "train": ("widedeep.auto.run_train", "a model of a table with a label, or a recommender (--user --item)"),
    "evaluate": ("widedeep.auto.run_evaluate", "how good a model is on rows whose label is known"),
    "recommend": ("widedeep.interactions.run_recommend", "what a person, or a newcomer with likes, gets next"),
    "predict": ("widedeep.auto.run_predict", "answers for new rows, as a CSV"),
    "explain": ("widedeep.auto.run_explain", "why some rows have their answers, term by term"),
    "inspect": ("widedeep.auto.run_inspect", "columns, sizes, sparsity and heaviest weights of a model"),
    "columns": ("widedeep.auto.run_columns", "the proposed columns of a table, a file to edit"),
    "export": ("widedeep.bridges.export", "a model for ONNX, PyTorch or safetensors"),
    "serve": ("widedeep.serve.__main__", "a model as a server, with a page"),
    "demo": ("widedeep.demo", "wide, deep, and wide & deep on the same rows"),
    "trace": ("widedeep.trace.__main__", "the five steps of backpropagation, every number"),
    "exercises": ("widedeep.exercises.__main__", "write it yourself, and be told which mistake it holds"),
    "experiments": ("widedeep.experiments.__main__", "the paper's claims, run again"),
    "explanations": ("widedeep.explanations.__main__", "memorized or generalized?"),
    "ranking": ("widedeep.ranking.__main__", "which film comes next?"),
    "propose": ("widedeep.features.propose", "columns and crosses as code"),
    "completion": ("widedeep.auto.run_completion", "completion for bash, zsh or fish"),
}
HELP = "-h", "--help", "help"


def main(argv: list[str] | None = None) -> int:
    """Run the command that is named first; the rest are its arguments."""
    argv = sys.argv[1:] if argv is None else argv
    if not argv or argv[0] in HELP:
        print(usage(), file=sys.stdout if argv else sys.stderr)
        return 0 if argv else 2
    name, *rest = argv
    if name not in COMMANDS:
        print(f"error: no command is called {name!r}; want one of {', '.join(COMMANDS)}", file=sys.stderr)
        return 2
    run = import_module(COMMANDS[name][0]).main
    try:
        return int(run(rest) or 0)
    except SystemExit as ended:                         # argparse: 0 after --help, 2 after a mistake
        if not isinstance(ended.code, (int, type(None))):
            print(ended.code, file=sys.stderr)
            return 1
        return ended.code or 0


def usage() -> str:
    lines = ["usage: widedeep COMMAND ...        widedeep COMMAND --help says more, with an example", ""]
    lines += [f"  {name:<14}{text}" for name, (_, text) in COMMANDS.items()]
    return "\n".join([*lines, "", "example:", "  widedeep train people.csv --label income --out model.npz",
                      "  widedeep predict model.npz new.csv --out answers.csv"])


if __name__ == "__main__":
    raise SystemExit(main())
