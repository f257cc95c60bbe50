"""Bridges: to libraries beyond NumPy, each an extra, none needed by anything else here.

Tables, `pip install 'widedeep[tables]'`; `from widedeep.bridges.tables import read_table`:

    coded.py           a column as its different values and the codes of the rows
    table_form.py      how a text file is written: encoding, what stands between the values, header
    tables.py          CSV, TSV and Parquet as people have them

scikit-learn, `pip install 'widedeep[sklearn]'`; `from widedeep.bridges.sklearn import WideDeepClassifier`:

    frames.py          a table of any library: pandas, Polars, Arrow, arrays
    rows.py            equal rows are one row with a weight; rows kept for validation
    kinds.py           which columns?  by the kind of their values, where none are given
    neural.py          the neuron and the network of chapters 1 and 2, with weights of rows
    estimator.py       how an estimator reads its rows; fit and partial_fit
    answers.py         classes or numbers: labels, losses, heads
    sklearn.py         scikit-learn's estimators

JAX, `pip install 'widedeep[jax]'`:

    jax.py             fit, with a whole epoch compiled by JAX
    jax_plan.py        what there is to compile: the model, its rules and the loss, by name
    jax_forward.py     the towers and the losses
    jax_rules.py       the rules
    jax_epoch.py       a step, and an epoch as one scan

Dask, `pip install 'widedeep[distributed]'`:

    dask.py            fit, with each step's gradient computed in parts by several machines
    dask_parts.py      rows in Parquet files or a Dask DataFrame: learned from and encoded where they lie

ONNX, `pip install 'widedeep[onnx]'`; `from widedeep.bridges.onnx import save_onnx`:

    onnx.py            the whole as one graph: strings and numbers in, probabilities out
    onnx_inputs.py     what the graph is given for each column
    onnx_graph.py      a graph while it grows
    onnx_columns.py    columns and crosses -> ids
    onnx_numbers.py    numbers, scaled
    onnx_towers.py     towers and heads

PyTorch, `pip install 'widedeep[torch]'`; `from widedeep.bridges.torch import to_torch`:

    torch.py           the model as an nn.Module, and its weights back again

safetensors, `pip install 'widedeep[safetensors]'`; `from widedeep.bridges.safetensors import save_safetensors`:

    safetensors.py     the weights for other programs, the encoder beside them

All three as a command, `widedeep export MODEL --to onnx --out FILE`:

    export.py          an archive, written as another library reads it

Read before: encoder.py, train.py, features/missing.py, heads/classes.py
"""
