"""What is the character RNN's own: its equations, its sizes, long texts, its refusals."""

import numpy as np
import pytest
import torch

import arzoo
from arzoo.sampling import stretches
from arzoo.testing.walk import Walk


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def logits_of(backbone, event):
    """Equations 7 to 11 of Graves without peepholes, a position at a time: params (K, T)."""
    weights = {name: tensor.detach().numpy() for name, tensor in backbone.state_dict().items()}
    memories = [(np.zeros(backbone.lstm.channels), np.zeros(backbone.lstm.channels)) for _ in backbone.lstm.layers]
    params = []
    for symbol in [backbone.num_levels, *event[:-1]]:
        x = weights["embedding.weight"][symbol]
        for k, (h, c) in enumerate(memories):
            own = {
                name.split(".")[-1]: weight for name, weight in weights.items() if name.startswith(f"lstm.layers.{k}.")
            }
            gates = own["weight_ih_l0"] @ x + own["bias_ih_l0"] + own["weight_hh_l0"] @ h + own["bias_hh_l0"]
            i, f, g, o = np.split(gates, 4)
            c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
            x = sigmoid(o) * np.tanh(c)
            memories[k] = x, c
        params.append(weights["output.weight"] @ x + weights["output.bias"])
    return np.stack(params, 1)


@pytest.mark.parametrize("config", ["tiny-17", "tiny-layers", "tiny-fixed", "tiny-binary"])
def test_the_network_is_that_of_the_equations(config):
    torch.manual_seed(0)
    model = arzoo.create("charrnn", config).double().eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter), alpha=0.3)
    x = torch.randint(model.num_levels, (3, 7))
    for event, params in zip(x.tolist(), model(x).detach().numpy(), strict=True):
        np.testing.assert_allclose(params, logits_of(model.backbone, event), rtol=0, atol=1e-10)


@torch.no_grad()
def test_two_thousand_steps_are_the_whole_pass_in_single_precision():
    torch.manual_seed(0)
    model = arzoo.create("charrnn", num_levels=11, hidden_channels=64, num_layers=2).eval()
    for parameter in model.parameters():
        parameter.mul_(2)
    x = torch.randint(11, (1, 2000))
    whole = model(x)
    stepped = Walk(model, model.ordering.with_length(2000), x, None).params()
    torch.testing.assert_close(stepped.permute(1, 2, 0), whole, rtol=0, atol=1e-4)
    torch.testing.assert_close(torch.cat(list(stretches(model, x, size=300)), 2), whole, rtol=0, atol=1e-4)


def test_the_state_holds_no_more_after_many_symbols_than_after_none():
    model = arzoo.create("charrnn", "tiny-layers").eval()
    state = model.backbone.init_state(2)
    sizes = [tensor.untyped_storage().nbytes() for tensor in (state.table, state.layers.hidden, state.layers.cells)]
    with torch.no_grad():
        for position in range(200):
            model.backbone.step(state, torch.ones(2, 1, dtype=torch.int64), position)
    after = [tensor.untyped_storage().nbytes() for tensor in (state.table, state.layers.hidden, state.layers.cells)]
    assert after == sizes


def test_a_gradient_reaches_everything():
    model = arzoo.create("charrnn", "tiny-dropout")
    model.log_prob(torch.tensor([[0, 1, 1, 0, 1]])).sum().backward()
    assert all(parameter.grad is not None and parameter.grad.any() for parameter in model.parameters())


def test_the_papers_network_has_its_number_of_weights():
    with torch.device("meta"):
        model = arzoo.create("charrnn", "paper")
    symbols, units = 49, 1000
    derived = (symbols + 1) * symbols + 4 * units * (symbols + units + 2) + symbols * (units + 1)
    assert sum(p.numel() for p in model.parameters()) == derived == 4_255_499


def test_small_fits_into_a_file_of_a_megabyte_and_a_half():
    with torch.device("meta"):
        assert sum(p.numel() for p in arzoo.create("charrnn", "small").parameters()) <= 740_000


def test_the_recipe_trains_the_small_one_on_shakespeare():
    from arzoo.training import load_recipe

    recipe = load_recipe("charrnn-shakespeare")
    small = arzoo.info("charrnn").configs["small"]
    assert {**recipe.model.arguments, "num_levels": 65} == {**small, "dropout": recipe.model.arguments["dropout"]}
    assert (recipe.data.dataset, recipe.data.crop) == ("tiny-shakespeare", 256)


def test_levels_out_of_range_are_refused():
    with pytest.raises(arzoo.ShapeError, match=r"must lie in 0 \.\.\. 16 for charrnn, got values from 3 to 17"):
        arzoo.create("charrnn", "tiny-17").log_prob(torch.tensor([[3, 17]]))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"num_layers": 0}, r"`num_layers` must be a whole number of at least 1, got 0"),
        ({"hidden_channels": -3}, r"`hidden_channels` must be a whole number of at least 1, got -3"),
        ({"embedding_channels": 0}, r"`embedding_channels` must be a whole number of at least 1, got 0"),
        ({"dropout": 1.0}, r"`dropout` must be at least 0 and less than 1, got 1\.0"),
        ({"event_shape": (1, 8, 8)}, r"`event_shape` of .* must be \(T,\), .*, got \(1, 8, 8\)"),
        ({"num_levels": 1}, r"got 1"),
        ({"data": {"kind": "alphabet", "characters": "abc"}}, r"must have the levels of the model, 17, got Alphabet"),
    ],
)
def test_what_cannot_be_built_is_refused(arguments, sentence):
    with pytest.raises(arzoo.ConfigError, match=sentence):
        arzoo.create("charrnn", "tiny-17", **arguments)


def test_the_alphabet_travels_with_the_weights(tmp_path):
    alphabet = {"kind": "alphabet", "characters": " abc"}
    model = arzoo.create("charrnn", "tiny-layers", num_levels=4, data=alphabet)
    arzoo.save(model, tmp_path / "saved")
    loaded = arzoo.load(f"local-dir:{tmp_path / 'saved'}")
    text = loaded.data.decode(model.sample(1, length=30, seed=1, progress=False)[0])
    assert len(text) == 30 and set(text) <= set(" abc")
    assert torch.equal(loaded.data.encode("a cab"), torch.tensor([1, 0, 3, 1, 2]))
    x = torch.randint(4, (2, 9))
    torch.testing.assert_close(loaded.log_prob(x), model.eval().log_prob(x))
