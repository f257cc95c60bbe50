"""Builders that several tests here share."""

TOWERS = [("wide",), ("deep",), ("wide", "deep")]
