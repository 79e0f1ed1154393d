"""Run a study: parameters, inputs, execution, status and the run folder."""
