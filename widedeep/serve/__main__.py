"""widedeep serve: a model of widedeep train or widedeep.save answers over HTTP, and on one page.

    widedeep serve model.npz                                            a table: /predict, /explain, a form
    widedeep serve shop.npz                                             a recommender, or another ranker: /recommend
    widedeep serve model.npz --users users.csv --items items.csv --history seen.csv         recommendations too
    widedeep serve --data appstore                                      a demo, trained now in seconds

Then open http://127.0.0.1:8000/ ; docs/serving.md has every request and every answer.  Ctrl-C ends it when all open
requests are answered.  A signal SIGHUP loads MODEL again: it answers from then on if its log loss on the check rows is
not worse (--check FILE --label COLUMN, or with --data some of its test rows).  Needs pip install 'widedeep[serve]'.
"""
import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from widedeep.commands.arguments import add_data, check_folder, check_least, load_data
from widedeep.commands.blas_threads import one_thread
from widedeep.commands.exit_codes import exit_code
from widedeep.recipes import RECIPES
from widedeep.serve.logs import to_stderr
from widedeep.serve.served import Served, Shop
from widedeep.serve.service import Limits, Service
from widedeep.serve.sources import (
    check_of_data,
    check_of_file,
    served_from_file,
    shop_of_data,
    shop_of_files,
    trained_on,
)


def main(argv: list[str] | None = None) -> int:
    args = parse(argv)
    with one_thread():
        return exit_code(lambda: run(args))


def parse(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="widedeep serve", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", nargs="?", type=Path, metavar="MODEL",
                        help="an archive of widedeep train or widedeep.save")
    parser.add_argument("--users", type=Path, metavar="FILE", help="CSV or JSON records, with a column user")
    parser.add_argument("--items", type=Path, metavar="FILE", help="CSV or JSON records, with columns item and title")
    parser.add_argument("--history", type=Path, metavar="FILE", help="columns user and item: not recommended again")
    parser.add_argument("--check", type=Path, metavar="FILE", help="labelled rows for the dry run of a new model")
    parser.add_argument("--label", metavar="COLUMN", help="of --check: 0 or 1; of widedeep train its own label")
    parser.add_argument("--slack", type=float, default=0.0, help="nats that a new model may be worse (default 0)")
    add_data(parser, RECIPES, "none: users and items come from files")
    parser.add_argument("--host", default="127.0.0.1", help="default 127.0.0.1: this machine alone")
    parser.add_argument("--port", type=int, default=8000, help="default 8000; 0 for any that is free")
    parser.add_argument("--queue", type=int, default=Limits.waiting, metavar="N",
                        help=f"requests that may wait; beyond them 503 (default {Limits.waiting})")
    parser.add_argument("--threads", type=int, default=Limits.threads, metavar="N",
                        help=f"threads that compute (default {Limits.threads})")
    parser.add_argument("--timeout", type=float, default=Limits.timeout, metavar="SECONDS",
                        help=f"for an answer; beyond it 504 (default {Limits.timeout:g})")
    parser.add_argument("--rows", type=int, default=Limits.rows, metavar="N",
                        help=f"of one request (default {Limits.rows:,})")
    parser.add_argument("--body", type=int, default=Limits.body, metavar="BYTES",
                        help=f"of one request (default {Limits.body:,})")
    args = parser.parse_args(argv)
    check_least(parser, args, port=0, queue=1, threads=1, rows=1, body=100)
    check_folder(parser, args.folder, args.data)
    if args.folder and not args.data:
        args.data = "movielens"
    if args.port > 65_535:
        parser.error(f"--port {args.port}: want at most 65535")
    if not 0 < args.timeout < 3_600 or not args.slack >= 0:
        parser.error(f"--timeout {args.timeout:g} --slack {args.slack:g}: want seconds above 0, and nats of 0 or more")
    if not args.model and not args.data:
        parser.error("which model? want MODEL, an archive of widedeep.save, or --data appstore for a demo")
    if bool(args.users) != bool(args.items) or (args.history and not args.users):
        parser.error("--users, --items: want both or none, and --history only with them")
    if args.data and (args.users or args.check):
        parser.error("--data brings users, items and check rows of its own; leave out --users, --items, --check")
    if bool(args.check) != bool(args.label):
        parser.error("--check and --label belong together: --check rows.csv --label income")
    return args


def run(args: argparse.Namespace) -> None:
    try:
        from widedeep.serve.server import listen, serve
    except ImportError as error:
        raise ValueError(f"{error}; serving wants pip install 'widedeep[serve]'") from None
    sock = listen(args.host, args.port)                             # first: a taken port is known before any training
    try:
        serve(make_service(args), sock)
    finally:
        sock.close()


def make_service(args: argparse.Namespace) -> Service:
    """What the options name."""
    check, shop_of = None, no_shop
    if args.data:
        data = load_data(args.data, args.folder)
        shop, check = shop_of_data(data), check_of_data(data)
        shop_of = lambda encoder: shop                              # noqa: E731
    elif args.users:
        shop_of = lambda encoder: shop_of_files(encoder, args.users, args.items, args.history)         # noqa: E731
    renew: Callable[[], Served] | None = None
    if args.model:
        served = served_from_file(args.model, shop_of)
        renew = lambda: served_from_file(args.model, shop_of)       # noqa: E731
    else:
        model, encoder = trained_on(data)
        served = Served(model, encoder, shop_of(encoder), data.name)
    if args.check:
        check = check_of_file(args.check, args.label, served.encoder)
    limits = Limits(args.queue, args.threads, timeout=args.timeout, body=args.body, rows=args.rows)
    return Service(served, limits, renew, check, args.slack, to_stderr)


def no_shop(encoder: Any) -> Shop | None:
    return None


if __name__ == "__main__":
    raise SystemExit(main())
