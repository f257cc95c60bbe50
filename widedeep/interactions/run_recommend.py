"""widedeep recommend: what a person of the table, or a newcomer, gets next.

Nothing that the person had is recommended again.  --likes takes ids or titles of items, the latest last; a title with
a comma in it wants a --likes of its own:
  widedeep recommend shop.npz --likes tea --likes "Lamp, green" --top 5
--about says what is known of a newcomer, beside a list or without one:
  widedeep recommend shop.npz --about age=30 --about town=Bonn
"""
import argparse

from widedeep.auto.options import add_json, check_outputs, parser_for, run_command, write_json
from widedeep.interactions.shop import Shop
from widedeep.interactions.suggesting import for_newcomer, for_person, open_shop


def parser() -> argparse.ArgumentParser:
    made = parser_for("recommend", __doc__, "widedeep recommend shop.npz --user ann --top 5")
    made.add_argument("model", metavar="MODEL", help="a recommender of widedeep train --user --item")
    made.add_argument("--user", metavar="NAME", help="somebody of the table")
    made.add_argument("--likes", metavar="ITEM,ITEM", action="append", help="of a newcomer, the latest last")
    made.add_argument("--about", metavar="SIDE=VALUE", action="append", help="of a newcomer, as age=30")
    made.add_argument("--top", type=int, default=10, help="how many (default 10)")
    add_json(made, "head, ranking, metrics, seconds, model")
    return made


def main(argv: list[str] | None = None) -> int:
    args = parser().parse_args(argv)
    if (args.user is None) == (args.likes is None and args.about is None):
        parser().error("want one of --user NAME, somebody of the table, and --likes ITEM,ITEM, what a newcomer likes "
                       "(or --about SIDE=VALUE, what is known of them)")
    if odd := [said for said in args.about or () if not said.partition("=")[0] or "=" not in said]:
        parser().error(f"--about {odd[0]}: want SIDE=VALUE, as age=30")
    if args.top < 1:
        parser().error(f"--top {args.top}: want at least 1")
    return run_command(args, run)


def run(args: argparse.Namespace) -> None:
    check_outputs(args, "json")
    found = open_shop(args.model)
    suggested = for_person(found, args.user, args.top) if args.user is not None else \
        for_newcomer(found, separate(found.shop, args.likes or []), args.top,
                     dict(said.split("=", 1) for said in args.about or ()))
    print(f"{'':<4}{'share':>7}  item")
    for place, one in enumerate(suggested, 1):
        named = one.title if one.title == one.item else f"{one.title} ({one.item})"
        because = "" if one.because is None else f"        because of {one.because} ({one.difference:+.2f})"
        print(f"{place:>3} {one.share:>7.2%}  {named}{because}")
    write_json(args, {"head": "ranking", "user": args.user, "likes": args.likes, "about": args.about,
                      "metrics": found.metrics, "ranking": [one._asdict() for one in suggested],
                      "seconds": found.seconds, "model": args.model})


def separate(shop: Shop, likes: list[str]) -> list[str]:
    """Each --likes is one item if it is called so, or else several between commas."""
    known = {*shop.items, *(title.casefold() for title in shop.titles)}
    return [name.strip() for given in likes
            for name in ([given] if given in known or given.casefold() in known else given.split(",")) if name.strip()]


if __name__ == "__main__":
    raise SystemExit(main())
