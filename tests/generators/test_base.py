"""Settings, refusals, entities, lineage and saved folders: what every generator does alike."""

import json

import numpy as np
import pyarrow as pa
import pytest

from assay.core.errors import InputError, NotFittedError, UnknownNameError, UsageError
from assay.core.registry import get
from assay.data.dataset import Dataset
from assay.generators._settings import from_text
from assay.generators.marginals import Marginals
from assay.generators.tree_chain import TreeChain
from assay.testing.contracts import _dataset, mixed_table
from assay.verbs.generate import generate


def test_settings_say_what_they_must_be():
    with pytest.raises(UsageError, match=r"^TreeChain.trees must be an integer >= 1. Got 0.$"):
        TreeChain(trees=0).fit(mixed_table(), seed=0)
    with pytest.raises(UsageError) as raised:
        TreeChain(subsample=1.5, leaf=True, text="copy").fit(mixed_table(), seed=0)
    assert str(raised.value).splitlines() == [
        "TreeChain.subsample must be a number in (0, 1]. Got 1.5.",
        "TreeChain.leaf must be an integer >= 1. Got True.",
        "TreeChain.text must be one of 'refuse', 'null'. Got 'copy'.",
    ]


def test_texts_become_the_type_of_the_default():
    given = {"trees": "3", "subsample": "0.25", "first": "age, level", "text": "null", "leaf": 7}
    assert from_text(TreeChain, "tree_chain", given) == {
        "trees": 3,
        "subsample": 0.25,
        "first": ("age", "level"),
        "text": "null",
        "leaf": 7,
    }
    with pytest.raises(UnknownNameError, match=r"No setting of tree_chain 'treees'. Did you mean 'trees'\?"):
        from_text(TreeChain, "tree_chain", {"treees": "3"})
    with pytest.raises(UsageError, match=r"TreeChain.trees must be an integer. Got 'many'"):
        from_text(TreeChain, "tree_chain", {"trees": "many"})


@pytest.mark.parametrize("n", [0, -1, 2.5, True, "3"])
def test_rows_must_be_a_whole_number(n):
    generator = Marginals().fit(mixed_table(), seed=0)
    with pytest.raises(UsageError, match="n must be an integer >= 1"):
        generator.sample(n, seed=0)


def test_free_text_is_refused_or_left_null():
    notes = _dataset({"x": ("numeric", pa.array([1, 2, 3])), "note": ("text", pa.array(["she said", "he said", "they said"]))})
    with pytest.raises(InputError, match="Column 'note' is free text") as raised:
        Marginals().fit(notes, seed=0)
    assert raised.value.column == "note"
    synthetic = Marginals(text="null").fit(notes, seed=0).sample(5, seed=0)
    assert synthetic.table.column("note").to_pylist() == [None] * 5
    assert synthetic.table.schema.equals(notes.table.schema)


def test_a_frame_is_no_dataset_and_no_rows_teach_nothing():
    with pytest.raises(UsageError, match=r"fit takes a Dataset. Got Table. Make one with assay.load"):
        Marginals().fit(mixed_table().table, seed=0)
    with pytest.raises(InputError, match="nothing to learn from"):
        Marginals().fit(mixed_table().take(np.arange(0)), seed=0)


@pytest.mark.parametrize("name", ["marginals", "bootstrap_rows", "gaussian_copula", "tree_chain"])
def test_entities_are_fresh_and_of_real_sizes(name):
    rng = np.random.default_rng(0)
    visits = _dataset(
        {
            "patient": ("categorical", pa.array([f"P{row // 3}" for row in range(300)])),
            "x": ("numeric", pa.array(rng.normal(size=300))),
        }
    )
    visits = visits.with_schema(visits.schema.with_changes(entity="patient"))
    drawn = get("generator", name)().fit(visits, seed=0).sample(90, seed=0).table.column("patient").to_pylist()
    assert set(np.unique(drawn, return_counts=True)[1].tolist()) == {3}
    assert not set(drawn) & {f"P{number}" for number in range(100)}


def test_lineage_names_what_was_done():
    real = mixed_table()
    lineage = TreeChain(trees=2).fit(real, seed=0).sample(10, seed=4).lineage
    assert lineage is not None
    assert (lineage.generator, lineage.seed, lineage.depth, lineage.parents) == ("tree_chain", 4, 1, (real.sha256,))
    assert lineage.parameters["trees"] == 2
    assert lineage.parameters["fit_seed"] == 0
    grandchild = Dataset(real.table, real.schema, lineage=lineage)
    again = Marginals().fit(grandchild, seed=0).sample(10, seed=0).lineage
    assert again is not None
    assert again.depth == 2


def test_a_saved_generator_is_guarded(tmp_path):
    generator = TreeChain(trees=2, first=("age",)).fit(mixed_table(), seed=0)
    generator.save(tmp_path)
    assert sorted(part.name for part in tmp_path.iterdir()) == ["arrays.npz", "generator.json", "values.arrow"]
    again = TreeChain.load(tmp_path)
    assert again.settings() == generator.settings()
    assert again.fit(mixed_table(), seed=1).sample(5, seed=0)
    with pytest.raises(InputError, match="holds a 'tree_chain' generator, not 'marginals'"):
        Marginals.load(tmp_path)
    data = bytearray((tmp_path / "values.arrow").read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / "values.arrow").write_bytes(bytes(data))
    with pytest.raises(InputError, match=r"values.arrow is not the file that was saved"):
        TreeChain.load(tmp_path)
    (tmp_path / "values.arrow").unlink()
    with pytest.raises(InputError, match="not whole"):
        TreeChain.load(tmp_path)
    (tmp_path / "generator.json").write_text(json.dumps({"schema": "assay.generator/9"}))
    with pytest.raises(InputError, match="format unknown"):
        TreeChain.load(tmp_path)
    with pytest.raises(InputError, match="no saved generator"):
        TreeChain.load(tmp_path / "nowhere")


def saved(folder):
    TreeChain(trees=2).fit(mixed_table(), seed=0).save(folder)
    return folder / "generator.json"


@pytest.mark.parametrize("name", ["depth", "seed", "rows", "settings", "parents", "generator", "table", "files", "identifiers"])
def test_a_manifest_that_lacks_something_is_bad_input(tmp_path, name):
    path = saved(tmp_path)
    document = json.loads(path.read_bytes())
    del document[name]
    path.write_text(json.dumps(document))
    with pytest.raises(InputError, match=rf"generator.json: '{name}' must be .*\. Got none\. Fit and save it again\."):
        generate(load=tmp_path, n=3)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"settings": {"treees": 2}}, r"generator.json: TreeChain has no setting 'treees'. Did you mean 'trees'\? Fit and"),
        ({"settings": {"heavy": "x"}}, r"generator.json: TreeChain.heavy must be .* Got 'x'. Fit and save it again."),
        ({"generator": "gaussian_copula", "settings": {}}, "lacks what a 'gaussian_copula' generator learns. Fit and save"),
        ({"generator": "marginals"}, "generator.json: Marginals has no setting 'trees'"),
        ({"generator": "rules"}, "not whole"),
        ({"generator": "tree_chian"}, r"generator.json: No generator 'tree_chian'. Did you mean 'tree_chain'\?.* Install what"),
        ({"generator": 3}, r"'generator' must be the name of a generator. Got 3."),
        ({"parents": None, "rows": 0}, r"'parents' must be a list .* Got None.*\n.*'rows' must be an integer >= 1. Got 0."),
        ({"files": []}, r"'files' must be a mapping. Got \[\]."),
        ({"table": {"columns": [], "constraints": [], "sensitive": []}}, "not whole"),
    ],
)
def test_a_manifest_that_was_changed_is_bad_input(tmp_path, change, words):
    path = saved(tmp_path)
    path.write_text(json.dumps(json.loads(path.read_bytes()) | change))
    with pytest.raises(InputError, match=words):
        generate(load=tmp_path, n=3)


def test_a_manifest_may_be_too_deep(tmp_path):
    (tmp_path / "generator.json").write_text('{"schema": ' + "[" * 5000)
    with pytest.raises(InputError, match="holds no saved generator"):
        generate(load=tmp_path, n=3)


def test_unfitted_says_what_to_do():
    with pytest.raises(NotFittedError, match=r"This TreeChain is not fitted. Call fit\(real\) first, or TreeChain.load"):
        TreeChain().sample(3, seed=0)


@pytest.mark.parametrize("name", ["marginals", "bootstrap_rows", "gaussian_copula", "tree_chain"])
@pytest.mark.parametrize("rows", [1, 2, 3, 25])
def test_tiny_tables(name, rows):
    real = mixed_table(30).take(np.arange(rows))
    drawn = get("generator", name)().fit(real, seed=0).sample(40, seed=0)
    assert drawn.table.schema.equals(real.table.schema)
    assert set(drawn.table.column("level").to_pylist()) <= set(real.table.column("level").to_pylist())
