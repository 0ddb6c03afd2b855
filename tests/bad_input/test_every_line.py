"""Every line of what bad input and faults must come to, and the test that holds it: E refused, H handled, I cannot be told."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
SIZE, VALUES, NAMES = "bad_input/test_size_and_emptiness.py", "bad_input/test_values.py", "bad_input/test_names.py"
TEXT, PARQUET, TOGETHER = "bad_input/test_text_files.py", "bad_input/test_parquet_files.py", "bad_input/test_together.py"
BOMBS, WRITES, COMMAND = "bad_input/test_bombs.py", "faults/test_cut_off_writes.py", "faults/test_the_command.py"

LINES: dict[str, tuple[str, str, str]] = {
    "a table without rows": ("E", SIZE, "test_no_rows"),
    "a table without columns": ("E", SIZE, "test_no_columns"),
    "a header and nothing below": ("E", SIZE, "test_header_only"),
    "a single row": ("E", SIZE, "test_one_row"),
    "under twenty rows": ("I", SIZE, "test_under_twenty_rows_cannot_tell"),
    "a single column": ("H", SIZE, "test_one_column"),
    "a constant": ("H", SIZE, "test_constant_column"),
    "only nulls: named as not covered": ("H", SIZE, "test_all_null_column_is_named_as_not_covered"),
    "only nulls among dates": ("H", SIZE, "test_all_null_datetime"),
    "nearly only nulls": ("H", SIZE, "test_all_but_one_percent_null"),
    "nulls that real has not": ("H fails", SIZE, "test_nulls_only_in_synthetic_fail"),
    "infinities": ("E", VALUES, "test_infinite_values"),
    "null, NaN, empty and 'NA' apart": ("H", VALUES, "test_null_nan_empty_and_na_are_kept_apart"),
    "a token for null": ("H", VALUES, "test_null_token_of_text"),
    "a question mark is a level": ("H hint", VALUES, "test_question_mark_is_a_level_with_a_hint"),
    "several types in a column": ("E", VALUES, "test_mixed_types"),
    "dicts and lists in cells": ("E", VALUES, "test_dict_and_list_cells"),
    "integers with nulls": ("H", VALUES, "test_nullable_integers_stay_integers"),
    "integers beyond floats": ("H exact", VALUES, "test_integers_beyond_floats_are_exact"),
    "decimals, unsigned, ends of floats, denormals": ("H", VALUES, "test_numbers_at_the_ends"),
    "negative zero": ("H", VALUES, "test_negative_zero_is_kept"),
    "booleans as objects": ("H", VALUES, "test_booleans_as_objects"),
    "very many levels": ("H bounded", SIZE, "test_three_hundred_thousand_levels_in_bounded_memory"),
    "a unique key": ("H flagged", VALUES, "test_unique_key_is_flagged"),
    "free text": ("H", VALUES, "test_free_text"),
    "very many columns": ("H told", SIZE, "test_fifteen_thousand_columns_are_told_first"),
    "names twice": ("E", NAMES, "test_duplicate_names"),
    "names that are integers": ("H", NAMES, "test_integer_names"),
    "blank names": ("E", NAMES, "test_blank_names"),
    "odd, hostile, very long, invisible names": ("H", NAMES, "test_hostile_names_and_levels_do_no_harm"),
    "names alike but for case or form": ("E", NAMES, "test_names_equal_but_for_case_or_unicode_form"),
    "other columns": ("E", TOGETHER, "test_column_sets_differ"),
    "other types": ("H fails", TOGETHER, "test_types_differ_is_handled_and_fails"),
    "new levels": ("H fails", TOGETHER, "test_new_categories_are_handled_and_fail"),
    "no such target": ("E", TOGETHER, "test_target_absent"),
    "one class": ("E", TOGETHER, "test_one_class"),
    "a class of one": ("I", TOGETHER, "test_class_of_one_member_cannot_tell"),
    "a copy of the target": ("H warned", TOGETHER, "test_feature_that_copies_the_target_is_warned_of"),
    "rows that are all alike": ("H warned", TOGETHER, "test_nothing_but_duplicates_is_warned_of"),
    "synthetic that is real": ("H fails", TOGETHER, "test_synthetic_that_is_the_real_table_fails_on_privacy"),
    "a holdout that is real": ("E", TOGETHER, "test_holdout_that_is_the_real_file"),
    "a holdout that overlaps real": ("H fails", TOGETHER, "test_holdout_that_overlaps_the_real_table_fails"),
    "far dates": ("H", VALUES, "test_far_dates"),
    "several time zones": ("H", VALUES, "test_mixed_time_zones"),
    "two ways to write a date": ("E", VALUES, "test_two_date_formats"),
    "byte order marks and wide text": ("H", TEXT, "test_byte_order_marks_and_wide_text"),
    "ragged lines": ("E line", TEXT, "test_ragged_lines_all_named"),
    "NUL": ("E line", TEXT, "test_nul"),
    "a quote left open": ("E line", TEXT, "test_unclosed_quote"),
    "a comma for the decimal point": ("E hint", TEXT, "test_decimal_comma"),
    "a cut Parquet file": ("E", PARQUET, "test_truncated"),
    "a cut gzip file": ("E", TEXT, "test_truncated_gzip"),
    "forged counts": ("E", PARQUET, "test_forged_counts"),
    "nested Parquet": ("E", VALUES, "test_nested_parquet"),
    "an index with repeats": ("H", VALUES, "test_duplicate_index"),
    "one schema for all tables": ("H", TEXT, "test_schema_is_the_real_tables"),
    "killed while writing": ("old or new", WRITES, "test_killed_at_a_random_moment"),
    "disk full at any step": ("E, old stands", WRITES, "test_disk_full_at_every_step"),
    "a write that really fails": ("E, old stands", WRITES, "test_a_limit_on_the_size_of_files"),
    "two writers": ("H", WRITES, "test_two_writers_of_one_path"),
    "a clock that runs back": ("H", COMMAND, "test_durations_do_not_follow_the_clock"),
    "a folder that cannot be written": ("E before work", COMMAND, "test_a_folder_that_cannot_be_written_ends_before_work_starts"),
    "an interruption": ("130", COMMAND, "test_interrupted_at_work_exits_130_and_leaves_no_stale_report"),
    "a stale report": ("replaced", COMMAND, "test_a_stale_report_is_never_left"),
    "a closed pipe": ("H", COMMAND, "test_a_reader_that_stops_early"),
    "gzip bombs": ("E", BOMBS, "test_gzip_bomb"),
    "Parquet bombs": ("E", BOMBS, "test_parquet_of_one_long_entry"),
    "devices and pipes as files": ("E", BOMBS, "test_devices_and_pipes"),
    "archives in disguise": ("E", BOMBS, "test_archives_in_disguise"),
    "lines and quotes without end": ("E", BOMBS, "test_a_quote_without_end"),
    "HTML in names never runs": ("H", "browser/test_report_page.py", ""),
    "cells that a spreadsheet would run": ("no such export", COMMAND, "test_reports_are_not_written_as_spreadsheets"),
    "paths in names and ids": ("H", NAMES, "test_hostile_names_of_files"),
    "no pickle, eval, exec or query": ("none", COMMAND, "test_nothing_loads_code_or_runs_text"),
}


@cache
def declared_in(file: str) -> frozenset[str]:
    tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"))


@pytest.mark.parametrize("line", LINES)
def test_every_line_has_its_test(line):
    _, file, test = LINES[line]
    assert declared_in(file)
    assert not test or test in declared_in(file)
