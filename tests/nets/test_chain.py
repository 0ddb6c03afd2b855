"""The chain of columns: what a column is told, and how its training is kept from learning rows by heart."""

import pytest

torch = pytest.importorskip("torch")

from assay.nets.chain import Chain  # noqa: E402
from assay.nets.mlp import dropped, lined  # noqa: E402

SIZES = (2, 40, 3)


def chain():
    torch.manual_seed(0)
    module = Chain(SIZES, 16, 1, (0, 32, 0))
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape))
    return module.eval()


def rows(count):
    noise = torch.Generator().manual_seed(1)
    return torch.stack([torch.randint(size, (count,), generator=noise) for size in SIZES], dim=1)


def test_a_column_hears_only_those_before_it():
    module, states = chain(), rows(50)
    told = module(states)
    changed = states.clone()
    changed[:, 1] = (changed[:, 1] + 1) % SIZES[1]
    after = module(changed)
    assert torch.equal(told[0], after[0])
    torch.testing.assert_close(told[1], after[1], rtol=1e-4, atol=1e-5)  # a sum less what was added to it
    assert not torch.allclose(told[2], after[2])


def test_drawing_column_by_column_sees_the_logits_of_all_at_once():
    module, states = chain(), rows(50)
    before = torch.zeros(50, 16)
    for column, logits in enumerate(module(states)):
        torch.testing.assert_close(module.next(before, column), logits, rtol=1e-4, atol=1e-5)
        before = before + module.told(states[:, column] + module.offsets[column])


def test_states_on_a_line_begin_like_their_neighbours():
    torch.manual_seed(0)
    vectors = lined(64, 256)
    assert float(vectors.square().mean()) == pytest.approx(1.0, abs=0.35)
    alike = torch.nn.functional.cosine_similarity(vectors[:-1], vectors[1:], dim=-1)
    assert float(alike.min()) > 0.7
    assert float(torch.nn.functional.cosine_similarity(vectors[0], vectors[63], dim=0)) < 0.3
    own = Chain(SIZES, 256, 1, (0, 32, 0)).told.weight.detach()
    near = torch.nn.functional.cosine_similarity(own[10:41], own[11:42], dim=-1)  # the last 32 of the second column's 40
    assert float(near.min()) > 0.7
    assert float(torch.nn.functional.cosine_similarity(own[2:9], own[3:10], dim=-1).max()) < 0.4  # states off the line


def test_numbers_are_left_out_by_noise_alone_and_keep_their_mean():
    hidden = torch.ones(400, 500)
    assert dropped(hidden, 0.2, None) is hidden
    kept = dropped(hidden, 0.2, torch.Generator().manual_seed(0))
    assert torch.equal(kept, dropped(hidden, 0.2, torch.Generator().manual_seed(0)))
    assert set(kept.unique().tolist()) == {0.0, 1.25}
    assert float(kept.mean()) == pytest.approx(1.0, abs=0.005)
