"""What every check shares: comparison data, simulated nulls, market state, registry and findings."""
