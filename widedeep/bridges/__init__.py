"""Bridges: to libraries beyond NumPy, each an extra, none needed by anything else here.

    jax.py             fit, with a whole epoch compiled by JAX: pip install 'widedeep[jax]'
    jax_plan.py        what there is to compile: the model, its rules and the loss, by name
    jax_forward.py     the towers and the losses
    jax_rules.py       the rules
    jax_epoch.py       a step, and an epoch as one scan

Read before: train.py
"""
