"""What true 404s cost: ``python -m benchmarks``."""
