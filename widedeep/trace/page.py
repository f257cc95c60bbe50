"""The page: the trace as one HTML file that asks nothing of the network.

Without JavaScript it is a long page: the graph, then every stop below the next.  With it, arrow keys and buttons step
through the stops, and the graph lights up where the stop is.  #step=3.2 leads to a stop, #step=3 to a step's first.

Read before: graph.py        Read next: __main__.py
"""
from collections.abc import Sequence
from html import escape
from importlib.resources import files
from itertools import groupby
from typing import Any

from widedeep.trace.colours import largest, shade
from widedeep.trace.graph import graph
from widedeep.trace.quantity import Quantity, Stop, as_words, plain
from widedeep.trace.recording import Record
from widedeep.trace.small import SmallModel
from widedeep.trace.steps import ARTICLE, Names
from widedeep.trace.text import shape, unsigned

OF_DATA = {
    "appstore": "The app store is generated: its names, people and clicks are invented.",
    "adult": "Adult census: Becker and Kohavi 1996, UCI Machine Learning Repository, CC BY 4.0.",
    "movielens": "MovieLens belongs to GroupLens (Harper and Konstan 2015) and may not be redistributed: here is a row "
                 "of it. It is for your own machine; do not put it on the web or pass it on.",
}


def as_html(small: SmallModel, k: int, seen: Record, stops: Sequence[Stop], about: Sequence[str]) -> str:
    """The whole file.   k : the test row        about : lines on the row and the model, as the command prints them"""
    title = f"Backpropagation, one row: {small.data.name}, test row {k}"
    alternative = (f"The wide & deep model as a graph, for one row: {len(seen.batch.wide[0])} wide features and their "
                   f"weights lead to z_wide; {len(seen.batch.deep[0])} embedded values lead through hidden layers to "
                   "z_deep; with the bias they add up to z, then p and the loss. The steps below have the numbers.")
    ramp = "".join(f'<i style="background:{shade(x / 5, 1)}"></i>' for x in range(-5, 6))
    steps = "".join(article(step, list(of)) for step, of in groupby(stops, key=lambda stop: stop.step))
    links = "".join(f'<li><a href="#step={step}" data-step="{step}" title="{escape(said, quote=True)}">'
                    f'<span class="unseen">Step </span>{step}</a></li>' for step, said in ARTICLE.items())
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; \
script-src 'unsafe-inline'; img-src data:">
<link rel="icon" href="data:,">
<title>{escape(title)}</title>
<style>
{own("page.css")}</style>
</head>
<body>
<header>
<h1>{escape(title)}</h1>
<p class="small">{escape(" ".join(about[:-1]))}</p>
</header>
<nav aria-label="Steps">
<button id="back" type="button" aria-label="Back" aria-keyshortcuts="ArrowLeft">&#9664;<span> Back</span></button>
<ol>{links}</ol>
<button id="next" type="button" aria-label="Next" aria-keyshortcuts="ArrowRight"><span>Next </span>&#9654;</button>
<b id="place" aria-hidden="true"></b>
</nav>
<p id="said" class="unseen" aria-live="polite"></p>
<main>
<div class="left">
<div class="graph" tabindex="0" role="region" aria-label="Graph of the model, scrolls sideways">
{graph(seen, Names(small, seen.batch), stops, alternative)}
</div>
</div>
<div class="right">
{steps}
</div>
</main>
<footer class="small">
<p class="legend"><span>below 0<span class="ramp">{ramp}</span>above 0; strongest at the largest of an array.</span></p>
<p>On the way forward a circle holds its output, on the way back its error; the wide features hold their weights, then
their gradients, then the new weights. Keys: arrows left and right, Home, End.</p>
<p>{escape(about[-1])}</p>
<p>{escape(OF_DATA[small.data.name])}</p>
</footer>
<script>
{own("page.js")}</script>
</body>
</html>
"""


def article(step: int, stops: Sequence[Stop]) -> str:
    sections = "".join(
        f'<section id="step={stop.number}" data-stop="{stop.number}" data-way="{stop.way}" '
        f'data-parts="{" ".join(stop.parts)}" aria-label="{stop.number}">\n'
        f'<h3>{stop.number} {escape(stop.title)}</h3>\n<p>{escape(stop.text)}</p>\n'
        f'<div class="quantities">{"".join(map(figure, stop.quantities))}</div>\n</section>\n'
        for stop in stops)
    return f'<article>\n<h2 id="step={step}">Step {step}: {escape(ARTICLE[step])}</h2>\n{sections}</article>\n'


def figure(quantity: Quantity) -> str:
    """Symbol, shape and equation, then the numbers as a table; coloured, but for ids."""
    table = quantity.table()
    words = plain if unsigned(quantity) else as_words
    coloured = table.dtype.kind == "f" and not unsigned(quantity)

    def cell(x: Any, most: float) -> str:
        style = f' class="shaded" style="background:{shade(x, most)}"' if coloured else ""
        return f"<td{style}>{words(x)}</td>"

    most = [largest(table)] * table.shape[1]
    if quantity.mixed:
        most = [largest(column) for column in table.T]
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in quantity.across)
    head = f"<thead><tr>{'<th></th>' if quantity.down else ''}{head}</tr></thead>" if head else ""
    lines = "".join(
        "<tr>" + (f'<th scope="row">{escape(quantity.down[r])}</th>' if quantity.down else "")
        + "".join(cell(x, most[c]) for c, x in enumerate(row)) + "</tr>" for r, row in enumerate(table))
    name = escape(f"{quantity.symbol} {shape(quantity)}", quote=True)
    return (f'<figure class="quantity"><figcaption><b>{escape(quantity.symbol)}</b> <span class="shape">'
            f'{shape(quantity)}</span><span class="equation">{escape(quantity.equation)}</span></figcaption>'
            f'<div class="scroll" tabindex="0" role="region" aria-label="{name}"><table>{head}<tbody>{lines}</tbody>'
            "</table></div></figure>")


def own(name: str) -> str:
    """A file of this package."""
    return (files("widedeep.trace") / name).read_text(encoding="utf-8")
