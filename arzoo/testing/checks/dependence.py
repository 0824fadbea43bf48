"""Who depends on whom: nothing on the future, and on exactly that past which the model declares."""

from torch import Tensor

from arzoo.backbones import declared_dependence
from arzoo.testing.blame import looks_ahead
from arzoo.testing.check import check
from arzoo.testing.failures import CheckFailure
from arzoo.testing.measure import influence
from arzoo.testing.places import Places
from arzoo.testing.subject import Subject

MASK = 'mask "B" in the first layer where it must be "A", or a shift by one that is missing'
SHIFT = "a mask, padding or shift that is off by one"
NORMALISATION = "normalisation, attention or a mean over all positions"
COLOURS = "colours in another order than the ordering's, or groups of channels that are split the wrong way"
FUTURE = "padding on the wrong side, a layer without its mask, or another ordering than the model's"
BLIND = (
    'a mask that is too strict (mask "A" after the first layer, a shift by two), an input that is dropped, or a '
    "receptive field that ends; one that is meant is declared by `dependence(ordering)`"
)
INDEPENDENT = "channels of a pixel that are drawn independently of each other"


@check("causality", cause=FUTURE, needs=("batch-independence", "inputs"))
def causality(subject: Subject) -> None:
    """No params depend on symbols at their own position or at later ones, evaluating or training.

    Every symbol in turn is set to other levels, under several draws of the weights. Fails where params move that do not
    come later in the ordering: the likelihood is too good to be true then, and samples do not live up to it.
    """
    strength = _measured(subject)
    leaks = (strength > 0) & ~subject.ordering.earlier()
    if leaks.any():
        places = Places(subject.ordering)
        position, symbol = places.first_pair(leaks)
        rule = f"params must not depend on symbols at their own or a later position ({_count(leaks)})"
        seen = f"a change by {strength[position, symbol]:.1e} with {places.symbol(symbol)}"
        where = places.position(position) + looks_ahead(subject, places, leaks)
        raise CheckFailure(rule, seen, where=where, cause=_cause_of_leak(leaks, strength > 0, places))


@check("dependence", cause=BLIND, needs=("causality",))
def dependence(subject: Subject) -> None:
    """Params depend on every symbol that they are declared to depend on, and on no other.

    What is declared is `backbone.dependence(ordering)`, or all earlier symbols where a backbone has no such method.
    Fails on an undeclared blind spot, and on a declaration that says too much or too little.
    """
    places, seen = Places(subject.ordering), _measured(subject) > 0
    declared = declared_dependence(subject.model.backbone, subject.ordering)
    if declared.shape != seen.shape:
        rule = f"`dependence` must have shape (positions, symbols), {tuple(seen.shape)}"
        raise CheckFailure(rule, tuple(declared.shape), cause="rows or columns of another grid")
    forbidden, missing, extra = declared & ~subject.ordering.earlier(), declared & ~seen, seen & ~declared
    _require_none(forbidden, "`dependence` must not declare what the ordering forbids", "declared", places, BLIND)
    cause = INDEPENDENT if _within_pixels(missing, places) else BLIND
    _require_none(missing, "params must depend on every earlier symbol, or on all declared", "no effect", places, cause)
    _require_none(extra, "params must depend on no symbol but those declared", "an effect", places, BLIND)
    _require_field(subject, places, seen)


def _require_field(subject: Subject, places: Places, seen: Tensor) -> None:
    """Hold a `receptive_field` against how far back the params depend, as far as the event is long."""
    field = getattr(subject.model.backbone, "receptive_field", None)
    back = (places.step_of_position[:, None] - places.step_of_symbol[None])[seen].amax().item() if seen.any() else 0
    if field is not None and min(field, len(seen) - 1) != back:
        rule = f"`receptive_field` must be how many symbols back params depend, {back} of an event of {len(seen)}"
        raise CheckFailure(rule, f"{field}", cause="a sum of dilations that is off by one, or a layer left out of it")


def _measured(subject: Subject) -> Tensor:
    """The strength of every dependence, (P, E), measured once for both checks."""
    if "influence" not in subject.memory:
        earlier, declared = subject.ordering.earlier(), declared_dependence(subject.model.backbone, subject.ordering)
        wanted = declared & earlier if declared.shape == earlier.shape else earlier
        subject.memory["influence"] = influence(subject, wanted)
    return subject.memory["influence"]


def _require_none(pairs: Tensor, rule: str, seen: str, places: Places, cause: str) -> None:
    if pairs.any():
        position, symbol = places.first_pair(pairs)
        of, where = f"{seen} of {places.symbol(symbol)}", places.position(position)
        raise CheckFailure(f"{rule} ({_count(pairs)})", of, where=where, cause=cause)


def _count(pairs: Tensor) -> str:
    return f"broken at {int(pairs.any(1).sum())} of {len(pairs)} positions"


def _cause_of_leak(leaks: Tensor, seen: Tensor, places: Places) -> str:
    """What the leak looks like: the position itself, everything, the same pixel, one step ahead, or anything else."""
    ahead = (places.step_of_symbol[None] - places.step_of_position[:, None])[leaks]
    if (ahead == 0).all():
        return MASK
    if seen.float().mean() > 0.7:
        return NORMALISATION
    if _within_pixels(leaks, places):
        return COLOURS
    return SHIFT if (ahead <= 1).all() else FUTURE


def _within_pixels(pairs: Tensor, places: Places) -> bool:
    """Whether there are pairs, and all join colours of one pixel."""
    return bool(pairs.any()) and not places.across_pixels(pairs).any()
