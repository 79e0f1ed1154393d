"""The named data sets, one module a market; each function enters the catalogue by its decorator."""
