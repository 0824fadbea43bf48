"""What is MADE's own: its masks and its equations, orderings and connectivities over one set of weights, its size."""

import itertools
import math

import numpy as np
import pytest
import torch

import arzoo
from arzoo.ensemble import ensemble_of
from arzoo.orderings import Explicit, RandomOrder, Raster, Spiral

SHAPE = (1, 3, 3)


def made(**arguments):
    """A model in float64 whose weights are far from their start."""
    torch.manual_seed(0)
    arguments = {"event_shape": SHAPE, "num_levels": 2, "hidden_units": (7, 6), **arguments}
    model = arzoo.create("made", "tiny-binary", **arguments).double().eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_()
    return model


def every_event(shape=SHAPE, num_levels=2):
    return torch.tensor(list(itertools.product(range(num_levels), repeat=math.prod(shape)))).view(-1, *shape)


def paper(model, x):
    """The logits of a binary MADE as the paper's equations have them, unit by unit, in plain numpy."""
    backbone = model.backbone
    order = {pixel: place + 1 for place, pixel in enumerate(model.ordering.permutation.tolist())}
    count = len(order)
    m0 = [order[d] for d in range(count)]
    h, m = 2.0 * x.flatten(1).numpy() - 1, m0
    for layer in backbone.hidden:  # equations 6, 8, 10 and 12
        weight, bias, own = layer.weight.detach().numpy(), layer.bias.detach().numpy(), layer.out_degrees.tolist()
        above = np.zeros((len(h), len(own)))
        for k in range(len(own)):
            seen = [j for j in range(len(m)) if own[k] >= m[j]]
            above[:, k] = np.maximum(0, bias[k] + sum(weight[k, j] * h[:, j] for j in seen))
        h, m = above, own
    y = np.zeros((len(h), count))
    for d in range(count):  # equations 7, 9 and 13
        weight, bias = backbone.output.weight.detach().numpy(), backbone.output.bias.detach().numpy()
        y[:, d] = bias[d] + sum(weight[d, k] * h[:, k] for k in range(len(m)) if m0[d] > m[k])
        if backbone.direct is not None:  # direct connections: strictly lower triangular along the ordering
            direct = backbone.direct.weight.detach().numpy()
            inputs = 2.0 * x.flatten(1).numpy() - 1
            y[:, d] += sum(direct[d, j] * inputs[:, j] for j in range(count) if m0[d] > m0[j])
    return y


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"direct": False},
        {"hidden_units": (11,)},
        {"ordering": RandomOrder(SHAPE, seed=5)},
        {"connectivity": 3, "hidden_units": (6, 5, 7)},
    ],
)
def test_the_logits_are_those_of_the_papers_equations(arguments):
    model, x = made(**arguments), every_event()[::7]
    np.testing.assert_allclose(model(x).flatten(1).detach().numpy(), paper(model, x), rtol=0, atol=1e-12)


@pytest.mark.parametrize("connectivity", range(5))
def test_units_have_the_degrees_of_section_four(connectivity):
    model = made(connectivity=connectivity, hidden_units=(5, 40, 3))
    below = model.backbone.input_degrees
    for layer in model.backbone.hidden:
        assert torch.equal(layer.in_degrees, below)
        assert layer.out_degrees.min() >= below.min()
        assert layer.out_degrees.max() <= 9 - 1
        below = layer.out_degrees


@pytest.mark.parametrize("connectivity", [0, 1])
def test_a_span_holds_the_degrees_of_all_hidden_units(connectivity):
    model = made(connectivity=connectivity, hidden_units=(50, 60), span=(3, 6))
    for layer in model.backbone.hidden:
        assert sorted(set(layer.out_degrees.tolist())) == [3, 4, 5, 6]
    assert torch.equal(model.backbone.dependence(model.ordering), model.ordering.earlier())


@pytest.mark.parametrize("direct", [True, False])
def test_direct_connections_close_what_few_hidden_units_leave_open(direct):
    model = made(hidden_units=(3,), direct=direct)
    seen, earlier = model.backbone.dependence(model.ordering), model.ordering.earlier()
    expected = earlier.clone()
    if not direct:  # three units for eight degrees: the first of 1, 3 and 6
        degrees = model.backbone.hidden[0].out_degrees.tolist()
        assert degrees == [1, 3, 6]
        for d in range(9):
            reached = max([m for m in degrees if m <= d], default=0)
            expected[d] = torch.arange(9) < reached
    assert torch.equal(seen, expected)


def test_another_ordering_is_another_normalised_model_of_the_same_weights():
    model, x = made(), every_event()
    for ordering in (Spiral(SHAPE), RandomOrder(SHAPE, seed=2), Explicit(SHAPE, places=(4, 0, 8, 1, 2, 3, 5, 6, 7))):
        other = model.with_ordering(ordering)
        assert other.log_prob(x).exp().sum().item() == pytest.approx(1, abs=1e-12)
        assert (other.log_prob(x) != model.log_prob(x)).any()
        assert all(a is b for a, b in zip(other.parameters(), model.parameters(), strict=True))
        assert torch.equal(other.with_ordering(Raster(SHAPE)).log_prob(x), model.log_prob(x))
        np.testing.assert_allclose(other(x[::9]).flatten(1).detach().numpy(), paper(other, x[::9]), atol=1e-12)


@pytest.mark.parametrize("cached", [True, False])
def test_another_ordering_is_sampled_by_it(cached):
    model = made(num_levels=3, input_features=2).with_ordering(RandomOrder(SHAPE, seed=2))
    first = model.ordering.permutation[0]
    counts = torch.bincount(model.sample(3000, cached=cached, progress=False).flatten(1)[:, first], minlength=3)
    expected = 3000 * model(torch.zeros(1, *SHAPE).long()).flatten(2)[0, :, first].softmax(0)
    assert ((counts - expected) ** 2 / expected).sum() < 13.8  # chi-squared, 2 degrees of freedom, p = 0.001


def test_another_connectivity_is_another_normalised_model_of_the_same_weights():
    model, x = made(direct=False), every_event()
    other = model.with_connectivity(4)
    assert other.log_prob(x).exp().sum().item() == pytest.approx(1, abs=1e-12)
    assert (other.log_prob(x) != model.log_prob(x)).any()
    assert other.ordering == model.ordering
    assert torch.equal(made(direct=False, connectivity=4).log_prob(x), other.log_prob(x))


def test_a_changed_model_is_saved_as_what_it_is(tmp_path):
    model = made().float().with_ordering(RandomOrder(SHAPE, seed=6)).with_connectivity(2)
    arzoo.save(model, tmp_path)
    loaded, x = arzoo.load(f"local-dir:{tmp_path}"), every_event()
    assert loaded.ordering == RandomOrder(SHAPE, seed=6)
    assert loaded.arguments["connectivity"] == 2
    assert torch.equal(loaded.log_prob(x), model.log_prob(x))


def test_what_is_known_can_come_first():
    """A completion in raster order ignores what is known below; in this order it does not."""
    model, x = made(), torch.zeros(1, *SHAPE, dtype=torch.int64)
    known = torch.zeros(SHAPE, dtype=torch.bool)
    known[:, 2] = True
    places = tuple(known.flatten().logical_not().int().argsort(stable=True).tolist())
    first = model.with_ordering(Explicit(SHAPE, places=places))
    flipped = torch.where(known, 1 - x, x)
    for way, differs in ((model, False), (first, True)):
        blank, other = (way(event).flatten(1)[0, :6] for event in (x, flipped))
        assert (blank != other).any().item() is differs
    assert torch.equal(first.complete(flipped, known, progress=False)[:, known], flipped[:, known])


def test_an_ensemble_of_masks_is_normalised():
    ensemble = ensemble_of(made(), 3, 2)
    assert ensemble.log_prob(every_event()).exp().sum().item() == pytest.approx(1, abs=1e-12)


def test_the_paper_config_has_the_size_that_its_layers_add_up_to():
    with torch.device("meta"):
        model = arzoo.create("made", "paper")
    pixels, units = 28 * 28, 8000
    first, second, last = units * pixels + units, units * units + units, pixels * units + pixels
    direct = pixels * pixels
    assert sum(p.numel() for p in model.parameters()) == first + second + last + direct == 77_175_440


def test_packed_weights_are_those_that_the_masks_show():
    with torch.device("meta"):
        model = arzoo.create("made", hidden_units=(560,), packed=True)
    # A unit of degree m sees m inputs and is seen by 784 - m outputs, whatever m is.
    expected = 560 * 784 + 784 * 783 // 2 + 560 + 784
    assert sum(p.numel() for p in model.parameters()) == expected
    packed, whole = made(packed=True), made()
    with torch.no_grad():
        for ours, theirs in zip(packed.backbone.layers(), whole.backbone.layers(), strict=True):
            ours.weight.copy_(theirs.weight[theirs.mask])
            if ours.bias is not None:
                ours.bias.copy_(theirs.bias)
    assert torch.equal(packed.log_prob(every_event()), whole.log_prob(every_event()))


def test_the_label_reaches_the_first_position_and_every_other():
    context = {"label": {"kind": "labels", "num_classes": 3}}
    model, x = made(context=context), every_event()[:1]
    zero, one = (model(x, {"label": label}) for label in (0, 1))
    assert (zero != one).all()


@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        ({"hidden_units": ()}, r"`hidden_units` must be a whole number of at least 1, got 0"),
        ({"hidden_units": (4, 0)}, r"`hidden_units` must be a whole number of at least 1, got 0"),
        ({"input_features": 2}, r"of 2 levels must have 1 to 1 features, got 2"),
        ({"event_shape": (None,)}, r"`event_shape` .* must be fixed, got \(None,\)"),
        (
            {"ordering": Raster((1, 4, 4))},
            r"An ordering must be of the model's events, \(1, 3, 3\), got Raster\(.*4, 4",
        ),
        (
            {"event_shape": (3, 2, 2), "ordering": Raster((3, 2, 2), channels_as_positions=False)},
            r"must have colours as positions .* Use channels_as_positions=True",
        ),
        ({"span": (0, 4)}, r"`span` must be two rising degrees from 1 to 8, got \(0, 4\)\. Use span=\(1, 8\)"),
        ({"span": (5, 4)}, r"`span` must be two rising degrees .* got \(5, 4\)"),
        ({"span": (2, 9)}, r"`span` must be two rising degrees .* got \(2, 9\)"),
        ({"context": {"mel": {"kind": "series", "channels": 2, "hop": 1}}}, r"got 'mel' of kind 'series'"),
    ],
)
def test_what_cannot_be_built_is_refused(arguments, rule):
    with pytest.raises(arzoo.ConfigError, match=rule):
        made(**arguments)


def test_a_packed_model_keeps_its_masks():
    with pytest.raises(
        arzoo.ConfigError, match=r"can follow no other, got \{'connectivity': 3\}\. Build it with packed"
    ):
        made(packed=True).with_connectivity(3)
    with pytest.raises(arzoo.ConfigError, match=r"can follow no other, got \{'ordering': Spiral.*packed=False"):
        made(packed=True).with_ordering(Spiral(SHAPE))
