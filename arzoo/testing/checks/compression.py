"""Compression: what the model writes it reads, in as many bits as its likelihood says."""

import math
from importlib.util import find_spec

import torch

from arzoo.testing.check import check
from arzoo.testing.checks.sampling import draw
from arzoo.testing.compare import require_same
from arzoo.testing.failures import CheckFailure, NotApplicable
from arzoo.testing.subject import Subject

COUNT = 64

# Bits that a coder may spend beyond the likelihood: a share of them for masses of 24 bits, and its last words.
SHARE, WORDS = 0.02, 128

OTHER = "a `pmf` that is another distribution than `log_prob`, or a step that does not repeat itself to the bit"


@check("codec", cause=OTHER, needs=("sampling",), deep=True)
@torch.no_grad()
def codec(subject: Subject) -> None:
    """Events that are compressed come back, each level of them, and take -log2 p bits.

    The model's own samples are written. Fails on a step that gives other numbers the second time, and where the bits
    are not those of `log_prob`. Needs the extra "codec".
    """
    if find_spec("constriction") is None:
        raise NotApplicable('the extra "codec" is not installed')
    from arzoo.codec import compress, decompress
    from arzoo.codec.archive import unpack

    model, context = subject.redrawn(0), subject.contexts(COUNT)
    x = draw(subject, COUNT, context)
    blob = compress(model, x, context, progress=False)
    restored = torch.stack(list(decompress(model, blob, progress=False)))
    require_same(restored, x, "what was compressed must come back", tolerance=0)
    spent, due = 8 * len(unpack(blob)[1]), -model.log_prob(x, context).sum().item() / math.log(2)
    if abs(spent - due) > SHARE * due + WORDS:
        raise CheckFailure(f"{COUNT} events must take the {due:.0f} bits that log_prob says", f"{spent} bits")
