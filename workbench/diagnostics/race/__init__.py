"""The horse race: every sampler on the same days with the same noise, and who is better, by how much, how surely."""

from workbench.diagnostics.race.course import Course
from workbench.diagnostics.race.field import Kept, fit, keys, learned, rows
from workbench.diagnostics.race.standings import means

__all__ = ["Course", "Kept", "fit", "keys", "learned", "means", "rows"]
