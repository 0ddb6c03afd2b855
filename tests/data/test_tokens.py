"""One reader of tokens serves conditions and formulas: positions, quotes and capitals are told alike."""

import re

import pytest

from assay.core.errors import InputError
from assay.data.schema import Column, Schema
from assay.data.tokens import TokenReader
from assay.data.where import parse
from assay.scenario.formula import FormulaError, read_formula

PATTERN = re.compile(r"\s*(?:(?P<word>[^\W\d]\w*)|(?P<text>'(?:[^']|'')*')|(?P<sign>[+(),]))")


class Words(TokenReader):
    def __init__(self, text):
        super().__init__(text, PATTERN)

    def error(self, what, at):
        return ValueError(f"{at}: {what}")


def test_tokens_have_kind_text_and_place():
    reader = Words("  one + 'it''s' ")
    assert [(token.kind, token.text, token.at) for token in reader.tokens] == [
        ("word", "one", 3),
        ("sign", "+", 7),
        ("text", "'it''s'", 9),
    ]
    assert [token.bare for token in reader.tokens] == ["one", "+", "it's"]


def test_tokens_are_taken_accepted_and_expected_in_turn():
    reader = Words("AND ( x")
    assert reader.accept("word", "or") is None
    assert reader.accept("word", "or", "and").text == "AND"
    assert reader.here() == 5
    reader.expect("sign", "(")
    assert reader.take("a word").text == "x"
    assert (reader.peek(), reader.here()) == (None, 8)
    with pytest.raises(ValueError, match="8: expected a word, got the end"):
        reader.take("a word")
    with pytest.raises(ValueError, match=r"1: expected '\(', got 'x'"):
        Words("x").expect("sign", "(")


def test_what_is_no_token_is_told_with_its_place():
    with pytest.raises(ValueError, match=r"4: cannot read '\? x'"):
        Words("a  ? x")


def test_conditions_and_formulas_count_characters_alike():
    schema = Schema((Column("x", "numeric", "int64"),))
    with pytest.raises(InputError, match="character 5"):
        parse("x = (", schema)
    with pytest.raises(FormulaError, match="character 5"):
        read_formula("x = )")
