"""How the shipped weights of the pretrained filter were made; run by name only: ``python -m benchmarks.pretraining``."""
