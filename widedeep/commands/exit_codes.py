"""Exit codes: how a command ends.  0: done.  2: something was wrong, said in one message.  130: stopped by hand."""
import os
import sys
from collections.abc import Callable
from typing import Any


def exit_code(run: Callable[[], Any]) -> int:
    """Run it, and say with which code the program ends; what was wrong goes to stderr, without a traceback."""
    try:
        run()
    except BrokenPipeError:                                 # whoever read the output, as `head`, has enough of it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nstopped.", file=sys.stderr)
        return 130
    return 0
