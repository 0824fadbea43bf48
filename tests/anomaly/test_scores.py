import pytest
import torch

import arzoo
from arzoo.anomaly import SCORES, Measured, auroc, fit, joint, measure, score
from arzoo.anomaly.reference import Reference, vars_of


def measured(*rows):
    bits, expected, complexity = torch.tensor(rows, dtype=torch.float64).T
    return Measured(bits, expected, complexity)


REFERENCE = Reference(
    means=(3.0, 0.0, 4.0),
    covariances=((4.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 9.0)),
    percentiles={"likelihood": [float(k) for k in range(101)]},
    coder=("webp", "any"),
    count=10,
    dataset="own",
    split="train",
    digest="0",
)


def test_scores_are_their_formulas():
    events = measured([5.0, 4.0, 1.0], [3.0, 3.0, 4.0])
    background = measured([1.0, 1.0, 1.0], [3.5, 3.0, 4.0])
    wanted = {
        "likelihood": [5.0, 3.0],
        "typicality": [2.0, 0.0],
        "complexity": [4.0, -1.0],
        "ratio": [4.0, -0.5],
        "joint": [1.0 + 1.0 + 1.0, 0.0],
    }
    assert wanted.keys() == SCORES.keys()
    for name, values in wanted.items():
        assert score(name, events, REFERENCE, background).tolist() == pytest.approx(values)


def test_joint_is_the_largest_typicality_of_any_weighted_sum(painter, pictures):
    model = painter()
    known = fit(model, pictures(model), progress=False)
    events = measure(model, torch.randint(0, 17, (5, 1, 4, 4)))
    away = events.vectors - known.mean
    weights = torch.randn(100_000, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    weights = torch.cat([weights, torch.linalg.solve(known.covariance, away.T).T])
    squares = (away @ weights.T) ** 2 / (weights @ known.covariance * weights).sum(1)
    assert torch.allclose(squares.max(1).values, joint(events, known))
    assert (squares[:, :-5].max(1).values > 0.9 * joint(events, known)).all()


def test_joint_of_the_training_images_has_as_many_degrees_of_freedom_as_figures(painter, pictures):
    model = painter()
    data = pictures(model, 300)
    known = fit(model, data, progress=False, count=300)
    found = joint(measure(model, data.batch(range(300)).x), known)
    assert found.mean().item() == pytest.approx(3 * 299 / 300)


def test_a_figure_that_follows_from_the_others_is_counted_once():
    """A model whose params hang on nothing expects the same of every image: surprise is bits less a constant."""
    dependent = Reference(**{**vars_of(REFERENCE), "covariances": ((4.0, 4.0, 0.0), (4.0, 4.0, 0.0), (0.0, 0.0, 9.0))})
    assert joint(measured([5.0, 3.0, 4.0]), dependent).item() == pytest.approx(1)


def test_outliers_of_both_kinds_score_high(painter, pictures):
    model = painter((1, 8, 8))
    known, usual = fit(model, pictures(model), progress=False), measure(model, pictures(model, 100, seed=1).items)
    flat = measure(model, torch.arange(17).view(17, 1, 1, 1).expand(17, 1, 8, 8))
    assert auroc(joint(usual, known), joint(flat, known)) > 0.95


def test_auroc_is_the_share_of_pairs_in_order():
    generator = torch.Generator().manual_seed(0)
    usual, odd = (torch.randint(0, 9, (n,), generator=generator).double() for n in (50, 70))
    pairs = (odd[:, None] > usual).double() + (odd[:, None] == usual).double() / 2
    assert auroc(usual, odd) == pytest.approx(pairs.mean().item())
    assert auroc(odd, usual) == pytest.approx(1 - pairs.mean().item())
    assert auroc(usual * 1e300, odd * 1e300) == auroc(usual - 1e6, odd - 1e6) == auroc(usual, odd)


def test_what_is_missing_is_one_sentence():
    events = measured([1.0, 1.0, 1.0])
    with pytest.raises(
        arzoo.ConfigError, match=r"`score` must be one of joint, .*, got 'joined'\. Did you mean 'joint'"
    ):
        score("joined", events)
    with pytest.raises(
        arzoo.ConfigError,
        match=r"The score 'joint' needs statistics of training images, got none\. Use arzoo\.anomaly\.fit",
    ):
        score("joint", events)
    with pytest.raises(arzoo.ConfigError, match=r"The score 'ratio' needs a background model, got none\."):
        score("ratio", events, REFERENCE)
    with pytest.raises(arzoo.ConfigError, match=r"AUROC needs inliers and outliers, got 0 and 1\."):
        auroc(torch.zeros(0), torch.zeros(1))
