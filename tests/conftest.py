"""A model that can be checked by hand: one linear regression a position, along any ordering, with any head."""

import functools
import os
import sys
import textwrap
import warnings
from pathlib import Path

import pytest
import torch
from torch import nn

import arzoo

sys.path.append(str(Path(__file__).parent / "hub"))  # for `loopback`, which pytest's importlib mode does not find


class Regression(nn.Module):
    """params = bias + weight * (earlier levels), whole or a position at a time."""

    def __init__(self, ordering, num_params):
        super().__init__()
        positions, symbols = ordering.earlier().shape
        generator = torch.Generator().manual_seed(1)
        self.ordering = ordering
        self.register_buffer("earlier", ordering.earlier(), persistent=False)
        self.weight = nn.Parameter(0.5 * torch.randn(num_params, positions, symbols, generator=generator))
        self.bias = nn.Parameter(torch.randn(num_params, positions, generator=generator))

    def forward(self, x):
        flat = x.flatten(1).to(self.weight.dtype)
        params = torch.einsum("kpe,be->bkp", self.weight * self.earlier, flat) + self.bias
        return params.unflatten(2, self.ordering.grid)


class IncrementalRegression(Regression):
    def init_state(self, batch, context=None):
        return self.weight.new_zeros(batch, self.weight.shape[2])

    def step(self, state, previous, position):
        if position:
            state[:, self.ordering.symbols[position - 1]] = previous.to(state.dtype)
        place = self.ordering.permutation[position]
        return state @ self.weight[:, place].T + self.bias[:, place]


class LabelledRegression(IncrementalRegression):
    """The label shifts every logit."""

    def forward(self, x, context):
        return super().forward(x) + context["label"].to(self.weight.dtype).view(-1, 1, *[1] * len(self.ordering.grid))

    def init_state(self, batch, context):
        self_state = super().init_state(batch)
        return {"x": self_state, "label": context["label"]}

    def step(self, state, previous, position):
        return super().step(state["x"], previous, position) + state["label"].to(self.weight.dtype)[:, None]


@pytest.fixture
def regression():
    """Builder of a float64 model: regression(ordering, head, backbone=..., context=...)."""

    def build(ordering=None, head=None, backbone=IncrementalRegression, **options):
        ordering = ordering or arzoo.orderings.Raster((1, 2, 3))
        head = head or arzoo.heads.Bernoulli()
        model = arzoo.AutoregressiveModel(ordering, backbone(ordering, head.num_params), head, **options)
        return model.double().eval()

    build.whole, build.incremental, build.labelled = Regression, IncrementalRegression, LabelledRegression
    return build


@pytest.fixture
def own_zoo(monkeypatch):
    """A zoo of this test alone: what is registered or installed in it is gone afterwards, what was there is back."""
    monkeypatch.setattr(arzoo.plugins, "zoo", functools.cache(arzoo.plugins.zoo.__wrapped__))


@pytest.fixture
def install(tmp_path, monkeypatch, own_zoo):
    """Installer of throw-away plugins: install("arzoo-farm", "farm", SOURCE) puts a distribution on the path."""
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(str(site))
    known = set(sys.modules)

    def build(distribution, name, source, *, version="1.0"):
        module = distribution.replace("-", "_")
        (site / f"{module}.py").write_text(textwrap.dedent(source))
        info = site / f"{module}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n")
        (info / "entry_points.txt").write_text(f"[arzoo]\n{name} = {module}\n")
        arzoo.plugins.reload()

    build.site = site
    yield build
    for module in set(sys.modules) - known:
        if str(site) in (getattr(sys.modules[module], "__file__", None) or ""):
            del sys.modules[module]


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """A Hub on loopback, and the real client pointed at it, with a cache of this test and without a token or patience.

    The client reads the environment once, when it is imported: its constants are for this process, the environment is
    for those that it starts.
    """
    from huggingface_hub import constants
    from loopback import LoopbackHub

    home = tmp_path / "hf"
    with LoopbackHub() as server:
        settings = {"ENDPOINT": server.url, "HF_HUB_CACHE": str(home / "hub"), "HF_TOKEN_PATH": str(home / "token")}
        template = f"{server.url}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
        switches = {"HF_HUB_OFFLINE": False, "HF_HUB_DISABLE_XET": True, "HF_HUB_DISABLE_PROGRESS_BARS": True}
        for name, value in {**settings, **switches, "HUGGINGFACE_CO_URL_TEMPLATE": template}.items():
            monkeypatch.setattr(constants, name, value)
        told = {"HF_ENDPOINT": server.url, "HF_HOME": str(home), "HF_HUB_DISABLE_XET": "1"}
        for name in [name for name in os.environ if name.startswith(("HF_", "HUGGING", "ARZOO_HUB_ORG"))]:
            monkeypatch.delenv(name)
        for name, value in told.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr("time.sleep", lambda seconds: None)
        warnings.filterwarnings(
            "ignore", "Use 'content=", DeprecationWarning
        )  # between the client and its own transport
        yield server
