import dataclasses
import json
import math
import subprocess
import sys

import numpy as np
import pytest
import torch
from torch import distributed, nn

import arzoo
from arzoo.context import Labels, Series
from arzoo.data import Clips, Dataset, Pixels
from arzoo.data.derived import Derived
from arzoo.evaluation import Likelihood, check_fit, evaluate

SHAPE = (1, 2, 3)


class Constant(nn.Module):
    """The same logits for every event: position p is 1 with probability sigmoid(p / 4), whatever the rest."""

    def __init__(self):
        super().__init__()
        self.logits = nn.Parameter(torch.arange(6, dtype=torch.float64).reshape(1, *SHAPE) / 4)
        self.dropout = nn.Dropout(0.5)
        self.batches = []

    def forward(self, x):
        self.batches.append(len(x))
        return self.dropout(self.logits).expand(len(x), -1, -1, -1, -1)


class Shifted(Constant):
    """The label shifts every logit."""

    def forward(self, x, context):
        return super().forward(x) + context["label"].view(-1, 1, 1, 1, 1)


def model_of(backbone, **options):
    return arzoo.AutoregressiveModel(arzoo.orderings.Raster(SHAPE), backbone, arzoo.heads.Bernoulli(), **options)


def dataset_of(count):
    x = torch.randint(2, (count, *SHAPE), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    values = {"label": torch.arange(count) % 3, "other": torch.zeros(count, dtype=torch.int64)}
    return Dataset("coins", "test", x, 2, Pixels(2), {"label": Labels(3), "other": Labels(1)}, values)


def nats_by_hand(dataset, shift=0):
    """Negative log-likelihood of each item under `Constant`, by the definition of a Bernoulli."""
    x = dataset.batch(range(len(dataset))).x.double().numpy()
    ones = 1 / (1 + np.exp(-np.arange(6).reshape(SHAPE) / 4 - np.reshape(shift, (-1, 1, 1, 1))))
    return -np.log(np.where(x == 1, ones, 1 - ones)).sum((1, 2, 3))


@pytest.mark.parametrize("batch_size", [1, 4, 100])
def test_equals_the_likelihood_by_hand(batch_size):
    dataset = dataset_of(10)
    found = evaluate(model_of(Constant()), dataset, batch_size=batch_size, progress=False)
    nats = nats_by_hand(dataset)
    assert found.nats == pytest.approx(nats.mean(), rel=1e-9)
    assert found.nats_se == pytest.approx(nats.std(ddof=1) / math.sqrt(10), rel=1e-9)
    assert found.bits_per_dim == pytest.approx(found.nats / (6 * math.log(2)), rel=1e-9)
    assert found.bits_per_dim_se == pytest.approx(found.nats_se / (6 * math.log(2)), rel=1e-9)
    assert (found.count, found.dims, found.dataset, found.split, found.digest) == (
        10,
        6,
        "coins",
        "test",
        dataset.digest,
    )
    assert found.symbols == 60


def test_every_item_is_seen_once():
    backbone = Constant()
    evaluate(model_of(backbone), dataset_of(10), batch_size=4, progress=False)
    assert backbone.batches == [4, 4, 2]


def test_a_limit_is_spread_over_the_split():
    dataset = dataset_of(10)
    found = evaluate(model_of(Constant()), dataset, limit=4, progress=False)
    assert found.nats == pytest.approx(nats_by_hand(dataset)[[0, 2, 5, 7]].mean(), rel=1e-9)
    assert (found.count, found.digest) == (4, dataset.subset([0, 2, 5, 7]).digest)


def test_a_limit_beyond_the_split_is_all_of_it():
    assert evaluate(model_of(Constant()), dataset_of(10), limit=99, progress=False).digest == dataset_of(10).digest


def test_the_model_gets_the_context_it_declares():
    dataset = dataset_of(9)
    found = evaluate(model_of(Shifted(), context={"label": Labels(3)}), dataset, batch_size=4, progress=False)
    assert found.nats == pytest.approx(nats_by_hand(dataset, np.arange(9) % 3).mean(), rel=1e-6)


def test_the_model_is_left_as_it_was():
    model = model_of(Constant()).train()
    first, second = (
        evaluate(model, dataset_of(10), progress=False) for _ in range(2)
    )  # dropout would make them differ
    assert first == second
    assert model.training
    assert not model.eval().backbone.dropout.training


def test_no_gradient_is_kept():
    model = model_of(Constant())
    evaluate(model, dataset_of(3), progress=False)
    assert model.backbone.logits.grad is None
    model.log_prob(dataset_of(3).batch([0]).x).sum().backward()  # the weights have not become inference tensors


def test_a_terminal_shows_a_bar(monkeypatch, capsys):
    monkeypatch.setenv("FORCE_COLOR", "1")  # rich takes this for a terminal
    evaluate(model_of(Constant()), dataset_of(10), batch_size=4)
    shown = capsys.readouterr()
    assert "bits/dim" in shown.err
    assert not shown.out


@pytest.mark.parametrize("argument", ["batch_size", "limit"])
def test_numbers_that_measure_nothing_are_refused(argument):
    with pytest.raises(arzoo.ConfigError, match=f"`{argument}` must be a whole number of at least 1, got 0"):
        evaluate(model_of(Constant()), dataset_of(3), progress=False, **{argument: 0})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"items": torch.zeros(3, 1, 2, 4, dtype=torch.uint8)},
            r"shape \(1, 2, 3\) and 2 levels, got \(1, 2, 4\) and 2 from coins",
        ),
        (
            {"items": torch.zeros(3, 6, dtype=torch.uint8)},
            r"shape \(1, 2, 3\) .*, got \(6,\) and 2 from coins. Use .*event_shape=\(6,\), num_levels=2",
        ),
        ({"num_levels": 17}, r"and 2 levels, got \(1, 2, 3\) and 17 from coins"),
    ],
)
def test_data_that_do_not_fit_are_refused(change, message):
    with pytest.raises(arzoo.ShapeError, match=message):
        evaluate(model_of(Constant()), dataclasses.replace(dataset_of(3), **change), progress=False)


def test_a_model_of_free_length_takes_any():
    model = arzoo.AutoregressiveModel(arzoo.orderings.LeftToRight((None,)), Constant(), arzoo.heads.Bernoulli())
    check_fit(model, dataclasses.replace(dataset_of(3), items=torch.zeros(3, 7, dtype=torch.uint8)))
    with pytest.raises(arzoo.ShapeError, match=r"shape \(None,\) and 2 levels"):
        check_fit(model, dataset_of(3))


def test_data_without_the_context_are_refused():
    model = model_of(Shifted(), context={"label": Labels(3)})
    with pytest.raises(arzoo.ContextError, match="needs the context label, coins has other"):
        check_fit(model, dataset_of(3).with_context(["other"]))
    with pytest.raises(arzoo.ContextError, match="needs the context label, coins has none"):
        check_fit(model, dataset_of(3).with_context([]))


def test_json_holds_every_field_and_null_for_what_is_no_number():
    found = evaluate(model_of(Constant()), dataset_of(1), progress=False)
    written = json.loads(found.to_json())
    assert math.isnan(found.nats_se)
    assert written == dataclasses.asdict(found) | {"nats_se": None, "bits_per_dim_se": None}


def test_a_likelihood_reads_as_a_sentence_and_cannot_be_changed():
    found = Likelihood(90.123, 0.25, 0.16581, 0.0005, 10000, 784, 7840000, "binarized-mnist", "test", "07b6")
    assert str(found) == "0.1658 ± 0.0005 bits/dim, 90.12 ± 0.25 nats (binarized-mnist test, 10000 items)"


def test_clips_are_told_in_their_own_symbols_and_by_the_symbol():
    found = Likelihood(90.0, math.nan, 2.0, 0.01, 1, None, 65, "verse", "test", "0" * 64)
    said = "2.0000 ± 0.0100 bits/character, 1.3863 ± 0.0069 nats/character (verse test, 1 item)"
    assert found.told("character") == said
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.nats = 80.0


def shared_splits():
    """Splits that two or three processes cannot share evenly, and some that leave one of them nothing to do."""
    images = [(model_of(Constant()), dataset_of(count)) for count in (11, 6, 2, 1)]
    clips = [(listener(Echo()), clips_of(lengths)) for lengths in ([5, 40, 1, 23, 8, 2, 9], [4, 9], [2500])]
    labelled = model_of(Shifted(), context={"label": Labels(3)}), dataset_of(7)
    return [*images, *clips, labelled]


@pytest.mark.parametrize("processes", [2, 3])
def test_several_processes_measure_what_one_does(tmp_path, processes):
    words = [sys.executable, "-W", "error", __file__, str(tmp_path), str(processes)]
    running = [subprocess.Popen([*words, str(rank)], stdout=subprocess.PIPE, text=True) for rank in range(processes)]
    outputs = [process.communicate(timeout=120)[0].splitlines() for process in running]
    for (model, dataset), *lines in zip(shared_splits(), *outputs, strict=True):
        alone = json.loads(evaluate(model, dataset, progress=False).to_json())
        assert lines == [lines[0]] * processes
        assert json.loads(lines[0]) == {
            name: pytest.approx(value, rel=1e-12) if isinstance(value, float) else value
            for name, value in alone.items()
        }


def test_a_context_that_the_data_set_computes_is_computed():
    dataset = dataset_of(9)
    parity = Derived(Labels(2), lambda x, *_: x.flatten(1).sum(1).long() % 2)
    told = dataclasses.replace(dataset, context={}, values={}, derived={"label": parity})
    found = evaluate(model_of(Shifted(), context={"label": Labels(2)}), told, progress=False)
    parities = dataset.batch(range(9)).x.flatten(1).sum(1).numpy() % 2
    assert found.nats == pytest.approx(nats_by_hand(dataset, parities).mean(), abs=1e-12)


class Echo(nn.Module):
    """Foretells each bit from the three before it, whole, in stretches and in steps."""

    receptive_field = 3

    def __init__(self):
        super().__init__()
        self.weights = nn.Parameter(torch.tensor([1.5, -0.7, 0.4], dtype=torch.float64))
        self.stretches = []

    def forward(self, x, context=None):
        return self.of(torch.nn.functional.pad(x, (3, 0)))

    def of(self, past):
        """Logits (B, 1, k) from signs of 3 + k bits, of which the last is not looked at."""
        signs = 2 * past.double() - 1
        lags = [weight * signs[:, 2 - lag : signs.shape[1] - 1 - lag] for lag, weight in enumerate(self.weights)]
        return sum(lags)[:, None]

    def init_state(self, batch, context=None):
        return torch.zeros(batch, 3, dtype=torch.long)

    def step(self, state, previous, position):
        return self.steps(state, previous[:, None], position)[:, :, 0]

    def steps(self, state, previous, position):
        self.stretches.append(previous.shape[1])
        known = previous[:, :, 0].clone()
        known[:, : position == 0] = 0
        past = torch.cat([state, known], 1)[:, 1:]
        state.copy_(past[:, -3:])
        return self.of(torch.nn.functional.pad(torch.cat([past], 1), (1, 1)))[:, :, 1:]


class WholeEcho(nn.Module):
    """The same without `steps`; frames of a tone, of which every one hears every other, shift the logits."""

    def __init__(self):
        super().__init__()
        self.echo = Echo()

    def forward(self, x, context=None):
        return self.echo(x) if context is None else self.echo(x) + self.told(context["tone"], x.shape[1])

    def told(self, frames, length):
        return frames.sum(2, keepdim=True).expand_as(frames).repeat_interleave(2, 2)[:, :, :length]


def clips_of(lengths, **options):
    generator = torch.Generator().manual_seed(3)
    items = [torch.randint(2, (length,), dtype=torch.uint8, generator=generator) for length in lengths]
    return Dataset("clicks", "test", Clips.of(items), 2, **options)


def listener(backbone, **options):
    return arzoo.AutoregressiveModel(arzoo.orderings.LeftToRight((None,)), backbone, arzoo.heads.Bernoulli(), **options)


def clip_nats_by_hand(clip, tone=0.0):
    """The nats of each bit, from logits worked out one by one."""
    signs = np.concatenate([[-1.0] * 3, 2.0 * np.asarray(clip, float) - 1])
    logits = np.array([1.5 * signs[t + 2] - 0.7 * signs[t + 1] + 0.4 * signs[t] for t in range(len(clip))]) + tone
    return np.log1p(np.exp(-logits * signs[3:]))


@pytest.mark.parametrize("backbone", [Echo, WholeEcho])
@pytest.mark.parametrize("batch_size", [1, 3, 100])
@pytest.mark.parametrize("most", [1, 7, 2**15])
def test_every_symbol_of_every_clip_counts_once(monkeypatch, backbone, batch_size, most):
    monkeypatch.setattr("arzoo.evaluation.MOST_SYMBOLS", most)
    data = clips_of([5, 40, 1, 23, 8])
    found = evaluate(listener(backbone()), data, batch_size=batch_size, progress=False)
    nats = np.array([clip_nats_by_hand(clip).sum() for clip in data.items.unbind()])
    assert found.nats == pytest.approx(nats.mean(), rel=1e-9)
    assert found.bits_per_dim == pytest.approx(nats.sum() / (77 * math.log(2)), rel=1e-9)
    assert (found.count, found.dims, found.symbols, found.digest) == (5, None, 77, data.digest)


def test_long_clips_pass_in_stretches(monkeypatch):
    monkeypatch.setattr("arzoo.evaluation.MOST_SYMBOLS", 16)
    model = listener(Echo())
    evaluate(model, clips_of([40, 30]), batch_size=2, progress=False)
    assert model.backbone.stretches == [8, 8, 8, 8, 8]


def test_a_lone_clip_has_a_standard_error_over_its_passages(monkeypatch):
    monkeypatch.setattr("arzoo.evaluation.PASSAGE", 10)
    data = clips_of([45])
    found = evaluate(listener(Echo()), data, progress=False)
    nats = clip_nats_by_hand(data.items.symbols)
    parts, sizes = np.add.reduceat(nats, [0, 10, 20, 30, 40]), np.array([10, 10, 10, 10, 5])
    spread = parts - nats.sum() / 45 * sizes
    assert found.bits_per_dim == pytest.approx(nats.mean() / math.log(2), rel=1e-9)
    assert found.bits_per_dim_se == pytest.approx(math.sqrt((spread**2).sum() * 5 / 4) / 45 / math.log(2), rel=1e-9)
    assert math.isnan(found.nats_se)


def test_padding_does_not_reach_a_series():
    tones = Derived(Series(1, 2), lambda x, *_: torch.full((len(x), 1, -(-x.shape[1] // 2)), 0.1, dtype=torch.float64))
    model, data = listener(WholeEcho(), context={"tone": Series(1, 2)}), clips_of([4, 9], derived={"tone": tones})
    found = evaluate(model, data, progress=False)
    nats = [clip_nats_by_hand(clip, tone=0.1 * -(-len(clip) // 2)).sum() for clip in data.items.unbind()]
    assert found.nats == pytest.approx(np.mean(nats), rel=1e-9)


def test_an_ensemble_hears_whole_clips():
    data = clips_of([5, 12])
    alone = evaluate(listener(Echo()), data, progress=False)
    both = evaluate(arzoo.Ensemble([listener(Echo()), listener(Echo())]), data, progress=False)
    assert both.nats == pytest.approx(alone.nats, rel=1e-9)
    assert both.bits_per_dim == pytest.approx(alone.bits_per_dim, rel=1e-9)


if __name__ == "__main__":  # one of several processes
    store, count, rank = f"file://{sys.argv[1]}/rendezvous", int(sys.argv[2]), int(sys.argv[3])
    distributed.init_process_group("gloo", init_method=store, rank=rank, world_size=count)
    for model, dataset in shared_splits():
        found = evaluate(model, dataset, batch_size=2, progress=False)
        sys.stdout.write(found.to_json().replace("\n", "") + "\n")
    distributed.destroy_process_group()
