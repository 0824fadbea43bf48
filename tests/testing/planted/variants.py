"""A toy that changes its ordering and shows its layers, and its faults."""

import copy

import torch

from planted.fault import fault
from planted.toys import Dense


class Versatile(Dense):
    """Follows any ordering with the same weights; features are those before the last layer, and the params."""

    num_features = 2

    def follow(self, ordering):
        """Masks and places of another ordering."""
        self.mask = self.allowed(ordering)[:, :, None, None].to(self.mask)
        self.symbols, self.places, self.grid = ordering.symbols, ordering.permutation, ordering.grid

    def twin(self):
        """Another module with the very same parameters."""
        other = copy.copy(self)
        other._buffers = dict(self._buffers)
        return other

    def with_ordering(self, ordering):
        other = self.twin()
        other.follow(ordering)
        return other

    def features(self, x, layers, context=None):
        seen = []
        handle = self.output.register_forward_hook(lambda module, inputs, y: seen.extend((inputs[0], y)))
        self(x, context)
        handle.remove()
        return [seen[layer].transpose(1, 2).unflatten(2, self.grid).flatten(2, 3) for layer in layers]


class KeepsItsMask(Versatile):
    def with_ordering(self, ordering):
        other, mask = super().with_ordering(ordering), self.mask
        other.mask = mask
        return other


class KeepsItsPath(Versatile):
    """Right by whole passes; the steps go the old way."""

    def with_ordering(self, ordering):
        other = super().with_ordering(ordering)
        other.symbols = self.symbols
        return other


class CopiesItsWeights(Versatile):
    def twin(self):
        return copy.deepcopy(self)


class ChangesItself(Versatile):
    def with_ordering(self, ordering):
        self.follow(ordering)
        return self


class SharesItsBuffers(Versatile):
    """A copy too shallow: the new mask is the old one's too."""

    def twin(self):
        return copy.copy(self)


class LeavesItsHook(Versatile):
    def features(self, x, layers, context=None):
        maps = super().features(x, layers, context)
        self.output.register_forward_hook(lambda module, inputs, y: 1.01 * y)
        return maps


class InItsOwnOrder(Versatile):
    def features(self, x, layers, context=None):
        return super().features(x, sorted(layers), context)


class OneLayerTooMany(Versatile):
    num_features = 3


class PositionsFirst(Versatile):
    def features(self, x, layers, context=None):
        return [maps.flatten(2).movedim(2, 0) for maps in super().features(x, layers, context)]


class BrokenFeatures(Versatile):
    def features(self, x, layers, context=None):
        return [maps / torch.zeros(()) for maps in super().features(x, layers, context)]


FAULTS = [
    *(
        fault("with-ordering", kind)
        for kind in (KeepsItsMask, KeepsItsPath, CopiesItsWeights, ChangesItself, SharesItsBuffers)
    ),
    *(
        fault("features", kind)
        for kind in (LeavesItsHook, InItsOwnOrder, OneLayerTooMany, PositionsFirst, BrokenFeatures)
    ),
]
