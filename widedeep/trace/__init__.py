"""The trace: the five steps of backpropagation for one row, every number with its shape and its equation.

Read in this order:

    small.py       a wide & deep model small enough to read, trained on one row at a time
    recording.py   listen while train_step takes one step, and keep what passes
    quantity.py    one number or array: its symbol, its equation, its shape
    steps.py       what was heard, told as the article's five steps
    text.py        the steps as text, and as JSON
    colours.py     blue below 0, orange above
    graph.py       the model as a picture
    page.py        all of it as one HTML file

`python -m widedeep.trace` shows all of it.  Nothing is computed here that the chapter's classes do not compute.
"""
from widedeep.trace.page import as_html
from widedeep.trace.quantity import Quantity, Stop
from widedeep.trace.recording import Record, record
from widedeep.trace.small import SmallModel, small_model
from widedeep.trace.steps import steps_of
from widedeep.trace.text import as_json, as_text

__all__ = ["Quantity", "Record", "SmallModel", "Stop", "as_html", "as_json", "as_text", "record", "small_model",
           "steps_of"]
