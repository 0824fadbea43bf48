"""The head alone: a distribution over its levels, on which `log_prob`, `pmf` and `sample` agree."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from arzoo.testing.check import check
from arzoo.testing.compare import require_same
from arzoo.testing.failures import CheckFailure
from arzoo.testing.levels import draw_params, draw_symbols, log_masses, log_prob, with_levels
from arzoo.testing.subject import Subject

if TYPE_CHECKING:
    from arzoo.heads import Head

LEVELS = (2, 256, 65_536)
SCALES = (1.0, 5.0, 20.0)
COUNT = 64
TOLERANCE = 1e-6  # of a probability: 65,536 roundings in float64 stay far below

# Params handed to `log_prob` to list every level: a softmax over 65,536 levels would take as many again for each.
MOST_PARAMS = 2**23

DENSITY = "a density in place of a mass, edges that fit one number of levels, or a softmax over the wrong axis"
IDLE = "`num_params` counts a channel too many, or the head forgets one"
FORMULAS = "`pmf` and `log_prob` of different formulas, or channels in another order"
DRAWS = "channels drawn without regard to those before, or not by the inverse CDF"
EDGES = "log 0 or 0 * inf at the first or last level: clamp the log-scale, subtract logs"


@check("head-normalisation", cause=DENSITY, needs=("interface",))
@torch.no_grad()
def normalisation(subject: Subject) -> None:
    """The probabilities of all levels sum to 1, at the model's own number of levels and at 2, 256 and 65,536.

    Params are drawn at three scales, the largest far into the tails. Fails on the customary edge test `y > 0.999`
    (right at 256 levels, a total of 4.8 at 65,536), on a density in place of a mass, on a softmax over positions, and
    on log-probabilities in the bfloat16 of a network.
    """
    for head in with_levels(subject.model.head, LEVELS):
        for scale, params, prefix in _trials(head):
            _require_one(head.pmf(params, prefix).sum(1), "pmf", head, scale)
            if head.num_levels * head.num_params <= MOST_PARAMS:
                _require_one(log_masses(subject, head, params, prefix).exp().sum(0), "exp(log_prob)", head, scale)
    _check_precision(subject)


@check("num-params", cause=IDLE, needs=("head-normalisation",))
def num_params(subject: Subject) -> None:
    """Every one of the head's params has a say in the log-probability.

    Fails on a head that asks for more channels than it reads: they cost time and memory and are never trained.
    """
    head = subject.model.head
    unread = torch.ones(head.num_params, dtype=torch.bool)
    for seed in range(4):
        params, x = draw_params(head, COUNT, 1.0, seed).requires_grad_(), draw_symbols(head, COUNT, seed)
        (slope,) = torch.autograd.grad(log_prob(subject, head, params, x).sum(), params)
        unread &= (slope == 0).all(0)
    lone = getattr(head, "num_mixtures", 2) == 1  # the weight of a lone component is 1, whatever its logit
    if unread.any() and not lone:
        idle = f"no effect of params {unread.nonzero().flatten().tolist()}"
        raise CheckFailure("every param must bear on the log-probability", idle, where=repr(head))


@check("head-support", cause=EDGES, needs=("head-normalisation",))
def support(subject: Subject) -> None:
    """Outside its levels a head gives minus infinity; inside, log-probabilities of at most 0 with finite gradients.

    Fails on NaN at the edges, which stops a training after days, and on probability for levels that are none.
    """
    head = subject.model.head
    for scale, params, _ in _trials(head):
        for level in (-1, head.num_levels):
            outside = log_prob(subject, head, params, torch.full((len(params), head.num_symbols), level))
            rule = f"log_prob of level {level} must be -inf"
            require_same(outside, torch.full_like(outside, -torch.inf), rule, where=repr(head))
        for level in (0, head.num_levels // 2, head.num_levels - 1):
            _check_inside(subject, head, params, level, scale)


@check("head-chain", cause=FORMULAS, needs=("head-normalisation",))
@torch.no_grad()
def chain(subject: Subject) -> None:
    """`pmf` given the earlier symbols of a position is what `log_prob` says, and these symbols depend on each other.

    Fails where the likelihood is of one distribution and samples and codes of another, where a symbol's log-probability
    depends on a later one, and where a head that owns the pixel has independent channels (unless its `coupled` is
    False).
    """
    head = subject.model.head
    levels = torch.linspace(0, head.num_levels - 1, min(head.num_levels, 256)).round().long()
    for scale, params, prefix in _trials(head):
        seen, said = log_masses(subject, head, params, prefix, levels).exp(), head.pmf(params, prefix)[:, levels].T
        rule = f"exp(log_prob) must be the pmf given {prefix.shape[1]} earlier symbols (params at scale {scale:g})"
        require_same(seen, said, rule, tolerance=TOLERANCE, where=lambda index: f"level {int(levels[index[0]])}")
    for symbol in range(1, head.num_symbols):
        _check_later(subject, head, symbol)
        _check_coupled(head, symbol)


@check("head-sampling", cause=DRAWS, needs=("head-chain",))
@torch.no_grad()
def sampling(subject: Subject) -> None:
    """A draw is the inverse CDF of `pmf` at its uniform, given the earlier symbols of its position, drawn or known.

    Fails on channels drawn independently, on a draw of probability zero, and on a known symbol that is replaced or
    ignored.
    """
    head = subject.model.head
    count = _affordable(head, COUNT)
    for seed, scale in enumerate(SCALES):
        generator = torch.Generator().manual_seed(seed)
        params, known = draw_params(head, count, scale, seed), draw_symbols(head, count, seed)
        uniforms = torch.rand(count, head.num_symbols, generator=generator, dtype=torch.float64)
        uniforms[:2] = torch.tensor([[0.0], [1 - 2.0**-53]])
        mask = torch.rand(count, head.num_symbols, generator=generator) < 0.3
        _check_draw(head, params, uniforms, head.sample(params, uniforms), torch.zeros_like(mask))
        drawn = head.sample(params, uniforms, known, mask)
        require_same(drawn[mask], known[mask], "a known symbol must be kept", tolerance=0, where=repr(head))
        _check_draw(head, params, uniforms, drawn, mask)


def _trials(head: "Head") -> Iterator[tuple[float, Tensor, Tensor]]:
    """Scale, params (B, num_params) and a prefix (B, k) of each length."""
    count = _affordable(head, 3)
    for seed, scale in enumerate(SCALES):
        for symbol in range(head.num_symbols):
            yield scale, draw_params(head, count, scale, seed), draw_symbols(head, count, seed)[:, :symbol]


def _affordable(head: "Head", count: int) -> int:
    """A number of draws that a head of many levels divides."""
    return count if head.num_levels <= 4096 else max(1, count // 16)


def _require_one(total: Tensor, what: str, head: "Head", scale: float) -> None:
    rule = f"{what} must sum to 1 over {head.num_levels:,} levels (params at scale {scale:g})"
    require_same(total, torch.ones_like(total), rule, tolerance=TOLERANCE, where=repr(head))


def _check_precision(subject: Subject) -> None:
    """Params in bfloat16 are some distribution's, and its log-probabilities are float32 at least."""
    head = subject.model.head
    params, prefix = draw_params(head, 1, 1.0, seed=0).bfloat16(), draw_symbols(head, 1, seed=0)[:, :0]
    logs = log_masses(subject, head, params, prefix, torch.arange(min(head.num_levels, 256)))
    if torch.finfo(logs.dtype).bits < 32:
        rule, cause = "log_prob of bfloat16 params must be float32 or better", "arithmetic in the dtype of the network"
        raise CheckFailure(rule, logs.dtype, where=repr(head), cause=cause)
    if head.num_levels == len(logs):
        total = logs.double().exp().sum(0)
        rule = "exp(log_prob) of bfloat16 params must sum to 1"
        require_same(total, torch.ones_like(total), rule, tolerance=1e-4, where=repr(head))


def _check_inside(subject: Subject, head: "Head", params: Tensor, level: int, scale: float) -> None:
    where, params = f"level {level} of {head!r}", params.clone().requires_grad_()
    inside = log_prob(subject, head, params, torch.full((len(params), head.num_symbols), level))
    if not (inside <= TOLERANCE).all():
        raise CheckFailure("log_prob must be at most 0", f"{inside.max().item():.3g}", where=where)
    (slope,) = torch.autograd.grad(inside[inside.isfinite()].sum(), params)
    if not slope.isfinite().all():
        seen = slope[~slope.isfinite()][0].item()
        raise CheckFailure(f"gradients must be finite (params at scale {scale:g})", seen, where=where)


def _check_later(subject: Subject, head: "Head", symbol: int) -> None:
    params, x = draw_params(head, 16, 1.0, symbol), draw_symbols(head, 16, symbol)
    changed = x.clone()
    changed[:, symbol:] = (changed[:, symbol:] + 1) % head.num_levels
    seen, expected = (log_prob(subject, head, params, symbols)[:, :symbol] for symbols in (changed, x))
    rule = f"log_prob of a symbol must not depend on symbol {symbol} of its position, which is drawn later"
    require_same(seen, expected, rule, where=repr(head))


def _check_coupled(head: "Head", symbol: int) -> None:
    params, prefix = draw_params(head, 16, 1.0, symbol), draw_symbols(head, 16, symbol)[:, :symbol]
    one, other = head.pmf(params, prefix), head.pmf(params, (prefix + 1) % head.num_levels)
    if getattr(head, "coupled", True) and torch.allclose(one, other, rtol=0, atol=1e-9):
        rule, seen = "a symbol must depend on the earlier ones of its position", f"one pmf for any {symbol} before it"
        raise CheckFailure(rule, seen, where=repr(head), cause="channels that are drawn independently of each other")


def _check_draw(head: "Head", params: Tensor, uniforms: Tensor, drawn: Tensor, kept: Tensor) -> None:
    """Each draw lies where the CDF passes its uniform, but for rounding at the boundary."""
    for symbol in range(head.num_symbols):
        pmf, level, uniform = head.pmf(params, drawn[:, :symbol]), drawn[:, symbol, None], uniforms[:, symbol]
        mass, above = pmf.gather(1, level)[:, 0], pmf.cumsum(1).gather(1, level)[:, 0]
        fits = (mass > 0) & (uniform < above + 1e-9) & (uniform >= above - mass - 1e-9)
        if not (fits | kept[:, symbol]).all():
            row = int((~(fits | kept[:, symbol])).nonzero()[0])
            rule = "a draw must be the inverse CDF of the pmf given the symbols before it"
            seen = f"level {int(level[row])}, whose CDF runs from {(above - mass)[row]:.6f} to {above[row]:.6f}"
            raise CheckFailure(rule, seen, where=f"symbol {symbol} of a position, uniform {uniform[row]:.6f}")
