"""Models of a whole path: attention to the past, and flow matching over windows of days."""

from workbench.samplers.paths._path_flow import PathFlow
from workbench.samplers.paths._transformer import TransformerFilter

__all__ = ["PathFlow", "TransformerFilter"]
