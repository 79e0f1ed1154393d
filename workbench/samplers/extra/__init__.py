"""Samplers of one file each: whatever a file here registers is found by its name (``CONTRIBUTING.md`` shows how)."""
