"""Studies: run a notebook with checked parameters in a fresh kernel, keep the paper trail, export a report."""
