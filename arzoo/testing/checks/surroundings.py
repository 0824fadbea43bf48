"""What lies around a model: the device that it runs on, the generators that it shares with everybody."""

from typing import Any

import torch
from torch import Tensor

from arzoo.backbones import is_incremental
from arzoo.testing.check import check
from arzoo.testing.failures import CheckFailure, NotApplicable
from arzoo.testing.generators import seeded, states
from arzoo.testing.settings import kept, of_model, of_process
from arzoo.testing.subject import DRAWS, Context, Subject
from arzoo.testing.walk import Walk, params_by_steps

BATCH = 2

# Enough to enter a second row of a small image; the meta device is slow.
STEPS = 16

# A number that nobody seeds a generator with.
UNLIKELY_SEED = 1_618_033_988

ELSEWHERE = "a tensor made in `forward` without `device=x.device`, or kept as an attribute where it should be a buffer"
SETS = "a setting that is meant for a script, or `self.eval()` to be sure: who calls the model decides"
SEEDS = "`torch.manual_seed` in a builder or a layer, or noise that is drawn and not used"


@check("device", cause=ELSEWHERE, needs=("cached-step", "state-dict", "round-trip"))
@torch.no_grad()
def device(subject: Subject) -> None:
    """The backbone runs wherever its weights and its input are, by passes and by steps.

    It is tried on torch's meta device, which needs no accelerator and has no numbers, with a model that has been used
    on the CPU before. Fails on a tensor that stays on the CPU, be it from the first use: on a GPU it would stop the
    first pass. Not every operation tells, and a network that must see numbers is skipped.
    """
    model, meta = subject.fresh(), torch.device("meta")
    model(subject.events(BATCH), subject.contexts(BATCH))
    model.to(meta)
    x, context = subject.events(BATCH).to(meta), _moved(subject.contexts(BATCH), meta)
    try:
        model.params(x, context)
        if is_incremental(model.backbone):
            walk = Walk(model, subject.ordering, x, context)
            for position in range(min(STEPS, subject.ordering.num_positions)):
                walk.step(position)
    except (RuntimeError, NotImplementedError) as error:
        if "expected device" not in str(error) and "same device" not in str(error):
            raise NotApplicable(f"the backbone must see numbers: {error}") from error
        raise


@check("global-generators", cause=SEEDS, needs=("determinism",))
@torch.no_grad()
def global_generators(subject: Subject) -> None:
    """Builders may draw from the global generators but not seed them; evaluating leaves them where they are.

    Fails on a layer that seeds torch to draw the same noise each time: whoever trains or samples beside it gets the
    same again and again.
    """
    built = [_state_after_build(subject, seed) for seed in range(2)]
    for name, state in built[0].items():
        if state == built[1][name]:
            raise CheckFailure("a builder must not seed global generators", f"{name}'s at one place from two seeds")
    for seed in range(DRAWS):
        model, x, context = subject.redrawn(seed), subject.events(BATCH, seed), subject.contexts(BATCH, seed)
        with seeded(UNLIKELY_SEED + seed):  # where no model seeds them to
            before = states()
            model(x, context)
            _require_unmoved(before, "a pass")
            params_by_steps(model, subject.ordering, x, context)
            _require_unmoved(before, "a step")


@check("settings", cause=SETS, needs=("global-generators",))
def settings(subject: Subject) -> None:
    """Building, passes and steps leave torch's settings, the model's mode and its `requires_grad` as they were.

    Tried evaluating and training. Fails on `torch.set_default_dtype` in a builder, on `torch.set_grad_enabled(False)`
    in `init_state` (use a `with` block), and on `self.eval()`, after which the rest of a training is without dropout.
    """
    with kept():
        before = of_process()
        subject.build()
        _require_settings(of_process(), before, "a builder")
    for training in (False, True):
        model, x, context = subject.fresh().train(training), subject.events(BATCH), subject.contexts(BATCH)
        with kept():
            before = {**of_process(), **of_model(model)}
            model(x, context)
            _require_settings({**of_process(), **of_model(model)}, before, "a pass")
            params_by_steps(model, subject.ordering, x, context)
            _require_settings({**of_process(), **of_model(model)}, before, "a step")


def _require_settings(seen: dict[str, Any], before: dict[str, Any], what: str) -> None:
    for name, value in before.items():
        if seen[name] != value:
            rule = f"{what} must leave the settings of the process and of the model as they were"
            raise CheckFailure(rule, f"{seen[name]} instead of {value}", where=name)


def _state_after_build(subject: Subject, seed: int) -> dict[str, object]:
    with seeded(seed), kept():
        subject.build()
        return states()


def _require_unmoved(before: dict[str, object], what: str) -> None:
    for name, state in states().items():
        if state != before[name]:
            raise CheckFailure(f"{what} while evaluating must leave global generators alone", f"{name}'s was moved")


def _moved(context: Context, to: torch.device) -> dict[str, Tensor] | None:
    return {name: value.to(to) for name, value in context.items()} if context else None
