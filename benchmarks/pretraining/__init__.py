"""How the shipped weights of the pretrained filter were made: ``python -m benchmarks.pretraining``."""
