"""Converted weights, beside transformers: the same logits and the same greedy continuation; and all that is refused."""

import json
import re
import warnings

import pytest
import torch
from arzoo_imagegpt import conversion
from safetensors.torch import save_file

import arzoo

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of its own imports
    transformers = pytest.importorskip(
        "transformers", reason="transformers, the other implementation, is not installed"
    )

TINY = {"vocab_size": 13, "n_positions": 16, "n_embd": 12, "n_layer": 2, "n_head": 3}
VARIANTS = {
    "as published": {},
    "a palette of 512": {"vocab_size": 513, "n_positions": 64, "n_embd": 32, "n_head": 8},
    "two levels": {"vocab_size": 3},
    "one head": {"n_head": 1, "n_layer": 1},
    "as many heads as features": {"n_head": 12, "n_layer": 3},
    "a wide MLP": {"n_inner": 77},
    "a narrow MLP": {"n_inner": 5, "activation_function": "relu"},
    "gelu": {"activation_function": "gelu"},
    "gelu_new": {"activation_function": "gelu_new"},
    "gelu_fast": {"activation_function": "gelu_fast"},
    "silu": {"activation_function": "silu"},
    "epsilon": {"layer_norm_epsilon": 0.3},
    "unscaled attention": {"scale_attn_weights": False},
    "attention scaled by layer": {"scale_attn_by_inverse_layer_idx": True, "n_layer": 4},
    "both, upcast": {
        "scale_attn_weights": False,
        "scale_attn_by_inverse_layer_idx": True,
        "reorder_and_upcast_attn": True,
        "n_head": 2,
    },
    "no square": {"n_positions": 15},
}


def theirs(seed=0, **changes):
    """A small network of transformers with random weights of a size at which every part has its say."""
    config = transformers.ImageGPTConfig(**{**TINY, **changes})
    network = transformers.ImageGPTForCausalImageModeling(config).eval()
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            parameter.copy_(1 + 0.3 * noise if "ln_" in name else noise / config.n_embd**0.5)
    return network


def saved(network, folder):
    """The weights file of a network, written by transformers itself."""
    network.save_pretrained(folder)
    return folder / "model.safetensors"


def converted(network, tmp_path, **options):
    folder = arzoo.convert("transformers-imagegpt", saved(network, tmp_path / "theirs"), tmp_path / "out", **options)
    return arzoo.load(f"local-dir:{folder}")


def levels_of(model, count=3, seed=5):
    return torch.randint(
        0, model.num_levels, (count, *model.event_shape), generator=torch.Generator().manual_seed(seed)
    )


def their_logits(network, symbols):
    """Logits (B, P, levels) of symbols (B, P), behind the start token."""
    start = torch.full((len(symbols), 1), network.config.vocab_size - 1)
    return network(torch.cat([start, symbols[:, :-1]], 1), use_cache=False).logits


def test_the_logits_are_those_of_transformers(tmp_path):
    for name, changes in VARIANTS.items():
        network = theirs(**changes)
        model = converted(network, tmp_path / name)
        x = levels_of(model)
        with torch.no_grad():
            ours, wanted = model(x).flatten(2).transpose(1, 2), their_logits(network, x.flatten(1))
        assert ours.shape == wanted.shape, name
        assert (ours - wanted).abs().max() < 1e-5, name
        assert wanted.std() > 0.3, name  # so that 1e-5 says something


@pytest.mark.parametrize("seed", range(3))
def test_the_greedy_continuation_is_that_of_transformers(tmp_path, seed):
    network = theirs(seed, n_embd=32, n_head=4, n_layer=3)
    model = converted(network, tmp_path)
    known = torch.zeros(4, 1, 4, 4, dtype=torch.bool)
    known.flatten(1)[:, :5] = True
    x = levels_of(model, 4, seed)
    tokens = torch.cat([torch.full((4, 1), 12), x.flatten(1)[:, :5]], 1)
    wanted = network.generate(tokens, max_length=17, do_sample=False, attention_mask=torch.ones_like(tokens))[:, 1:]
    for cached in (True, False):
        drawn = model.complete(x, known, temperature=0, cached=cached, progress=False)
        assert drawn.flatten(1).tolist() == wanted.tolist()


def test_the_likelihood_of_wrong_queries_is_another(tmp_path, monkeypatch):
    """A test of the test above: a factor forgotten shows."""
    monkeypatch.setattr(conversion, "query_factor", lambda *_: 1.0)
    network = theirs(scale_attn_weights=False)
    model = converted(network, tmp_path)
    x = levels_of(model)
    assert (model(x).flatten(2).transpose(1, 2) - their_logits(network, x.flatten(1))).abs().max() > 1e-3


def old_file(network, folder):
    """What transformers wrote years ago: a pickle with masks, and a config that says less."""
    folder.mkdir(parents=True)
    state = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    for i in range(network.config.n_layer):
        state[f"transformer.h.{i}.attn.bias"] = torch.ones(1, 1, 16, 16, dtype=torch.uint8).tril()
        state[f"transformer.h.{i}.attn.masked_bias"] = torch.tensor(-1e4)
    torch.save(state, folder / "pytorch_model.bin", _use_new_zipfile_serialization=False)
    (folder / "config.json").write_text(json.dumps({"n_head": 3, "n_inner": None, "architectures": ["ImageGPT"]}))
    return folder / "pytorch_model.bin"


def test_an_old_pickle_with_masks_is_the_same_model(tmp_path):
    network = theirs()
    files = [saved(network, tmp_path / "new"), old_file(network, tmp_path / "old")]
    made = [arzoo.convert("transformers-imagegpt", file, tmp_path / f"out{k}") for k, file in enumerate(files)]
    assert len({(folder / "model.safetensors").read_bytes() for folder in made}) == 1


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_weights_of_other_precision_stay_what_they_are(tmp_path, dtype):
    network = theirs().to(dtype)
    model = converted(network, tmp_path)
    x = levels_of(model)
    wanted = their_logits(network.to(model.backbone.positions.dtype), x.flatten(1))
    torch.testing.assert_close(model(x).flatten(2).transpose(1, 2), wanted, rtol=0, atol=1e-5)


def with_palette(network, folder, clusters):
    file = saved(network, folder)
    (folder / "preprocessor_config.json").write_text(json.dumps({"clusters": clusters, "do_normalize": True}))
    return file


def test_the_palette_comes_with_the_weights(tmp_path):
    clusters = (torch.rand(12, 3, generator=torch.Generator().manual_seed(1)) * 2 - 1).tolist()
    file = with_palette(theirs(), tmp_path / "theirs", clusters)
    folder = arzoo.convert("transformers-imagegpt", file, tmp_path / "out")
    for dtype in (None, "bfloat16"):  # a colour is not rounded with the weights
        model = arzoo.load(f"local-dir:{folder}", dtype=dtype)
        x = levels_of(model)
        wanted = torch.tensor(clusters)[x.flatten(1)].add(1).mul(127.5).round().to(torch.uint8)
        assert torch.equal(model.data.decode(x).flatten(2).transpose(1, 2), wanted)
        assert torch.equal(model.data.encode(model.data.decode(x)), x)


def test_without_a_palette_only_decode_is_missing(tmp_path):
    model = converted(theirs(), tmp_path)
    x = model.sample(2, progress=False)
    with pytest.raises(arzoo.ConfigError, match=r"must be known to turn levels into colours or back, got Palette\(12"):
        model.data.decode(x)


def test_the_length_follows_from_the_positions(tmp_path):
    assert converted(theirs(), tmp_path / "square").event_shape == (1, 4, 4)
    assert converted(theirs(n_positions=15), tmp_path / "sequence").event_shape == (15,)
    assert converted(theirs(n_positions=15), tmp_path / "given", event_shape=(1, 3, 5)).event_shape == (1, 3, 5)


def test_sizes_of_the_paper_are_recognised_without_a_weight():
    layers = list(conversion.layers_of(conversion.Size(512, 1024, 512, 24, 2048)))
    state = {layer.theirs: torch.empty(layer.shape, device="meta") for layer in layers}
    found = conversion.size_of(arzoo.checkpoints.ForeignWeights("model.safetensors", "transformers-imagegpt", state))
    assert found == conversion.Size(levels=512, positions=1024, channels=512, layers=24, inner=2048)
    assert sum(tensor.numel() for tensor in state.values()) == 76_682_240


@pytest.fixture
def refused(tmp_path):
    """Function from a file to the sentence it is refused with; nothing is written."""

    def refused(file, error=arzoo.CheckpointError, **options):
        with pytest.raises(error) as raised:
            arzoo.convert("transformers-imagegpt", file, tmp_path / "out", **options)
        assert not (tmp_path / "out").exists()
        return str(raised.value)

    return refused


@pytest.mark.parametrize("count", [11, 13])
def test_a_palette_of_another_size_is_refused(refused, tmp_path, count):
    said = refused(with_palette(theirs(), tmp_path / "theirs", [[0.0, 0.5, -0.5]] * count))
    assert re.search(rf"must hold a palette of 12 colours, one a level, got {count}\.", said)


@pytest.mark.parametrize(
    ("clusters", "sentence"),
    [
        ([[0.0, 0.5]] * 12, r"must hold a palette: .* floats of shape \(K, 3\), got torch.float32 of shape \(12, 2\)"),
        ([[0.0, 0.5, 90.0]] * 12, r"must hold a palette: .* must lie in \[-1, 1\], got 0 to 90"),
        ([[0.0], [1.0, 2.0]], r"must hold a palette: expected sequence of length 1"),
        ("none", r"must hold a palette: "),
    ],
)
def test_what_is_no_palette_is_refused(refused, tmp_path, clusters, sentence):
    assert re.search(sentence, refused(with_palette(theirs(), tmp_path / "theirs", clusters)))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"n_head": 5}, r"must have heads that divide 12 features, got n_head=5\."),
        ({"n_head": True}, r"must have heads that divide 12 features, got n_head=True\."),
        ({"n_layer": 3}, r"must describe its weights, with n_layer=2, got n_layer=3\."),
        ({"vocab_size": 14}, r"must describe its weights, with vocab_size=13, got vocab_size=14\."),
        ({"hidden_size": 24}, r"must describe its weights, with n_embd=12, got n_embd=24\."),
        ({"model_type": "gpt2"}, r"must be of an imagegpt, got model_type='gpt2'\."),
        ({"activation_function": "tanh"}, r"must have one of quick_gelu, .*, got activation_function='tanh'\."),
        ({"layer_norm_epsilon": "x"}, r"must have a number from 0 to 1, got layer_norm_epsilon='x'\."),
        ({"resid_pdrop": 2}, r"must have a probability, got resid_pdrop=2\."),
        (
            {"tie_word_embeddings": True},
            r"must be of a network without tie_word_embeddings, got tie_word_embeddings=True\.",
        ),
        (
            {"add_cross_attention": True},
            r"must be of a network without add_cross_attention, got add_cross_attention=True\.",
        ),
    ],
)
def test_a_config_that_does_not_fit_is_refused(refused, tmp_path, changes, sentence):
    file = saved(theirs(), tmp_path / "theirs")
    path = file.with_name("config.json")
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
    assert re.search(rf"config\.json beside .*model\.safetensors {sentence}", refused(file))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [(None, r"must lie beside .*, got none\. Copy it there"), ("{", "must be JSON, got"), ("[1]", r"got \[1\]")],
)
def test_the_config_must_be_there(refused, tmp_path, text, sentence):
    file = saved(theirs(), tmp_path / "theirs")
    path = file.with_name("config.json")
    path.unlink()
    if text is not None:
        path.write_text(text)
    assert re.search(sentence, refused(file))


def test_a_transformer_without_its_output_is_refused(refused, tmp_path):
    rule = r"must hold an ImageGPTForCausalImageModeling with its lm_head.weight, got a transformer without it\."
    network = theirs()
    assert re.search(rule, refused(saved(network.transformer, tmp_path / "bare")))
    state = {name: tensor for name, tensor in network.state_dict().items() if name != "lm_head.weight"}
    save_file(state, tmp_path / "cut.safetensors")
    assert re.search(rule, refused(tmp_path / "cut.safetensors"))


@pytest.mark.parametrize(
    ("name", "tensor", "sentence"),
    [
        ("transformer.h.1.ln_2.weight", None, "1 missing, 0 different, 0 unexpected: missing 'transformer.h.1.ln_2.w"),
        ("transformer.h.1.attn.c_attn.bias", torch.ones(12), "has shape [12] instead of [36]"),
        (
            "transformer.wpe.weight",
            torch.ones(16, 11),
            "'transformer.wpe.weight' has shape [16, 11] instead of [16, 12]",
        ),
        ("transformer.h.9999999999.x", torch.ones(1), "0 missing, 0 different, 1 unexpected: unexpected"),
        ("transformer.ln_f.weight", torch.full((12,), torch.nan), "finite weights, got a transformer.ln_f.weight that"),
    ],
)
def test_the_one_tensor_that_differs_is_named(refused, tmp_path, name, tensor, sentence):
    file = saved(theirs(), tmp_path / "theirs")
    state = {**theirs().state_dict(), name: tensor}
    save_file({key: value for key, value in state.items() if value is not None}, file)
    assert sentence in refused(file)


def test_an_event_shape_of_another_number_of_symbols_is_refused(refused, tmp_path):
    said = refused(saved(theirs(), tmp_path / "theirs"), arzoo.ConfigError, event_shape=(1, 3, 4))
    assert re.search(r"must have 16 symbols, one a position in .*, got \(1, 3, 4\)\. Use --event-shape 1,4,4", said)
