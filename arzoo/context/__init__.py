"""Context: what a model is conditioned on, declared by name."""

from arzoo.context.config import context_from_config, context_to_config
from arzoo.context.specs import ContextSpec, Labels, Latent, Series
from arzoo.context.validation import validate_context

__all__ = ["ContextSpec", "Labels", "Latent", "Series", "context_from_config", "context_to_config", "validate_context"]
