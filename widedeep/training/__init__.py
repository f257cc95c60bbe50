"""Training, further: what can be added to an optimizer or to the loop, without a change to either.

The chapter trains with the paper's pair: FTRL for the wide tower, AdaGrad for the rest.  These pages go further; each
can be used alone, and docs/accuracy.md measures what each brings.  Read in this order:

    block_rates.py     FTRL with a learning rate per block: crosses learn more slowly than columns
    weight_decay.py    decoupled weight decay, an optimizer around another
    schedules.py       learning rates that fall from epoch to epoch
    ema.py             the exponential moving average of the weights
    checkpoint.py      a run that was killed goes on where its file is
    stream.py          more rows than memory: windows of a file, one after the other
    class_weights.py   how much each row counts, so that both classes count the same

Read before: ftrl.py, train.py
"""
