import pytest
import torch
from torch import nn

from arzoo.context import Labels, Latent, Series
from arzoo.errors import ConfigError
from arzoo.nn import MaskedLinear, OrderedBackbone, level_features, sharing
from arzoo.orderings import LeftToRight, RandomOrder, Raster


class Regression(OrderedBackbone):
    """The smallest ordered backbone: one masked layer."""

    def __init__(
        self, ordering, num_levels=2, num_params=1, input_features=1, output_features=None, context=None, packed=False
    ):
        super().__init__(ordering, num_levels, num_params, input_features, output_features, context)
        self.output = MaskedLinear(self.input_degrees, self.output_degrees, strict=True, packed=packed)

    def layers(self):
        return [self.output]

    def degrees(self):
        return [(self.input_degrees, self.output_degrees)]

    def outputs(self, inputs):
        return self.output(inputs)

    def seen(self):
        return self.output.mask

    def at(self, state, position):
        return self.output.at(state.layers[0], state.inputs, position)


@pytest.mark.parametrize(("levels", "features"), [(2, 1), (17, 16), (17, 4), (256, 9)])
def test_features_are_orthogonal_of_mean_zero_and_mean_square_one(levels, features):
    table = level_features(levels, features).double()
    torch.testing.assert_close(table.mean(0), torch.zeros(features).double(), rtol=0, atol=1e-6)
    gram = table.T @ table / levels
    torch.testing.assert_close(gram, torch.eye(features).double(), rtol=0, atol=1e-5)


def test_all_features_say_as_much_as_one_hot_levels():
    table = torch.cat([torch.ones(5, 1), level_features(5, 4)], 1)
    assert torch.linalg.matrix_rank(table) == 5


@pytest.mark.parametrize("features", [0, 2])
def test_features_that_the_levels_do_not_have_are_refused(features):
    with pytest.raises(ConfigError, match=f"of 2 levels must have 1 to 1 features, got {features}. Use 1"):
        level_features(2, features)


def test_a_sharing_copy_has_the_same_tensors_and_modules_of_its_own():
    first = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    second = sharing(first)
    assert all(a is b for a, b in zip(first.parameters(), second.parameters(), strict=True))
    assert second[1].running_mean is first[1].running_mean
    second[1].running_mean = torch.ones(3)
    assert (first[1].running_mean == 0).all()
    assert second[0] is not first[0]


def test_another_ordering_shares_the_weights_and_leaves_the_first_alone():
    shape = (1, 2, 3)
    first = Regression(Raster(shape)).double()
    x = torch.randint(2, (4, *shape))
    before, second = first(x), first.with_ordering(RandomOrder(shape, seed=3))
    assert torch.equal(first(x), before)
    assert not torch.equal(second(x), before)
    assert torch.equal(second.dependence(second.ordering), RandomOrder(shape, seed=3).earlier())
    assert torch.equal(first.dependence(first.ordering), Raster(shape).earlier())
    second(x).square().sum().backward()
    assert first.output.weight.grad is second.output.weight.grad
    assert torch.equal(second.with_ordering(Raster(shape))(x), before)


def test_biases_start_at_the_frequencies_of_a_batch():
    x = torch.tensor([[0, 2], [0, 1], [0, 0]])
    many, two = Regression(LeftToRight((2,)), 3, 3, 2), Regression(LeftToRight((2,)))
    many.init_from_data(x)
    expected = torch.tensor([[4.0, 1.0, 1.0], [2.0, 2.0, 2.0]]) / 6
    torch.testing.assert_close(many.output.bias.view(3, 2).T.softmax(1), expected)
    two.init_from_data(x.clamp(max=1))
    torch.testing.assert_close(two.output.bias.sigmoid(), torch.tensor([1 / 5, 3 / 5]))


def test_a_few_outputs_move_the_logits_of_all_levels_along_curves():
    backbone = Regression(LeftToRight((2,)), 5, 5, output_features=2).double()
    x = torch.tensor([[3, 1], [0, 4]])
    backbone.init_from_data(x)
    z = backbone.outputs(backbone.inputs(x, None)).view(2, 2, 2)
    curves, bias = level_features(5, 2).double(), backbone.level_bias.view(5, 2)
    for event, level, position in torch.cartesian_prod(*map(torch.arange, (2, 5, 2))).tolist():
        logit = bias[level, position] + sum(z[event, g, position] * curves[level, g] for g in range(2))
        assert backbone(x)[event, level, position].item() == pytest.approx(logit.item(), abs=1e-12)
    expected = torch.tensor([[2.0, 1, 1, 2, 1], [1.0, 2, 1, 1, 2]]).log()
    torch.testing.assert_close(bias.T, expected.double())


def test_labels_and_latents_of_any_shape_are_features_of_degree_zero():
    context = {"label": Labels(3), "code": Latent((2, 2))}
    backbone = Regression(LeftToRight((2,)), context=context)
    assert backbone.input_degrees.tolist() == [0] * 7 + [1, 2]
    values = {"label": torch.tensor([1, 2]), "code": torch.arange(8.0).view(2, 2, 2)}
    expected = torch.tensor([[0, 1, 0, 0, 1, 2, 3, -1, 1], [0, 0, 1, 4, 5, 6, 7, 1, 1.0]])
    torch.testing.assert_close(backbone.inputs(torch.tensor([[0, 1], [1, 1]]), values), expected)


def test_a_series_is_refused():
    with pytest.raises(ConfigError, match=r"takes labels and latents as context, got 'local' of kind 'series'\. Use"):
        Regression(LeftToRight((4,)), context={"local": Series(2, 2)})


@pytest.mark.parametrize(
    ("ordering", "rule"),
    [
        (LeftToRight((None,)), r"must be fixed, got \(None,\)\. Use \(100,\)"),
        (
            Raster((3, 2, 2), channels_as_positions=False),
            r"must have colours as positions .*, got Raster\(.*Use channels_as_positions=True",
        ),
    ],
)
def test_an_ordering_without_a_place_for_every_symbol_is_refused(ordering, rule):
    with pytest.raises(ConfigError, match=rule):
        Regression(ordering)


def test_an_ordering_of_other_events_is_refused():
    with pytest.raises(ConfigError, match=r"of the model's events, \(1, 2, 3\), got Raster\(event_shape=\(1, 3, 2\)"):
        Regression(Raster((1, 2, 3))).with_ordering(Raster((1, 3, 2)))


def test_a_packed_backbone_follows_its_own_ordering_alone():
    with pytest.raises(
        ConfigError, match=r"that Raster\(.*\) uses can follow no other, got .*RandomOrder.*packed=False"
    ):
        Regression(Raster((1, 2, 3)), packed=True).with_ordering(RandomOrder((1, 2, 3)))
