"""Builders that several tests here share."""

import io
import urllib.error
import urllib.request

import numpy as np


def assert_partition(parts, n):
    """The parts share no row and leave none out."""
    assert list(parts) == ["train", "validation", "test"]
    together = np.concatenate(list(parts.values()))
    assert together.size == n
    np.testing.assert_array_equal(np.sort(together), np.arange(n))


class Answer(io.BytesIO):
    """What urlopen returns, as far as it is used."""


def serve(monkeypatch, content):
    """Let the network answer with `content`, or raise it; returns the list of addresses asked."""
    asked = []

    def urlopen(url, timeout):
        asked.append((url, timeout))
        if isinstance(content, BaseException):
            raise content
        return Answer(content)

    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    return asked
