"""widedeep completion: a script that completes commands, options and files.

    eval "$(widedeep completion bash)"                  in ~/.bashrc; zsh and fish likewise
"""
import argparse
import re
from importlib import import_module

from widedeep.__main__ import COMMANDS
from widedeep.auto.options import parser_for

BASH = """_widedeep() {{
    local word="${{COMP_WORDS[COMP_CWORD]}}" options=""
    if [ "$COMP_CWORD" -eq 1 ]; then COMPREPLY=($(compgen -W "{commands}" -- "$word")); return; fi
    case "${{COMP_WORDS[1]}}" in
{cases}
    esac
    if [[ "$word" == -* ]]; then COMPREPLY=($(compgen -W "$options" -- "$word"))
    else COMPREPLY=($(compgen -f -- "$word")); fi
}}
complete -o filenames -F _widedeep widedeep"""
FISH = """complete -c widedeep -n __fish_use_subcommand -f -a "{commands}"
{lines}"""


def main(argv: list[str] | None = None) -> int:
    parser = parser_for("completion", __doc__, 'eval "$(widedeep completion bash)"')
    parser.add_argument("shell", choices=["bash", "zsh", "fish"])
    print(script(parser.parse_args(argv).shell))
    return 0


def script(shell: str) -> str:
    options = {name: options_of(module) for name, (module, _) in COMMANDS.items()
               if module.startswith(("widedeep.auto", "widedeep.interactions"))}
    if shell == "fish":
        lines = [f'complete -c widedeep -n "__fish_seen_subcommand_from {name}" -l {option.removeprefix("--")}'
                 for name, found in options.items() for option in found]
        return FISH.format(commands=" ".join(COMMANDS), lines="\n".join(lines))
    cases = "\n".join(f'    {name}) options="{" ".join(found)}" ;;' for name, found in options.items())
    first = "autoload -U +X bashcompinit && bashcompinit\n" if shell == "zsh" else ""
    return first + BASH.format(commands=" ".join(COMMANDS), cases=cases)


def options_of(module: str) -> list[str]:
    """The long options of a command, as its parser has them."""
    made = getattr(import_module(module), "parser", None)
    found: argparse.ArgumentParser | None = made() if made else None
    return sorted(set(re.findall(r"(?<!\w)--[a-z-]+", found.format_usage()))) + ["--help"] if found else ["--help"]


if __name__ == "__main__":
    raise SystemExit(main())
