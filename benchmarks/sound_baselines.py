"""What a model of sound must beat: a histogram of its levels, and linear prediction from two samples.

    python benchmarks/sound_baselines.py fsdd --json docs/benchmark/results/fsdd.baselines.json

Both are fitted to the training split of a data set of mu-law levels and measured on the whole test split by the same
`evaluate` as every model of the zoo. The residual of the prediction is a logistic; its mass between the edges of a
mu-law bin is that bin's probability, so that the bits compare.

Reference of the prediction: Makhoul 1975, "Linear Prediction: A Tutorial Review".
"""

import argparse
import json
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import arzoo
from arzoo.data import Clips, Dataset, MuLaw, load_dataset
from arzoo.evaluation import evaluate

ORDER = 2
ROUNDS = 40
BEYOND = 1e3


class Histogram(nn.Module):
    """The same logits at every position.

    Args:
        logits: (num_levels,).
    """

    def __init__(self, logits: Tensor) -> None:
        super().__init__()
        self.logits = nn.Parameter(logits)

    def forward(self, x: Tensor) -> Tensor:
        """The same params (B, num_levels, T) whatever the levels (B, T)."""
        return self.logits[:, None].expand(len(x), -1, x.shape[1])


class LinearPrediction(nn.Module):
    """Logits of mu-law bins under s_t ~ Logistic(a_1 s_(t-1) + a_2 s_(t-2) + c, scale).

    Args:
        spec: What the levels stand for.
        coefficients: a_1, a_2 and c.
        log_scale: Natural logarithm of the scale of the residual.
    """

    def __init__(self, spec: MuLaw, coefficients: Tensor, log_scale: Tensor) -> None:
        super().__init__()
        self.spec = spec
        self.coefficients, self.log_scale = nn.Parameter(coefficients), nn.Parameter(log_scale)

    def forward(self, x: Tensor) -> Tensor:
        """Log-probabilities of all bins, (B, num_levels, T), of levels (B, T)."""
        mean = (past_of(self.spec.decode(x)) @ self.coefficients)[:, None]
        edges = (outer(bin_edges(self.spec))[:, None] - mean) / self.log_scale.exp()
        return log_mass(edges[:, :-1], edges[:, 1:])


def bin_edges(spec: MuLaw) -> Tensor:
    """Where one mu-law level ends and the next begins, num_levels - 1 samples, float64."""
    mu = spec.num_levels - 1
    companded = (torch.arange(mu, dtype=torch.float64) + 0.5) * (2 / mu) - 1
    return companded.sign() * ((1 + mu) ** companded.abs() - 1) / mu


def outer(edges: Tensor) -> Tensor:
    """The edges with one more at either end, so far out that nothing lies beyond; infinity would spoil gradients."""
    return F.pad(F.pad(edges, (1, 0), value=-BEYOND), (0, 1), value=BEYOND)


def past_of(samples: Tensor) -> Tensor:
    """The two samples before each, and a one, (..., T, 3) float64; silence before the first."""
    past = [F.pad(samples.double(), (lag, 0))[..., : samples.shape[-1]] for lag in range(1, ORDER + 1)]
    return torch.stack([*past, torch.ones_like(past[0])], -1)


def log_mass(low: Tensor, high: Tensor) -> Tensor:
    """Log of the mass of a standard logistic between two points, exact in the tails."""
    whole = F.logsigmoid(high) + F.logsigmoid(-low)
    width = torch.log(-torch.expm1(low - high))
    return whole + width


def histogram(train: Dataset) -> arzoo.AutoregressiveModel:
    """The order-0 model: how often each level is in the training split, one more than counted."""
    counts = torch.bincount(clips_of(train).symbols.long(), minlength=train.num_levels).double() + 1
    return _model(Histogram((counts / counts.sum()).log()), train)


def linear_prediction(train: Dataset) -> arzoo.AutoregressiveModel:
    """The order-2 model of greatest likelihood on the training split, from least squares on."""
    spec, clips = train.spec, clips_of(train)
    assert isinstance(spec, MuLaw)
    past = torch.cat([past_of(spec.decode(clip)) for clip in clips.unbind()])
    samples, levels = spec.decode(clips.symbols).double(), clips.symbols.long()
    coefficients = torch.linalg.lstsq(past, samples[:, None]).solution[:, 0]
    residual = (samples - past @ coefficients).std()
    network = LinearPrediction(spec, coefficients, (residual * 3**0.5 / torch.pi).log())
    edges = outer(bin_edges(spec))
    _maximise(network, past, edges[levels], edges[levels + 1])
    return _model(network, train)


def clips_of(data: Dataset) -> Clips:
    """The clips of a whole split."""
    assert isinstance(data.items, Clips) and data.rows is None
    return data.items


def _maximise(network: LinearPrediction, past: Tensor, low: Tensor, high: Tensor) -> None:
    optimizer = torch.optim.LBFGS(network.parameters(), max_iter=ROUNDS, line_search_fn="strong_wolfe")

    def nats() -> Tensor:
        optimizer.zero_grad()
        mean, scale = past @ network.coefficients, network.log_scale.exp()
        mean_nats = -log_mass((low - mean) / scale, (high - mean) / scale).mean()
        mean_nats.backward()
        return mean_nats

    optimizer.step(nats)


def _model(network: nn.Module, data: Dataset) -> arzoo.AutoregressiveModel:
    head = arzoo.heads.Categorical(data.num_levels)
    return arzoo.AutoregressiveModel(arzoo.orderings.LeftToRight((None,)), network, head, data=data.spec)


def measure(id: str) -> dict:
    """The record of a data set."""
    train, test = load_dataset(id, "train"), load_dataset(id, "test")
    linear = linear_prediction(train)
    found = {"order-0 histogram": histogram(train), "order-2 linear prediction": linear}
    return {
        "coefficients": linear.backbone.coefficients.tolist(),
        "scale": linear.backbone.log_scale.exp().item(),
        "likelihood": {
            name: json.loads(evaluate(model, test, batch_size=4, progress=False).to_json())
            for name, model in found.items()
        },
    }


def main() -> None:
    """Fit, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dataset")
    parser.add_argument("--json", type=Path, help="write the record here")
    asked = parser.parse_args()
    record = json.dumps(measure(asked.dataset), indent=2)
    print(record)
    if asked.json:
        asked.json.write_text(record + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
