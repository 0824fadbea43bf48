"""Params that see too much or too little: masks, shifts, normalisation over positions, colours."""

import torch
from torch import nn
from torch.nn import functional as F

from arzoo.orderings import Raster, Snake
from planted.fault import both, fault
from planted.toys import Dense, Recurrent


def steps(ordering):
    """When each position and each symbol is drawn."""
    position = ordering.permutation.argsort()
    symbol = torch.empty(ordering.symbols.numel(), dtype=torch.long)
    symbol[ordering.symbols] = torch.arange(ordering.num_positions)[:, None].expand_as(ordering.symbols)
    return position[:, None], symbol[None]


class MaskB(Dense):
    """Mask B in the first layer: the position itself is seen."""

    def allowed(self, ordering):
        position, symbol = steps(ordering)
        return symbol <= position


class MaskOneAhead(Dense):
    def allowed(self, ordering):
        position, symbol = steps(ordering)
        return (symbol <= position + 1) & (symbol != position)


class MaskTransposed(Dense):
    def allowed(self, ordering):
        position, symbol = steps(ordering)
        return symbol > position


class MaskA(Dense):
    """Mask A once too often: the symbol just before is not seen."""

    def allowed(self, ordering):
        position, symbol = steps(ordering)
        return symbol < position - 1


class FirstSymbolLost(Dense):
    def allowed(self, ordering):
        position, symbol = steps(ordering)
        return (symbol < position) & (symbol > 0)


class OneRowOnly(Dense):
    """A receptive field that ends, and is not declared."""

    def allowed(self, ordering):
        position, symbol = steps(ordering)
        return (symbol < position) & (symbol >= position - 3)


class NoShift(Recurrent):
    """Reads the symbol that it is about to predict."""

    def forward(self, x, context=None):
        memory, columns = self.begin(len(x), context), []
        for symbols in self.ordering.symbols:
            self.read(memory, x.flatten(1)[:, symbols])
            columns.append(self.output(memory.hidden))
        return torch.stack(columns, -1).unflatten(2, self.ordering.grid)


class ReadsAhead(Recurrent):
    def reads(self, ordering):
        yield from ordering.symbols.roll(-1, 0)


class ReadsBackwards(Recurrent):
    def reads(self, ordering):
        yield from ordering.symbols.flip(0)


class ShiftByTwo(Recurrent):
    def reads(self, ordering):
        yield None
        yield from ordering.symbols[:-1]


class FirstUnread(Recurrent):
    def reads(self, ordering):
        yield None
        yield from ordering.symbols[1:]


class ForgetsAfterThree(Recurrent):
    def read(self, memory, values):
        memory.recent = [*getattr(memory, "recent", []), values][-3:]
        memory.hidden = self.start.expand(len(values), -1)
        for value in memory.recent:
            super().read(memory, value)


class Centred:
    """The mean over all positions is taken off."""

    def forward(self, x, context=None):
        params = super().forward(x, context)
        return params - params.flatten(2).mean(2).view(*params.shape[:2], *[1] * (params.dim() - 2))


class NormalisedOverPositions:
    """Layer normalisation with the positions among the normalised axes."""

    def forward(self, x, context=None):
        params = super().forward(x, context)
        return F.layer_norm(params, params.shape[1:])


class SoftmaxOverPositions:
    def forward(self, x, context=None):
        params = super().forward(x, context)
        return params.flatten(2).log_softmax(2).view_as(params)


class LooksAheadInTraining:
    """Instance normalisation with running averages: the event's own statistics while training, harmless afterwards."""

    def __init__(self, ordering, num_levels, num_params, num_classes=0):
        super().__init__(ordering, num_levels, num_params, num_classes)
        self.norm = nn.InstanceNorm1d(num_params, track_running_stats=True)

    def forward(self, x, context=None):
        params = super().forward(x, context)
        return self.norm(params.flatten(2)).view_as(params)


class TellsTheHighest:
    """The last symbol is seen where it is at its highest level, of many."""

    def forward(self, x, context=None):
        params, highest = super().forward(x, context), x.flatten(1)[:, -1] == self.num_levels - 1
        return params + highest.to(params).view(-1, *[1] * (params.dim() - 1))


class BlueFirst(Dense):
    """Channels B, G, R within a pixel where the ordering draws R, G, B."""

    def allowed(self, ordering):
        position, symbol = steps(ordering)
        return (symbol // 3 < position // 3) | ((symbol // 3 == position // 3) & (symbol > position))


class Colourblind(Dense):
    """The channels of a pixel do not know of each other."""

    def allowed(self, ordering):
        position, symbol = steps(ordering)
        return symbol // 3 < position // 3


class GreenUnaware(Dense):
    """G does not know of R."""

    def allowed(self, ordering):
        position, symbol = steps(ordering)
        return (symbol < position) & ~((position % 3 == 1) & (symbol == position - 1))


class ReadsBlueFirst(Recurrent):
    def reads(self, ordering):
        yield from ordering.symbols.view(-1, 3).flip(1).reshape(-1, 1)


class ReadsWholePixels(Recurrent):
    """R, G and B are read once all three are drawn."""

    def reads(self, ordering):
        for pixel in ordering.symbols.view(-1, 3):
            yield from (None, None, pixel)

    def read(self, memory, values):
        for value in values.split(1, 1):
            super().read(memory, value)


class GreenUnread(Recurrent):
    def reads(self, ordering):
        for k, symbols in enumerate(ordering.symbols):
            yield None if k % 3 == 1 else symbols


class DeclaresTooLittle(Dense):
    def dependence(self, ordering):
        return ordering.earlier().tril(-2)


class DeclaresTooMuch(MaskA):
    def dependence(self, ordering):
        return ordering.earlier()


class DeclaresTheFuture(Dense):
    def dependence(self, ordering):
        return torch.ones_like(ordering.earlier())


class DeclaresAnotherGrid(Dense):
    def dependence(self, ordering):
        return ordering.earlier()[:-1]


class FieldTooFar(OneRowOnly):
    receptive_field = 5

    def dependence(self, ordering):
        return self.allowed(ordering)


class FieldTooNear(Recurrent):
    receptive_field = 4


class DrawnTwice(Raster):
    """An ordering of a plugin that visits one position twice, and another never."""

    @property
    def permutation(self):
        return super().permutation.clamp(min=1)


class EarlierOfRaster(Snake):
    """`earlier` of another ordering than the one that is followed."""

    def earlier(self):
        return Raster(self.event_shape).earlier()


RGB = (3, 1, 2)
DECLARATIONS = (DeclaresTooLittle, DeclaresTooMuch, DeclaresTheFuture, DeclaresAnotherGrid)
FAULTS = [
    *(fault("causality", kind) for kind in (MaskB, MaskOneAhead, MaskTransposed, NoShift, ReadsAhead, ReadsBackwards)),
    *(
        fault("dependence", kind)
        for kind in (MaskA, FirstSymbolLost, OneRowOnly, ShiftByTwo, FirstUnread, ForgetsAfterThree)
    ),
    *(fault("dependence", kind) for kind in DECLARATIONS),
    *(fault("dependence", kind) for kind in (FieldTooFar, FieldTooNear)),
    *both("causality", Centred),
    *(fault("interface", Dense, ordering=kind((1, 2, 3))) for kind in (DrawnTwice, EarlierOfRaster)),
    *both("causality", NormalisedOverPositions),
    *both("causality", SoftmaxOverPositions),
    *both("causality", TellsTheHighest, num_levels=64),
    *both("causality", LooksAheadInTraining),
    *(fault("causality", kind, event_shape=RGB) for kind in (BlueFirst, ReadsBlueFirst)),
    *(
        fault("dependence", kind, event_shape=RGB)
        for kind in (Colourblind, GreenUnaware, ReadsWholePixels, GreenUnread)
    ),
]
