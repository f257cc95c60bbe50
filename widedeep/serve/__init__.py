"""Serving: a trained model answers over HTTP, with its reasons, and on one page.

Read in this order:

    fields.py      what a row may hold, read off the encoder
    requests.py    a request, checked: what is wrong with it, and where
    heads.py       what a model answers for each row, and why: yes or no, classes, a number
    people.py      the best unseen items for a person, or for somebody who likes a few; memory against generalization
    ranked.py      the same by a ranker
    served.py      one model with all that it answers
    queue.py       a bounded queue: what waits together is computed together
    metrics.py     counts and seconds, as Prometheus reads them
    logs.py        a line of JSON for each request
    swap.py        the dry run of a new model
    service.py     the model of the moment, its queue, and how another one takes its place
    page.py        one page that asks nothing of other machines
    schema.py      the contract: what requests may hold, and answers do
    app.py         the routes, by FastAPI
    server.py      the process: port, signals, end, by uvicorn
    sources.py     from files, or from a data set, to something that can be served

`widedeep serve MODEL` runs all of it (pip install 'widedeep[serve]').  docs/serving.md is the manual.
"""
