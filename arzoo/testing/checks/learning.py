"""Training: a finite gradient for every parameter, and a start from which all of them move."""

import torch
from torch import Tensor, nn

from arzoo.testing.check import check
from arzoo.testing.failures import CheckFailure
from arzoo.testing.generators import seeded
from arzoo.testing.subject import Subject

DRAWS, BATCH = 6, 8
STARTS, STEPS, LEARNING_RATE = 4, 10, 1e-2

UNUSED = "a layer that is built but not used, `detach` or `no_grad` on the way, or a multiplication by zero"
DEAD = "two factors that both start at zero, or units that start dead"
CONSTANT = "a constant that is kept as a parameter: use register_buffer"


@check("gradient", cause=UNUSED, needs=("context", "head-support"))
def gradient(subject: Subject) -> None:
    """A gradient reaches every parameter of the backbone, and every gradient is finite.

    Weights and events are drawn several times, for a dead unit may hide a parameter once. Fails on a layer left over,
    on `.data` and `.detach()`, on a parameter that requires no gradient, and on NaN.
    """
    backbone = subject.redrawn(0).backbone
    unreached = {name for name, _ in backbone.named_parameters()}
    for name, parameter in backbone.named_parameters():
        if not parameter.requires_grad:
            rule = "every parameter must require a gradient"
            raise CheckFailure(rule, "requires_grad=False", where=f"`{name}`", cause=CONSTANT)
    for seed in range(DRAWS):
        unreached -= _reached(subject, seed)
    if unreached:
        raise CheckFailure("a gradient must reach every parameter", "none in any draw", where=_listed(unreached))


@check("learning", cause=DEAD, needs=("gradient", "causality"))
def learning(subject: Subject) -> None:
    """From its own start the model learns: ten steps of Adam on one batch lower its nats and move every parameter.

    Fails on a start from which a part of the network can never move, and on one whose likelihood is not finite.
    """
    unmoved = _unmoved(subject, 0)
    for seed in range(1, STARTS):
        if unmoved:
            unmoved &= _unmoved(subject, seed)
    if unmoved:
        rule = f"{STEPS} steps of training must move every parameter"
        raise CheckFailure(rule, "no change from any start", where=_listed(unmoved))


def _reached(subject: Subject, seed: int) -> set[str]:
    """The parameters that get a gradient in one draw."""
    model = subject.redrawn(seed).train()
    with seeded(seed):
        _nats(subject, model, seed).backward()
    gradients = {name: parameter.grad for name, parameter in model.backbone.named_parameters()}
    for name, slope in gradients.items():
        if slope is not None and not slope.isfinite().all():
            cause = "0 / 0, log 0 or sqrt 0"
            raise CheckFailure("gradients must be finite", "NaN or infinity", where=f"`{name}`", cause=cause)
    return {name for name, slope in gradients.items() if slope is not None and slope.any()}


def _unmoved(subject: Subject, seed: int) -> set[str]:
    """Train from the model's own start; the parameters that stay where they were."""
    model = subject.fresh(seed=seed).train()
    before = {name: parameter.detach().clone() for name, parameter in model.backbone.named_parameters()}
    with torch.no_grad(), seeded(seed):
        initialise = getattr(model.backbone, "init_from_data", None)
        if initialise is not None:
            initialise(subject.events(BATCH, seed), subject.contexts(BATCH, seed))
    optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE)
    with seeded(seed):
        nats = [_step(optimizer, _nats(subject, model, seed)) for _ in range(STEPS)]
    if not min(nats[1:]) < nats[0]:
        values = ", ".join(f"{value:.4f}" for value in nats)
        raise CheckFailure(f"{STEPS} steps of training must lower the nats of their batch", values)
    return {name for name, parameter in model.backbone.named_parameters() if torch.equal(parameter, before[name])}


def _step(optimizer: torch.optim.Optimizer, nats: Tensor) -> float:
    optimizer.zero_grad()
    nats.backward()
    optimizer.step()
    return nats.item()


def _nats(subject: Subject, model: nn.Module, seed: int) -> Tensor:
    """Nats an event, on random events with the lowest and the highest among them."""
    x = subject.events(BATCH, seed)
    x[0], x[1] = 0, subject.model.num_levels - 1
    return -model.log_prob(x, subject.contexts(BATCH, seed)).mean()  # type: ignore[operator]


def _listed(names: set[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))
