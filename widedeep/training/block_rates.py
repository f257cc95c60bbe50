"""A learning rate per block: high for plain columns, low for crosses.

    alpha_j = alpha factor_j            factor_j = 1 for the feature of a column, say 0.1 for that of a cross

Hundreds of rows teach the weight of a plain column, and it should be learned soon; a handful teach that of a cross, and
it would fit them exactly.  With one alpha for both, either the columns are still being learned when the crosses begin
to overfit, or the crosses explain what the columns should have explained (measured on Adult: docs/accuracy.md).

    FTRL(0.1, batch_size=256, blocks=block_rates(encoder, crosses=0.1))

Read before: ftrl.py, encoder.py        Read next: weight_decay.py
"""
from typing import Any

from widedeep.crosses import Cross


def block_rates(encoder: Any, crosses: float) -> list[tuple[int, float]]:
    """[(1, 1.0) for id 0, then (size, 1.0) for a plain column and (size, crosses) for a cross, in their order].

    encoder : a fitted Encoder or HistoryEncoder        crosses : the factor of every cross
    Raises ValueError if crosses is not positive.
    """
    if not crosses > 0:
        raise ValueError(f"block_rates: crosses {crosses}; want more than 0")
    return [(1, 1.0), *((column.size, crosses if isinstance(column, Cross) else 1.0) for column in encoder.wide)]
