"""Slow measurements, run by hand: python -m benchmarks speed | growth | quality | search | serving."""
