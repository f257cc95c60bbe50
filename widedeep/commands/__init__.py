"""What the commands share: options, how they end, and how people and reasons are put in words.

    exit_codes.py        how a command ends: 0, 2 or 130
    blas_threads.py      how many threads the matrix products may use
    arguments.py         options that several commands have, and the data set that they name
    people.py            whom to recommend to, what they have seen, and what they liked
    wording.py           a model's reasons in words
    comparison.py        train wide, deep and both, and measure them: the demo's figures
    comparison_text.py   the same, printed
    comparison_plot.py   the same, drawn

Each command is `python -m` of its own module: widedeep.demo, widedeep.experiments, widedeep.ranking,
widedeep.explanations, widedeep.trace, widedeep.features.propose.
"""
