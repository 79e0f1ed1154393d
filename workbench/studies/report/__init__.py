"""Export a report: one HTML file of a finished study that needs no network."""
