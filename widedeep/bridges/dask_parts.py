"""Rows in parts, of a folder of Parquet files or a Dask DataFrame: learned from and encoded where they lie.

    encoder = learn(Encoder(wide=..., deep=...), "people/", client)
    train = read_parts(encoder, "people/", client, label="income")
    fit(client, model, optimizers, train, rng=rng, epochs=20)                       of bridges/dask.py

What comes back to the client, and so has to have room there:

    learn         of a vocabulary or a cross, its different values and how often each stands in a partition, in the
                  order of appearance; they are added in the order of the partitions.  Of any other column, and of
                  numbers, the values of all rows: quantiles and means ask for all of them, in order
    read_parts    the labels.  The encoded rows stay on the workers

So the encoder is that of the whole table, to its fingerprint, and a mini-batch is drawn by the same generator: row
numbers of the whole table, each of which is a row of a partition.  Workers have to see the folder under the same path.

Read before: encoder.py, dask.py
"""
import copy
import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

try:
    from dask import delayed
    from dask.distributed import Client, wait
    from dask.utils import natural_sort_key
except ImportError as error:
    raise ImportError(f"widedeep.bridges.dask_parts: {error.name or 'distributed'} is not installed; want pip install "
                      "'widedeep[distributed]', or Encoder.fit and encode, which need NumPy alone") from None

from perceptron.activations import Array
from widedeep.batch import Batch, Ragged, row_numbers
from widedeep.columns import Bag, Category, Vocabulary
from widedeep.crosses import Cross
from widedeep.encoder import Encoder
from widedeep.table import Sheet, as_table


def learn(encoder: Encoder, source: Any, client: Any) -> Encoder:
    """encoder.fit on partitions: one pass over them, and one more where there are crosses.

    source : a folder of Parquet files, a partition each, in the order of their names; or a Dask DataFrame

    Raises ValueError as Encoder.fit does, with the partition's number, and for a partition without a column.  A
    partition without rows adds nothing.
    """
    check("learn", encoder, client)
    fitted, parts = copy.deepcopy(encoder), partitions("learn", source)
    waiting = list(fitted.columns)
    while waiting:                                                  # a cross waits for its parts
        now = [column for column in waiting if not any(part in waiting for part in getattr(column, "parts", ()))]
        places = [fitted.columns.index(column) for column in now]
        futures = on_workers(client, "learn", parts, fitted.reads, found, fitted, places)
        answers = [answer for answer in results(client, futures) if answer is not None]
        if not answers:
            raise ValueError(f"learn: no rows in {len(parts)} partitions")
        for column, answer in zip(now, zip(*answers)):
            merge(column, answer)
        waiting = [column for column in waiting if column not in now]
    fitted.fitted = True
    vars(encoder).pop("fingerprint", None)                          # of what it had learned before
    vars(encoder).update({name: value for name, value in vars(fitted).items() if name != "fingerprint"})
    return encoder


def found(table: Any, encoder: Encoder, places: Sequence[int]) -> list[Any]:
    """On a worker: what a partition has to say about each of these columns."""
    sheet = encoder.sheet(table)
    answers: list[Any] = []
    for column in (encoder.columns[place] for place in places):
        if is_counted(column):
            answers.append(Counter(itertools.chain.from_iterable(column.bags(sheet)) if isinstance(column, Bag)
                                   else sheet.cells(column.name)))
        elif is_cross(column):
            answers.append(np.unique(column.keys(sheet)[1], return_counts=True))
        else:
            answers.append({name: sheet[name] for name in column.reads})
    return answers


def merge(column: Any, answers: Sequence[Any]) -> None:
    """Let a column learn from what the partitions said, in their order."""
    if is_counted(column):
        counts: Counter[Any] = Counter()
        for answer in answers:
            counts.update(answer)                                   # a value new to it goes to the end
        column.learn(counts)
    elif is_cross(column):
        keys, place = np.unique(np.concatenate([keys for keys, _ in answers]), return_inverse=True)
        totals = np.zeros(len(keys), np.int64)
        np.add.at(totals, place, np.concatenate([counts for _, counts in answers]))
        column.learn(keys, totals)
    else:
        column.fit(Sheet({name: joined([answer[name] for answer in answers]) for name in column.reads}, column.reads))


def is_counted(column: Any) -> bool:
    """Does it learn from counts alone, as Category and Bag do?"""
    return isinstance(column, Vocabulary) and type(column).fit in (Category.fit, Bag.fit)


def is_cross(column: Any) -> bool:
    return isinstance(column, Cross) and type(column).fit is Cross.fit


def joined(arrays: Sequence[Array]) -> Array:
    """Columns end to end; of objects where one type for all would change values."""
    if len({array.dtype for array in arrays}) == 1 or all(array.dtype.kind in "iuf" for array in arrays):
        return np.concatenate(arrays)
    return np.fromiter(itertools.chain(*arrays), object, sum(map(len, arrays)))


@dataclass(frozen=True)
class Parts:
    """Encoded rows that stay on the workers: what fit takes in place of a Batch.

    batches : P futures of a Batch each        starts : (P + 1,) the number of each one's first row, and how many rows
    labels : (N, K)                            made_by : as of a Batch
    """

    batches: list[Any]
    starts: Array
    labels: Array
    made_by: str

    shares = ()                                                     # of a batch's names, those that its checks ask for

    @property
    def numbers(self) -> Array:
        """(N, 0): the numbers lie on the workers, too, and are checked there."""
        return np.zeros((len(self), 0), self.labels.dtype)

    def __len__(self) -> int:
        return int(self.starts[-1])

    def __getitem__(self, rows: Any) -> "Drawn":
        return Drawn(self, row_numbers(rows, len(self)))

    def parts(self) -> Iterator[tuple[Any, Batch]]:
        """Nothing that lies here.  (See Ragged.)"""
        return iter(())

    def gather(self, client: Any) -> Batch:
        """All rows at the client, padded to the longest: 4 bytes for each id, those of the dtype for each number."""
        rows = [np.arange(start, stop) for start, stop in itertools.pairwise(self.starts)]
        return Ragged.of(rows, [piece.whole() for piece in client.gather(self.batches)], self.labels).whole()


@dataclass(frozen=True)
class Drawn:
    """A mini-batch of Parts: row numbers of the whole table."""

    whole: Parts
    rows: Array

    made_by = property(lambda self: self.whole.made_by)
    labels = property(lambda self: self.whole.labels[self.rows])

    def __len__(self) -> int:
        return len(self.rows)

    def by_part(self) -> Iterator[tuple[Any, Array, Array]]:
        """(future of a Batch, its rows, which of the mini-batch they are), of each partition that holds some."""
        part = np.searchsorted(self.whole.starts, self.rows, side="right") - 1          # (n,)
        for k in np.unique(part):
            place = np.flatnonzero(part == k)
            yield self.whole.batches[k], self.rows[place] - self.whole.starts[k], place


def read_parts(encoder: Encoder, source: Any, client: Any, *, label: str | Callable[[Any], npt.ArrayLike],
               dtype: npt.DTypeLike = np.float32) -> Parts:
    """Encode partitions on the workers, and keep them there, to train on: in memory, as long as Parts is kept.

    label : the name of a column of numbers, or a function of a partition's table -> (n, K) labels, as of classes

    A lost worker's partitions are read and encoded again.  Raises ValueError as Encoder.encode does, and as learn.
    """
    check("read_parts", encoder, client)
    if not encoder.fitted:
        raise ValueError("read_parts: the encoder has learned nothing; want learn(encoder, source, client) first")
    if not (isinstance(label, str) or callable(label)):
        raise ValueError(f"read_parts: label is a {type(label).__name__}; want a column's name, or a function of a "
                         "partition's table")
    parts = partitions("read_parts", source)
    names = [*encoder.reads, label] if isinstance(label, str) else None
    batches = on_workers(client, "read_parts", parts, names, encoded, encoder, label, dtype)
    labels = results(client, client.map(labels_of, batches))
    kept = [k for k, answer in enumerate(labels) if answer is not None]
    if not kept:
        raise ValueError(f"read_parts: no rows in {len(parts)} partitions")
    sizes = [len(labels[k]) for k in kept]
    return Parts([batches[k] for k in kept], np.cumsum([0, *sizes]), np.concatenate([labels[k] for k in kept]),
                 encoder.fingerprint)


def encoded(table: Any, encoder: Encoder, label: Any, dtype: Any) -> Batch | Ragged:
    """On a worker: a partition's batch, with labels (n, K)."""
    batch = encoder.encode(table, None, dtype)
    if isinstance(label, str):
        y = Sheet(table, [label]).numbers(label)[:, None]
    else:
        y = np.asarray(label(table), np.float64)
    if y.ndim != 2 or len(y) != len(batch) or not np.isfinite(y).all():
        raise ValueError(f"labels {y.shape} of {len(batch)} rows; want ({len(batch)}, K), finite numbers")
    return replace(batch, labels=y.astype(dtype))


def labels_of(batch: Batch | None) -> Array | None:
    return None if batch is None else batch.labels


def check(who: str, encoder: Any, client: Any) -> None:
    """Raise ValueError for what is no cluster or no Encoder, RuntimeError for a cluster that would never answer."""
    if not isinstance(client, Client):
        raise ValueError(f"{who}: the client is a {type(client).__name__}; want a dask.distributed.Client, as "
                         f"{who}(encoder, source, Client(address))")
    if not isinstance(encoder, Encoder):
        raise ValueError(f"{who}: a {type(encoder).__name__} is no Encoder; one that looks at several rows at once, as "
                         "HistoryEncoder, wants the whole table: its fit and encode")
    if not client.scheduler_info(n_workers=-1)["workers"]:
        raise RuntimeError(f"{who}: the cluster has no workers; start one, as dask worker ADDRESS")


def partitions(who: str, source: Any) -> list[Any]:
    """Of a folder the paths of its files, of a Dask DataFrame its partitions, not computed yet."""
    if isinstance(source, (str, PathLike)):
        folder = Path(source).resolve()
        files = sorted(folder.rglob("*.parquet"), key=lambda file: natural_sort_key(str(file)))
        if not files:
            raise ValueError(f"{who}: {source} holds no *.parquet; want a folder of such files, or a Dask DataFrame")
        return files
    if not hasattr(source, "to_delayed"):
        raise ValueError(f"{who}: a {type(source).__name__} is neither a folder nor a Dask DataFrame; of one table "
                         "want encoder.fit(table) and encoder.encode(table, labels)")
    return list(source.to_delayed())


def on_workers(client: Any, who: str, parts: Sequence[Any], names: Sequence[str] | None, work: Callable[..., Any],
               encoder: Encoder, *more: Any) -> list[Any]:
    """A future of work(table, encoder, *more) for each partition, or of None for one without rows."""
    sent = delayed(encoder, traverse=False)                         # once, not with each partition
    return client.compute([delayed(on_partition, pure=False, traverse=False)(who, k, part, names, work, sent, *more)
                           for k, part in enumerate(parts)])


def results(client: Any, futures: list[Any]) -> list[Any]:
    """In order.  Of several errors it raises that of the first partition, always."""
    wait(futures)
    for future in futures:
        if future.status == "error":
            raise future.exception()
    return client.gather(futures)


def on_partition(who: str, k: int, part: Any, names: Sequence[str] | None, work: Callable[..., Any], *more: Any) -> Any:
    """On a worker.  Raises ValueError, with the partition's number, for what `work` refuses or a missing column."""
    try:
        table = read(part, names)
        return work(table, *more) if len(next(iter(as_table(table).values()), ())) else None
    except ValueError as error:
        of = f" ({part.name})" if isinstance(part, Path) else ""
        raise ValueError(f"{who}: partition {k}{of}: {error}") from None


def read(part: Any, names: Sequence[str] | None) -> Any:
    """A partition's table: these columns of a file, or a frame as it came."""
    if not isinstance(part, Path):
        held, table = list(as_table(part)), part
    else:
        from pyarrow import parquet

        with parquet.ParquetFile(part) as file:
            held = file.schema_arrow.names
            table = file.read([name for name in held if names is None or name in names])
    if absent := [name for name in names or () if name not in held]:
        raise ValueError(f"no column {absent[0]!r}; it has {', '.join(map(str, held))}"[:300])
    return table
