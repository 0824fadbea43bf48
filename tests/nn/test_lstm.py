"""LSTM layers held against the equations written out, whole, in stretches and by steps."""

import pytest
import torch

from arzoo.nn import LSTM

SIZES = [(3, 5, 1), (2, 4, 2), (5, 3, 3)]  # input, channels, layers


@pytest.fixture(params=SIZES, ids=str)
def lstm(request):
    torch.manual_seed(0)
    return LSTM(*request.param, dropout=0.4).double().eval()


def inputs(lstm, length=7):
    return torch.randn(2, length, lstm.layers[0].input_size, dtype=torch.float64)


def by_equations(lstm, x):
    """One unit after another, one position after another: c = s(f) c + s(i) tanh(g), h = s(o) tanh(c)."""
    for layer in lstm.layers:
        from_input, from_hidden, *biases = layer.parameters()
        h = c = x.new_zeros(len(x), lstm.channels)
        outputs = []
        for t in range(x.shape[1]):
            i, f, g, o = (x[:, t] @ from_input.T + h @ from_hidden.T + sum(biases)).split(lstm.channels, 1)
            c = c / (1 + torch.exp(-f)) + torch.tanh(g) / (1 + torch.exp(-i))
            h = torch.tanh(c) / (1 + torch.exp(-o))
            outputs.append(h)
        x = torch.stack(outputs, 1)
    return x


def test_layers_are_the_equations(lstm):
    x = inputs(lstm)
    torch.testing.assert_close(lstm(x), by_equations(lstm, x), rtol=0, atol=1e-12)


@torch.no_grad()
def test_steps_and_stretches_from_a_state_are_the_whole(lstm):
    x = inputs(lstm)
    state, whole = lstm.state(2), lstm(x)
    seen = [lstm.at(state, lstm.heard(x[:, 0]))[:, None], lstm.stretch(state, x[:, 1:5])]
    seen += [lstm.at(state, lstm.heard(x[:, 5]))[:, None], lstm.stretch(state, x[:, 6:])]
    torch.testing.assert_close(torch.cat(seen, 1), whole, rtol=0, atol=1e-12)


def test_what_is_heard_records_no_gradient_and_states_are_their_own(lstm):
    one, other = lstm.state(2), lstm.state(2)
    heard = lstm.heard(inputs(lstm)[:, 0])
    assert not heard.requires_grad and not any(weight.requires_grad for weight in one.weights)
    with torch.no_grad():
        lstm.at(one, heard)
    assert one.hidden.any() and not other.hidden.any() and not other.cells.any()


def test_layers_begin_by_remembering():
    lstm = LSTM(3, 8, 2)
    for layer in lstm.layers:
        assert layer.bias_ih_l0[8:16].eq(1).all()
        assert layer.bias_ih_l0[:8].abs().max() < 8**-0.5
    assert lstm.state(1).biases[0][8:16].sub(1).abs().max() <= 8**-0.5  # packed as o, f, i, g


def test_dropout_is_on_what_a_layer_hands_on_and_not_on_its_memory():
    torch.manual_seed(1)
    lstm = LSTM(3, 64, 1, dropout=0.5).train()
    x = torch.randn(1, 20, 3)
    dropped, whole = lstm(x), lstm.eval()(x)
    kept = dropped != 0
    assert 0.4 < kept.float().mean() < 0.6
    torch.testing.assert_close(dropped[kept], 2 * whole[kept])
