"""Time series in tables."""

import datetime
import re
from pathlib import Path
from typing import Any, Literal

import numpy as np

from keras_vrae import sequences
from keras_vrae.datasets.series.preparation import Series, check_series, fill, whole_stretches
from keras_vrae.datasets.tables import (
    Columns,
    Row,
    Table,
    TableSettings,
    assign_roles,
    name_of,
    parse_label,
    parse_number,
    parse_time,
    read_table,
    table_of_frame,
    target_reason,
)
from keras_vrae.validation import DataError, SettingError, complaint

MOST_NAMES = 8  # In the sentence on how a table was read.


def read_series_table(path: str | Path, settings: TableSettings | None = None) -> Series:
    """Reads time series from a file in the forms of `parse_table`.

    Args:
        path: a file that `keras_vrae.datasets.tables.read_table` opens.
        settings: `TableSettings`.

    Returns:
        `Series`.

    Raises:
        DataError: for a file that is not such a table; the message names its first faulty line.
    """
    settings = settings or TableSettings()
    return parse_table(read_table(path, settings), settings)


def from_dataframe(
    df: Any,
    id: str | None = None,
    time: str | None = None,
    label: str | None = None,
    missing: Literal["refuse", "interpolate"] = "refuse",
) -> Series:
    """Reads time series from a DataFrame, in the long or the wide form.

    In the long form each row is a time step of the series that a column of ids names; the steps of
    a series are put in the order of the time column if there is one, and columns that are neither
    are channels. A DataFrame is long if it has a time column, or an id that is repeated. In the
    wide form each row is a series of one channel, and its columns are the steps.

    The result goes where examples go: `vae.fit(series)`, `VAEEmbedder().fit(series)`. Its `values`
    are arrays `(T_n, D)`, one for each series in the order in which the ids first appear; its
    `labels` and `ids` are in the same order.

    Args:
        df: DataFrame of pandas, or of a package that has `to_pandas`, such as Polars.
        id: column that names the series of a row; None for a usual name such as `id` or
            `series_id`, `""` for none.
        time: column of the time of a row, numbers or dates, in the same way.
        label: column of the class of a series, in the same way; it is not a channel.
        missing: `"refuse"` a missing value, or `"interpolate"` linearly in time, at the ends by the
            nearest value.

    Returns:
        `Series`.

    Raises:
        SettingError: for a name that is not a column.
        DataError: for values that are not numbers, missing ones, a time that is repeated, and a
            series with two labels; the message names the row.

    Example:
        >>> import pandas as pd
        >>> df = pd.DataFrame(
        ...     {"id": [7, 7, 9], "time": [1, 0, 0], "speed": [0.5, 0.4, 0.9], "class": list("aab")}
        ... )
        >>> series = keras_vrae.datasets.from_dataframe(df)
        >>> [value.tolist() for value in series.values]
        [[[0.4], [0.5]], [[0.9]]]
        >>> series.ids, series.labels, series.channels
        (['7', '9'], ['a', 'b'], ('speed',))
    """
    df = df.to_pandas() if hasattr(df, "to_pandas") else df
    if not sequences.is_frame(df):
        raise SettingError(complaint("df", "a DataFrame", type(df).__name__))
    settings = TableSettings(id, time, label)
    table = table_of_frame(df, "the DataFrame")
    rows = list(table.rows)
    try:
        columns = assign_roles(table, settings, rows[0] if rows else None)
    except SettingError as error:  # The arguments have shorter names here than in files.
        raise SettingError(re.sub(r"\b(id|time|label)_column\b", r"\1", str(error))) from None
    series = parse_table(table._replace(rows=_in_order_of_time(rows, columns)), settings)
    check_series(series, table.path, missing)
    return series._replace(values=fill(series, table.path, whole_stretches(series))[0])


def _in_order_of_time(rows, columns):
    """Rows of series in the order in which these appear, each in the order of its time."""
    if columns.time is None:
        return rows
    groups: dict[Any, list[Row]] = {}
    for row in rows:
        groups.setdefault(None if columns.id is None else row.cells[columns.id], []).append(row)
    for group in groups.values():
        times = [parse_time(row.cells[columns.time], row.place) for row in group]
        if len({_kind_of(time) for time in times}) == 1:  # Others are refused by their row.
            order = sorted(range(len(group)), key=times.__getitem__)
            group[:] = [group[number] for number in order]
    return [row for group in groups.values() for row in group]


def parse_table(table: Table, settings: TableSettings | None = None) -> Series:
    """Makes `Series` of a table.

    In the long form each row is a step of the series that the id names, or of a single series
    without an id; a table is long if it has a time column, or ids of which one is repeated, whose
    steps are then in the order of the rows. Within a series time must rise from row to row. Any
    other table is wide: each row is a series of one channel, whose last steps may be empty.

    Args:
        table: `keras_vrae.datasets.tables.Table`.
        settings: `TableSettings`.

    Returns:
        `Series`.

    Raises:
        SettingError: for a setting that names no column.
        DataError: for a table in neither form.
    """
    settings = settings or TableSettings()
    rows = list(table.rows)
    columns = assign_roles(table, settings, rows[0] if rows else None)
    if not columns.values:
        raise DataError(f"{table.path} must have columns of values. Received: {table.header}")
    if not rows:
        raise DataError(f"{table.path} must have rows below its header. Received: none")
    ids = None
    if columns.id is not None:
        ids = [_id_of(row, columns.id) for row in rows]
    is_long = columns.time is not None or (ids is not None and len({*ids}) < len(ids))
    parse = _parse_long if is_long else _parse_wide
    series = parse(table.header, columns, rows, ids, settings.decimal)
    reason, remarks = target_reason(series.labels or ()), ()
    if reason:
        remarks = (f"labels are targets, as they are {reason}: no classes are made of them",)
        targets = [None if label is None else float(label) for label in series.labels]
        series = series._replace(labels=None, targets=targets)
    return series._replace(read_as=describe(table, columns, series, is_long), remarks=remarks)


def _id_of(row, column):
    name = parse_label(row.cells[column])
    if name is None:
        raise DataError(f"{row.place}: each row must have an id. Received: an empty cell")
    return name


def describe(table: Table, columns: Columns, series: Series, is_long: bool) -> str:
    """Returns a sentence on how a table was read."""

    def named(number):
        return name_of(table.header, number)

    parts = ["long form" if is_long else "wide form", f"{len(series.values)} series"]
    if columns.id is not None:
        parts[-1] += f" by {named(columns.id)}"
    if is_long:
        time = "in the order of the rows" if columns.time is None else named(columns.time)
        parts.append(f"time {time}")
        shown = [f"`{name}`" for name in series.channels[:MOST_NAMES]]
        more = len(series.channels) - len(shown)
        parts.append(f"channels {', '.join(shown)}" + (f" and {more} more" if more else ""))
    else:
        steps = len(columns.values)
        parts.append(f"steps {named(columns.values[0])} to {named(columns.values[-1])} ({steps})")
    if columns.label is not None:
        parts.append(f"labels {named(columns.label)}")
    if columns.index is not None:
        parts.append("a first column without a name is left out")
    if not table.has_header:
        parts.append("no header: the first row is data")
    return ", ".join(parts)


def _parse_wide(header, columns, rows, ids, decimal):
    values = []
    for row in rows:
        numbers = np.array([parse_number(row.cells[n], row.place, decimal) for n in columns.values])
        known = np.flatnonzero(~np.isnan(numbers))
        if not len(known):
            raise DataError(f"{row.place}: a series must have one value or more. Received: 0")
        values.append(numbers[: known[-1] + 1, np.newaxis])
    labels = None
    if columns.label is not None:
        labels = [parse_label(row.cells[columns.label]) for row in rows]
    names = [row.place for row in rows]
    if ids is not None:
        names = [f"{name} (id {id_})" for name, id_ in zip(names, ids, strict=True)]
    return Series(values, labels, names=names, ids=ids)


def _parse_long(header, columns, rows, ids, decimal):
    values: dict[str, list[list[float]]] = {}
    times: dict[str, list[Any]] = {}
    labels: dict[str, str | None] = {}
    for number, row in enumerate(rows):
        name = ids[number] if ids is not None else "the series"
        if columns.time is not None:
            _add_time(times.setdefault(name, []), row, columns.time, name)
        values.setdefault(name, []).append(
            [parse_number(row.cells[n], row.place, decimal) for n in columns.values]
        )
        if columns.label is not None:
            label = parse_label(row.cells[columns.label])
            if labels.setdefault(name, label) != label:
                raise DataError(
                    f"{row.place}: a series must have one label. "
                    f"Received: {label!r} after {labels[name]!r}"
                )
    return Series(
        [np.array(steps) for steps in values.values()],
        [labels[name] for name in values] if labels else None,
        names=[f"id {name}" if ids is not None else name for name in values],
        times=[_seconds(stamps) for stamps in times.values()] if times else None,
        channels=tuple(header[n] or "value" for n in columns.values),
        ids=list(values) if ids is not None else None,
    )


def _add_time(times, row, column, name):
    """Appends the time of a row to those of its series, of one kind and rising."""
    time = parse_time(row.cells[column], row.place)
    if times and _kind_of(time) != _kind_of(times[-1]):
        expected = "numbers alone, or dates of which all or none have a time zone"
        raise DataError(
            f"{row.place}: the time of {name} must be {expected}. "
            f"Received: {row.cells[column]} after {times[-1]}"
        )
    if times and not time > times[-1]:
        raise DataError(
            f"{row.place}: the time of {name} must rise from row to row. "
            f"Received: {row.cells[column]} after {times[-1]}"
        )
    times.append(time)


def _kind_of(time):
    if isinstance(time, datetime.datetime):
        return "date" if time.tzinfo is None else "date of a time zone"
    return "number"


def _seconds(times):
    """Returns times as numbers: of dates, the seconds since the first."""
    if isinstance(times[0], datetime.datetime):
        return np.array([(time - times[0]).total_seconds() for time in times])
    return np.array(times, "float64")
