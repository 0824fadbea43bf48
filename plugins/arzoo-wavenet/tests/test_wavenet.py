"""What is WaveNet's own: its equations, its receptive field, its state, its sizes, its refusals."""

import copy

import pytest
import torch

import arzoo
from arzoo.sampling import state_bytes

DOUBLE = torch.float64
BOTH = {
    "label": {"kind": "labels", "num_classes": 10},
    "mel": {"kind": "series", "channels": 20, "hop": 80},
}


def told(model, batch, length):
    torch.manual_seed(1)
    dtype = next(model.parameters()).dtype
    return {"label": torch.arange(batch), "mel": torch.randn(batch, 20, -(-length // 80), dtype=dtype)}


def moved(name, **overrides):
    """In float64, with weights large enough for every part to be heard."""
    torch.manual_seed(0)
    model = arzoo.create("wavenet", name, **overrides).double().eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter), alpha=0.3)
    return model


def network(backbone, levels):
    """Params (T, num_params) of one unconditional event, by figure 4, a position and a tap at a time."""
    nothing = torch.zeros(backbone.input.table.weight.shape[1], dtype=DOUBLE)
    h = [nothing, *backbone.input.table.weight[levels[:-1]]]
    skips = [backbone.skip.bias.clone() for _ in h]
    for number, layer in enumerate(backbone.stack):
        weight, half = layer.gate.weight, layer.gate.weight.shape[0] // 2
        gates = []
        for t in range(len(h)):
            units = layer.gate.bias.clone()
            for tap in range(weight.shape[2]):
                at = t - (weight.shape[2] - 1 - tap) * layer.gate.dilation
                units = units + (weight[:, :, tap] @ h[at] if at >= 0 else 0)
            gates.append(torch.tanh(units[:half]) * torch.sigmoid(units[half:]))
        own = backbone.skip.weight[:, number * half : (number + 1) * half]
        skips = [skip + own @ z for skip, z in zip(skips, gates, strict=True)]
        if layer.residual is not None:
            h = [x + layer.residual.weight @ z for x, z in zip(h, gates, strict=True)]
    hidden = [backbone.hidden.weight @ skip.relu() + backbone.hidden.bias for skip in skips]
    return torch.stack([backbone.output.weight @ x.relu() + backbone.output.bias for x in hidden])


@pytest.mark.parametrize("config", ["tiny-binary", "tiny-17", "tiny-kernel"])
@torch.no_grad()
def test_the_network_is_that_of_the_figure(config):
    model = moved(config)
    x = torch.randint(model.num_levels, (2, model.event_shape[0] or 14))
    for levels, params in zip(x, model(x), strict=True):
        torch.testing.assert_close(params.T, network(model.backbone, levels), rtol=0, atol=1e-10)


@pytest.mark.parametrize(
    ("sizes", "field"),
    [
        ({"num_stacks": 1, "layers_per_stack": 1}, 2),
        ({"num_stacks": 2, "layers_per_stack": 3}, 15),
        ({"num_stacks": 1, "layers_per_stack": 3, "kernel_size": 3}, 15),
        ({"num_stacks": 3, "layers_per_stack": 2, "kernel_size": 4}, 28),
    ],
    ids=str,
)
def test_the_last_position_depends_on_the_receptive_field_and_no_symbol_more(sizes, field):
    model = moved("tiny-binary", **sizes)
    x, length = torch.zeros(1, field + 6, dtype=torch.int64), field + 6
    assert model.backbone.receptive_field == field
    other = x.repeat(length, 1)
    other[range(length), range(length)] = 1
    with torch.no_grad():
        seen = ((model(other) - model(x))[:, :, -1].abs() > 1e-12).any(1)
    assert seen.nonzero()[:, 0].tolist() == list(range(length - 1 - field, length - 1))
    declared = model.backbone.dependence(model.ordering.with_length(length))
    assert torch.equal(declared[-1], seen)


@pytest.mark.parametrize(("config", "field"), [("paper", 3070), ("small", 766)])
def test_receptive_fields_of_the_configs(config, field):
    with torch.device("meta"):
        assert arzoo.create("wavenet", config).backbone.receptive_field == field


@torch.inference_mode()
def test_incremental_is_the_whole_over_two_thousand_samples_told_both_ways():
    model = arzoo.create("wavenet", "small", context=BOTH).eval()
    x, context = torch.randint(256, (2, 2000)), told(model, 2, 2000)
    whole, state = model(x, context), model.backbone.init_state(2, model.check_context(context, 2))
    size, far = state_bytes(state), 0.0
    for t in range(2000):
        params = model.backbone.step(state, x[:, t - 1, None], t)
        far = max(far, (params - whole[:, :, t]).abs().max().item())
    assert far < 1e-4
    assert state_bytes(state) == size


@torch.no_grad()
def test_stretches_and_steps_may_be_mixed():
    model = arzoo.create("wavenet", "small", num_stacks=1, context=BOTH).double().eval()
    x, context = torch.randint(256, (2, 900)), told(model, 2, 900)
    whole, state = model(x, context), model.backbone.init_state(2, model.check_context(context, 2))
    previous = torch.cat([x[:, :1], x[:, :-1]], 1)[:, :, None]
    size, start = state_bytes(state), 0
    for stop in (1, 3, 40, 41, 300, 333, 334, 335, 700, 900):
        long = stop - start > 2
        part = slice(start, stop)
        if long:
            found = model.backbone.steps(state, previous[:, part], start)
        else:
            found = torch.stack([model.backbone.step(state, previous[:, t], t) for t in range(start, stop)], 2)
        torch.testing.assert_close(found, whole[:, :, part], rtol=0, atol=1e-10)
        start = stop
    assert state_bytes(state) == size


@torch.no_grad()
def test_a_copy_of_a_state_goes_its_own_way():
    model = moved("tiny-kernel")
    state = model.backbone.init_state(1)
    model.backbone.step(state, torch.zeros(1, 1, dtype=torch.int64), 0)
    other = copy.deepcopy(state)
    for own, level in ((state, 0), (other, 1)):
        params = model.backbone.step(own, torch.tensor([[level]]), 1)
        torch.testing.assert_close(params, model(torch.tensor([[level, 0]]))[:, :, 1], rtol=0, atol=1e-10)


def test_the_size_of_paper_follows_from_its_layers():
    with torch.device("meta"):
        model = arzoo.create("wavenet", "paper")
    r, g, s, layers, levels = 512, 512, 256, 30, 256
    gates = layers * (2 * r * g + g)
    residuals, skips = (layers - 1) * (g // 2) * r, layers * (g // 2) * s + s
    derived = levels * r + gates + residuals + skips + s * s + s + s * levels + levels
    assert sum(p.numel() for p in model.parameters()) == derived == 21_774_080


def test_what_ships_fits():
    context = {"label": {"kind": "labels", "num_classes": 10}, "speaker": {"kind": "labels", "num_classes": 6}}
    model = arzoo.create("wavenet", "small", context=context)
    assert sum(p.numel() for p in model.parameters()) < 740_000


def test_sixteen_bits_enter_as_numbers_on_a_line():
    model = moved("tiny-16bit")
    line = model.backbone.input.line
    ends = model.backbone.input(torch.tensor([0, 65535]))
    torch.testing.assert_close(ends, torch.stack([line.bias - line.weight[:, 0], line.bias + line.weight[:, 0]]))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"num_stacks": 0}, r"`num_stacks` must be .*, got 0"),
        ({"layers_per_stack": 0}, r"`layers_per_stack` must be .*, got 0"),
        ({"residual_channels": 0}, r"`residual_channels` must be .*, got 0"),
        ({"skip_channels": 0}, r"`skip_channels` must be .*, got 0"),
        ({"series_channels": 0}, r"`series_channels` must be .*, got 0"),
        ({"gate_channels": 0}, r"`gate_channels` must be .* at least 2, got 0"),
        ({"gate_channels": 7}, r"`gate_channels` must be even, .* got 7\. Use gate_channels=8\."),
        ({"kernel_size": 1}, r"`kernel_size` must be .* at least 2, got 1"),
        ({"num_mixtures": -1}, r"`num_mixtures` must be .* at least 0, got -1"),
        ({"upsampling": "linear"}, r"`upsampling` must be one of transposed, repeat, got 'linear'"),
        ({"event_shape": (1, 4, 4)}, r"left-to-right.*\(1, 4, 4\)|\(1, 4, 4\).*left-to-right"),
    ],
    ids=str,
)
def test_what_cannot_be_built_is_refused(arguments, sentence):
    with pytest.raises(arzoo.ConfigError, match=sentence):
        arzoo.create("wavenet", "tiny-binary", **arguments)


@pytest.mark.parametrize("recipe", ["wavenet-fsdd", "wavenet-fsdd-16bit", "wavenet-fsdd-mel"])
def test_recipes_build_what_they_name(recipe):
    from arzoo.training import load_recipe

    part = load_recipe(recipe).model
    model = arzoo.create(part.architecture, part.config, **part.arguments)
    assert model.backbone.receptive_field == 766
