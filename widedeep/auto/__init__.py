"""Tables, with nothing but a label: columns, head, model and settings are chosen by measurement.

    widedeep train people.csv --label income --out model.npz

Read in this order:

    reading.py         a file becomes a table, and a column what its kind says
    answers.py         yes or no, one of several classes, or a number
    plan.py            what every column is: a file (TOML)
    choose.py          the plan for a table: what is text, dirt, an id, a date?
    table_encoder.py   an encoder by a plan, which knows what the label means
    candidates.py      a handful of models
    search.py          trained, judged on rows left out, and added up, within a budget
    resume.py          the trained models in a file, from which a killed run goes on
    table_model.py     all of it: train_table, open_model
    baselines.py       what a straight line reaches on the same columns
    svg.py             figures
    report.py          a page about a model: figures beside baselines, errors, weights, a row explained
    stream.py          a table that is larger than memory: train_stream

and the commands, under one roof (widedeep/__main__.py), which share options.py:

    run_train.py  run_evaluate.py  run_predict.py  run_explain.py  run_inspect.py  run_columns.py  run_completion.py

Read before: encoder.py, model.py, heads/
"""
