"""Slow measurements, run by hand: python -m benchmarks quality | speed | growth."""
