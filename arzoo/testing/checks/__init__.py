"""All checks, in the order in which they are run: each stands on what those before it have shown."""

from arzoo.testing.check import Check
from arzoo.testing.checks import (
    compression,
    conditioning,
    dependence,
    determinism,
    heads,
    incremental,
    interface,
    learning,
    likelihood,
    persistence,
    precision,
    sampling,
    surroundings,
)

CHECKS: tuple[Check, ...] = (
    persistence.config,
    interface.interface,
    determinism.determinism,
    surroundings.global_generators,
    interface.inputs,
    determinism.batch_independence,
    dependence.causality,
    dependence.dependence,
    interface.length,
    heads.normalisation,
    heads.num_params,
    heads.support,
    heads.chain,
    heads.sampling,
    likelihood.factorisation,
    likelihood.normalisation,
    incremental.cached_step,
    incremental.own_state,
    incremental.stretches,
    sampling.sampling,
    sampling.known_symbols,
    conditioning.context,
    learning.gradient,
    learning.learning,
    persistence.state_dict,
    persistence.round_trip,
    surroundings.device,
    precision.bfloat16,
    sampling.sample_frequencies,
    compression.codec,
)

__all__ = ["CHECKS"]
