"""Tables from files: CSV, TSV and Parquet as people have them, read by pyarrow.      pip install 'widedeep[tables]'

    table = read_table("people.csv", say=print)         {column: (N,)}, as read_csv gives it

Recognised, and said: what stands between the values (, ; tab |), the encoding, decimal commas, thousands, words for
"not known", a column of row numbers that pandas wrote.  Not guessed: a missing header (header=False).  Lines with too
many or too few values are counted, and set aside in a file beside.

    number      int64 or float64, NaN where it is missing        "007" is a code, and stays text
    anything    text, None where it is missing                   dates too: `widedeep train` makes days of them
    lists       tuples (Parquet)

Read before: table_form.py        Read next: frames.py
"""
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from perceptron.activations import Array
from widedeep.bridges.coded import coded
from widedeep.bridges.table_form import BETWEEN, FLOAT, WHOLE, Form, Say, look, tell
from widedeep.saving import write_beside
from widedeep.training.stream import regrouped

try:
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.csv
    import pyarrow.parquet
except ImportError as error:
    raise ImportError(f"widedeep.bridges.tables: {error.name} is not installed; want pip install 'widedeep[tables]', "
                      "or widedeep.datasets.read_csv, which reads plain CSV files") from None

MISSING = ("", "NA", "N/A", "n/a", "#N/A", "nan", "NaN", "NULL", "null", "None", "<NA>", "NaT")
THOUSANDS = r"[+-]?[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]+)?"
COMMA = rf"{WHOLE}(?:,[0-9]+)?|[+-]?[1-9][0-9]{{0,2}}(?:\.[0-9]{{3}})+(?:,[0-9]+)?"
BLOCK = 2 ** 23                                         # bytes parsed at once; a row has to be shorter
PART = 2 ** 20                                          # the same where a file is read in chunks: memory follows it
Table = dict[str, Array]


def read_table(path: Any, *, header: bool = True, names: Sequence[str] | None = None, ragged: str = "aside",
               say: Say = lambda line: None) -> Table:
    """The table in a file.   header=False : line 1 is a row; `names` of the columns, or column 1, column 2, ...

    ragged : "aside" sets lines of another length aside, in FILE.ragged.csv; "stop" refuses the file for them
    say : gets what was recognised, a sentence each
    Raises FileNotFoundError, or ValueError for what is no table, with the remedy.
    """
    path = checked(path, ragged)
    if path.suffix.lower() in (".parquet", ".pq"):
        try:
            return whole(path, {name: of_arrow(column) for name, column in columns_of(pa.parquet.read_table(path))})
        except (pa.ArrowException, OSError) as error:
            raise ValueError(f"{path}: not a whole Parquet file ({str(error)[:90]}); was it cut short?") from None
    form = look(path, header, names)
    tell(form, say)
    odd: list[Any] = []
    try:
        read = pa.csv.read_csv(path, **options(form, odd))
    except pa.ArrowException as error:
        raise ValueError(f"{path}: not a table of {BETWEEN[form.delimiter]} ({str(error)[:90]})") from None
    if odd:
        set_aside(path, form, odd, ragged, say)
    table = {name: typed(name, column, form, say) for name, column in columns_of(read)}
    return whole(path, without_index(form, table))


def read_chunks(path: Any, rows: int, say: Say = lambda line: None) -> Iterator[Table]:
    """The same in chunks of so many rows, so that memory does not grow with the file; lines of another length stop it.

    What is a number is decided by each chunk: a column may be numbers in one and text in the next.
    """
    path = checked(path, "stop")
    if path.suffix.lower() in (".parquet", ".pq"):
        try:
            with pa.parquet.ParquetFile(path) as file:
                for batch in file.iter_batches(rows):
                    yield {name: of_arrow(column) for name, column in columns_of(pa.Table.from_batches([batch]))}
        except (pa.ArrowException, OSError) as error:
            raise ValueError(f"{path}: not a whole Parquet file ({str(error)[:90]}); was it cut short?") from None
        return
    form = look(path, True, None)
    tell(form, say)
    odd: list[Any] = []
    try:
        with pa.csv.open_csv(path, **options(form, odd, PART)) as reader:
            yield from regrouped((without_index(form, {name: typed(name, column, form, lambda line: None)
                                                       for name, column in columns_of(pa.Table.from_batches([batch]))})
                                  for batch in reader if batch.num_rows), rows)
    except pa.ArrowException as error:
        raise ValueError(f"{path}: not a table of {BETWEEN[form.delimiter]} ({str(error)[:90]})") from None
    if odd:
        set_aside(path, form, odd, "stop", say)


def checked(path: Any, ragged: str) -> Path:
    if ragged not in ("aside", "stop"):
        raise ValueError(f"read_table: ragged {ragged!r}; want 'aside' or 'stop'")
    if re.match(r"[a-z]+://", str(path)):
        raise ValueError(f"{path}: an address, and no file; download it first, and name the file")
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"{path}: no such file; is the path right, seen from the folder you are in?")
    if path.is_dir():
        raise ValueError(f"{path}: a folder; want a file in it, .csv, .tsv or .parquet")
    if not path.stat().st_size:
        raise ValueError(f"{path}: an empty file; want a line with the names of the columns, and rows")
    return path


def options(form: Form, odd: list[Any], block: int = BLOCK) -> dict[str, Any]:
    """For pyarrow: every column as text; lines of another length go to `odd`."""
    names = [name or "row number" for name in form.names]

    def skip(row: Any) -> str:
        odd.append(row)
        return "skip"
    return {
        "read_options": pa.csv.ReadOptions(use_threads=False, block_size=block, column_names=names,
                                           skip_rows_after_names=int(form.header),
                                           encoding=form.encoding.replace("utf-8-sig", "utf8")),
        "parse_options": pa.csv.ParseOptions(delimiter=form.delimiter, newlines_in_values=True,
                                             invalid_row_handler=skip),
        "convert_options": pa.csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()),
                                                 null_values=list(MISSING), strings_can_be_null=True)}


def set_aside(path: Path, form: Form, odd: list[Any], ragged: str, say: Say) -> None:
    first = odd[0]
    lines = f"{len(odd)} lines have" if len(odd) > 1 else "1 line has"
    told = (f"{lines} another number of values than the {len(form.names)} columns, as line {first.number}, which has "
            f"{first.actual_columns}: {first.text[:60]!r}")
    if ragged == "stop":
        raise ValueError(f"{path}: {told}; a {BETWEEN[form.delimiter][:-1]} inside a value needs quotes around it")
    aside = path.with_name(f"{path.name}.ragged.csv")
    text = "\n".join([form.delimiter.join(form.names), *(row.text for row in odd)]) + "\n"
    write_beside(aside, lambda beside: beside.write_text(text, encoding="utf-8"))
    say(f"{told}; they are left out, and stand in {aside.name}")


def columns_of(read: Any) -> Iterator[tuple[str, Any]]:
    for name, column in zip(read.column_names, read.columns):
        yield name, column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)


def typed(name: str, column: Any, form: Form, say: Say) -> Array:
    """Texts as numbers, if each of them is one; each different text is read once."""
    coded = pc.dictionary_encode(column)
    coded = coded.combine_chunks() if isinstance(coded, pa.ChunkedArray) else coded
    values = pc.utf8_trim_whitespace(coded.dictionary)

    def all_are(pattern: str) -> bool:
        return bool(len(values)) and pc.all(pc.match_substring_regex(values, f"^(?:{pattern})$")).as_py()
    numbers = None
    if all_are(WHOLE) or all_are(FLOAT):
        numbers = values
    elif form.delimiter != "," and all_are(COMMA):
        numbers = pc.replace_substring(pc.replace_substring(values, ".", ""), ",", ".")
        say(f"{name}: numbers with a decimal comma")
    elif all_are(f"{THOUSANDS}|{FLOAT}"):
        numbers = pc.replace_substring(values, ",", "")
        say(f"{name}: numbers with a comma between thousands")
    if numbers is not None:
        try:
            whole_ones = pc.all(pc.match_substring_regex(numbers, f"^(?:{WHOLE})$")).as_py()
            numbers = numbers.cast(pa.int64() if whole_ones else pa.float64())
        except pa.ArrowInvalid:                                     # beyond 64 bits
            numbers = None
    return taken(numbers if numbers is not None else coded.dictionary, coded.indices)


def taken(values: Any, codes: Any) -> Array:
    """values[codes], text coded; a missing code is NaN among numbers, else None."""
    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        gap = [None] if codes.null_count else []
        return coded(np.array([*values.to_pylist(), *gap], object),
                     codes.fill_null(len(values)).to_numpy(zero_copy_only=False))
    at = codes.fill_null(-1).to_numpy(zero_copy_only=False)
    distinct = values.to_numpy(zero_copy_only=False)
    return np.append(distinct.astype(np.float64), np.nan)[at] if codes.null_count else distinct[at]


def of_arrow(column: Any) -> Array:
    """A column of Parquet: numbers, text, tuples; what has no kind of its own here as text."""
    if pa.types.is_dictionary(column.type):
        values = column.dictionary
        return taken(values if is_number(values.type) else values.cast(pa.string()), column.indices)
    if is_number(column.type):
        if column.null_count:
            return column.cast(pa.float64(), safe=False).fill_null(np.nan).to_numpy(zero_copy_only=False)
        return column.to_numpy(zero_copy_only=False)
    if pa.types.is_list(column.type) or pa.types.is_large_list(column.type):
        values = column.to_pylist()
        return np.fromiter((None if value is None else tuple(value) for value in values), object, len(values))
    if pa.types.is_decimal(column.type):
        return of_arrow(column.cast(pa.float64()))
    coded = pc.dictionary_encode(column.cast(pa.string()))
    return taken(coded.dictionary, coded.indices)


def is_number(kind: Any) -> bool:
    return pa.types.is_integer(kind) or pa.types.is_floating(kind)


def without_index(form: Form, table: Table) -> Table:
    return {name: column for k, (name, column) in enumerate(table.items()) if k or not form.index}


def whole(path: Path, table: Table) -> Table:
    if not table:
        raise ValueError(f"{path}: no columns")
    if not len(next(iter(table.values()))):
        raise ValueError(f"{path}: a header and no rows; a table needs one row at least")
    return table
