"""Every key of a scenario file with its meaning: what is not here is refused, and the guide lists what is."""

from __future__ import annotations

SCENARIO_KEYS: dict[str, str] = {
    "scenario": 'The format: "assay.scenario/1".',
    "title": "What the scenario is, in a line.",
    "main": "The table that -n counts; default the last one.",
    "locale": "Language and country of made-up names, such as en_US or de_DE; default en_US.",
    "tables": "One table each, [tables.NAME], with the keys below.",
}
TABLE_KEYS: dict[str, str] = {
    "about": "A note.",
    "rows": "Rows of a table that is not the main one: a number, or a formula of n, the main table's rows.",
    "parent": "The table that each row belongs to one row of.",
    "count": "Rows for each row of the parent: a number or a rule; formulas in it see the parent's columns.",
    "key": "The column that other tables refer to; default the first of ids, else the first of numbering.",
    "order": '"parent" (rows of one parent together, in time order; the default) or "time" (all rows in time order).',
    "target": "The column to be predicted.",
    "positive": "The positive class of the target.",
    "task": "binary, multiclass or regression; default inferred from the target.",
    "entity": "The column whose equal values belong together.",
    "time": "The column of the time; default the one with arrivals or a clock.",
    "sensitive": "Columns whose groups must not be harmed.",
    "columns": "One table each, [tables.NAME.columns.NAME], in the order of the columns.",
    "events": "Rare events, [[tables.NAME.events]], chosen in the order written; no row takes part in two.",
}
COLUMN_KEYS: dict[str, str] = {
    "about": "A note.",
    "type": "Type of the cells, such as int32, float32, decimal128(10, 2), string, date32, timestamp[ms]; default by the rule.",
    "kind": "numeric, categorical, boolean, datetime, id or text; default by the rule.",
    "round": "Decimals that numbers are rounded to; 0 makes them whole.",
    "step": "Numbers are multiples of it.",
    "null": "Chance that a cell is null: a number, a formula that gives one, or a condition. Other formulas see the full value.",
    "null_with": "Null exactly where this other column is: columns that are missing together.",
    "unique": "Whether no value comes twice (true or false): repeated draws are drawn again.",
    "hidden": "Whether the column is left out of what is written (true or false): it serves formulas only.",
}
RULE_KEYS: dict[str, str] = {
    "distribution": "The family the values are drawn from, with its parameters beside it: numbers or formulas.",
    "at_least": "The distribution is cut off below this number or formula.",
    "at_most": "The distribution is cut off above this number or formula.",
    "values": "One of these values, all numbers, texts, dates or truths.",
    "weights": "How often each of the values, or parts of a mixture, is taken, in proportion: numbers or formulas.",
    "quantiles": "Numbers or dates: values are drawn evenly between each pair of neighbours.",
    "shares": "The share of values up to each of the quantiles, from 0 to 1; default evenly spaced.",
    "mixture": "A list of rules; each row takes one of them, by `weights`.",
    "formula": "Computed from other columns.",
    "cases": "A list of rules, each with `when`; the first whose condition holds is taken. The last may have none.",
    "of": "With map: the formula whose value is looked up.",
    "map": "What each value of `of` gives: a value, or a rule as a table.",
    "otherwise": "With map: what other values give. With planted and named: what rows without an event get.",
    "fake": "A provider of faker's, such as name, street_address, city, email, company.",
    "locale": "With fake: language and country; default the scenario's.",
    "pool": "With fake: how many different values to make and draw from; default 2000.",
    "id": "A pattern of identifiers: {n} counts up, {n:6} with zeros, {digits:4}, {letters:2} and {hex:8} are random.",
    "numbering": "Whole numbers that count up from this one, or {start = 1, step = 10}.",
    "reference": "The key of a row of this table; of the parent, if it is that, else of one drawn.",
    "weight": "With reference: how often each row of that table is drawn, a formula of its columns.",
    "arrivals": "Moments of arrival, in order; see below.",
    "clock": "Moments at even steps; see below.",
    "planted": 'True where an event was planted: a list of events of the table, or "all".',
    "named": "With planted: give the event's name instead of true (true or false).",
}
ARRIVALS_KEYS: dict[str, str] = {
    "start": "First moment, a date or date-time.",
    "end": "Moment before which all lie.",
    "hours": "24 weights, one an hour of the day.",
    "weekdays": "7 weights, Monday first.",
    "months": "12 weights, January first.",
    "growth": "Growth of the rate in a year: 0.2 is 20% more, and so on.",
    "after": "No moment before this formula of the parent's columns.",
    "before": "No moment after this formula of the parent's columns.",
}
CLOCK_KEYS: dict[str, str] = {
    "start": "Moment of the first row.",
    "every": 'Distance of rows, such as "10 minutes".',
    "jitter": "Each moment is late by up to so much, less than `every`.",
}
EVENT_KEYS: dict[str, str] = {
    "name": "What labels call the event.",
    "about": "A note.",
    "rate": "Share of the rows: round(rate x rows) of them, exactly.",
    "count": "Instead of rate: the number of rows.",
    "when": "Condition on the rows that may be chosen.",
    "of": '"table" (the default) or "slice": what `rate` is a share of, all rows or those that `when` holds for.',
    "pattern": '"rows" (the default), "burst" or "stretch".',
    "set": "Columns that get other values in the rows, each with a rule, number or formula; formulas may use the old value.",
    "size": "Of a burst: how many rows, a number or rule.",
    "within": 'Of a burst: the time from its first row to its last at most, such as "10 minutes".',
    "same": "Of a burst: columns in which all its rows have the value of the first.",
    "last": "Of a burst: columns that get other values in its last row, like set.",
    "length": "Of a stretch: how many successive rows of one parent, a number or rule.",
    "fault": 'Of a stretch: "stuck" (the first value stays), "drift" (moves away evenly), "spike" (jumps), "dropout" (null).',
    "columns": "Of a fault: the columns that it strikes.",
    "size_of_fault": "Of drift: how far at the end of the stretch. Of spike: how far. A number or rule.",
}
EVENTS_OF_PATTERN: dict[str, tuple[str, ...]] = {
    "rows": ("set",),
    "burst": ("set", "size", "within", "same", "last"),
    "stretch": ("set", "length", "fault", "columns", "size_of_fault"),
}
