"""Metrics: counts in the text of Prometheus."""

import re

from widedeep.serve.metrics import Histogram, Metrics


def test_a_histogram_is_cumulative():
    histogram = Histogram((1, 2))
    for value in (0.5, 1, 1.5, 9):
        histogram.add(value)
    assert histogram.lines("x") == ['x_bucket{le="1"} 2', 'x_bucket{le="2"} 3', 'x_bucket{le="+Inf"} 4',
                                    "x_sum 12.000000", "x_count 4"]  # fmt: skip


def test_every_line_can_be_read():
    metrics = Metrics()
    metrics.answered("/predict", 200, 0.004)
    metrics.answered("/predict", 200, 0.5)
    metrics.answered("/predict", 422, 0.001)
    metrics.computed("predict", 3, 30)
    metrics.swapped(True)
    text = metrics.as_text(2, 512, "abcd")
    for line in text.splitlines():
        assert re.fullmatch(r'# TYPE \w+ \w+|\w+(\{(\w+="[^"]*",?)+\})? [0-9.]+', line), line
    for line in ('widedeep_requests_total{path="/predict",status="200"} 2',
                 'widedeep_request_seconds_bucket{path="/predict",le="0.005"} 2',
                 'widedeep_request_seconds_count{path="/predict"} 3', 'widedeep_rows_total{kind="predict"} 30',
                 'widedeep_swaps_total{result="accepted"} 1', "widedeep_queue_waiting 2",
                 'widedeep_model_info{version="abcd"} 1', "widedeep_computed_together_count 1"):  # fmt: skip
        assert line in text.splitlines()
