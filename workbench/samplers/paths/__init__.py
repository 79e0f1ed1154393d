"""Models of whole windows of days: flow matching, given the days before."""

from workbench.samplers.paths._path_flow import PathFlow

__all__ = ["PathFlow"]
