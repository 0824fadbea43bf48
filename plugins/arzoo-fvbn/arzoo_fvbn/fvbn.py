"""The fully visible belief network: one regression a position, on everything before it.

References:
    Neal 1992, "Connectionist learning of belief networks", Artificial Intelligence 56: sigmoid belief networks.
    Frey, Hinton and Dayan 1996, "Does the Wake-Sleep Algorithm Produce Good Density Estimators?", NIPS 8: the logistic
    autoregressive network.
    Frey 1998, "Graphical Models for Machine Learning and Digital Communication", MIT Press.
"""

import torch
from torch import Tensor

import arzoo
from arzoo.nn import MaskedLinear, OrderedBackbone, OrderedState, ordering_for


class FVBN(OrderedBackbone):
    """Logistic regressions p(x_d = 1 | x_before_d) = sigmoid(b_d + sum_before_d W_dj x_j), or softmax ones.

    All regressions are one linear layer whose mask is strictly lower triangular along the ordering. In the order
    2 3 1 of three binary symbols, with one label of two classes:

        mask      label  x1 x2 x3
              1   1 1    .  1  1
              2   1 1    .  .  .
              3   1 1    .  1  .

    Args:
        ordering: With colours as positions.
        num_levels: Number of levels of a symbol.
        num_params: Params a position, from the head.
        input_features: Features of a symbol.
        output_features: Curves by which the logits of a position move, or None.
        context: What the regressions are also on.
        packed: Whether only the weights that this ordering uses are stored.
    """

    def __init__(
        self,
        ordering: arzoo.orderings.Ordering,
        num_levels: int,
        num_params: int,
        input_features: int,
        output_features: int | None,
        context: dict[str, arzoo.context.ContextSpec] | None,
        packed: bool,
    ) -> None:
        super().__init__(ordering, num_levels, num_params, input_features, output_features, context)
        [degrees] = self.degrees()
        self.output = MaskedLinear(*degrees, strict=True, bias=output_features is None, packed=packed)
        with torch.no_grad():
            self.output.weight.mul_(0.1)  # nothing needs to break a symmetry here

    def layers(self) -> list[MaskedLinear]:
        """The one layer."""
        return [self.output]

    def degrees(self) -> list[tuple[Tensor, Tensor]]:
        """Of inputs and outputs."""
        return [(self.input_degrees, self.output_degrees)]

    def outputs(self, inputs: Tensor) -> Tensor:
        """Those of all positions."""
        return self.output(inputs)

    def seen(self) -> Tensor:
        """Everything earlier."""
        return self.output.mask

    def at(self, state: OrderedState, position: int) -> Tensor:
        """The regression of one position."""
        return self.output.at(state.layers[0], state.inputs, position)


def build(
    event_shape: tuple[int, ...] = (1, 28, 28),
    num_levels: int = 2,
    input_features: int = 1,
    output_features: int | None = None,
    ordering: arzoo.orderings.Ordering | None = None,
    packed: bool = False,
    context: dict[str, arzoo.context.ContextSpec] | None = None,
) -> arzoo.AutoregressiveModel:
    """A fully visible belief network of logistic regressions, or of softmax ones where there are more than two levels.

    Args:
        event_shape: (C, H, W), or (T,) for sequences of fixed length.
        num_levels: Number of levels of a symbol, at least 2.
        input_features: Inputs a symbol, 1 ... num_levels - 1: the first discrete cosines of its level. All of them give
            the regression on one-hot levels, a few the smooth part of it with far fewer weights.
        output_features: Outputs a position, likewise: the logits of its levels move along these cosines, from biases
            of their own. None moves each logit by itself.
        ordering: Raster, or left to right, where not given.
        packed: Store only the weights that the ordering uses: half the size, but the ordering is fixed for good.
        context: Labels and latents of any shape; each regression is on them too.

    Returns:
        A model with fresh weights.

    Raises:
        ConfigError: If the ordering does not fit, or a size is out of range.
    """
    ordering = ordering_for(event_shape, ordering)
    head = arzoo.heads.for_levels(num_levels)
    backbone = FVBN(ordering, num_levels, head.num_params, input_features, output_features, context, packed)
    return arzoo.AutoregressiveModel(ordering, backbone, head, context=context)
