"""Metrics: counts and seconds since the start, in the text that Prometheus reads.

    widedeep_requests_total{path="/predict",status="200"} 12
    widedeep_request_seconds_bucket{path="/predict",le="0.01"} 11

Read before: queue.py        Read next: logs.py
"""
import threading
from bisect import bisect_left
from collections import Counter

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
TOGETHER = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)


class Histogram:
    """How many values lie at or below each edge."""

    def __init__(self, edges: tuple[float, ...]):
        self.edges, self.counts, self.sum = edges, [0] * (len(edges) + 1), 0.0

    def add(self, value: float) -> None:
        self.counts[bisect_left(self.edges, value)] += 1
        self.sum += value

    def lines(self, name: str, labels: str = "") -> list[str]:
        found, total = [], 0
        for edge, count in zip((*self.edges, "+Inf"), self.counts):
            total += count
            found.append(f'{name}_bucket{{{labels}{"," if labels else ""}le="{edge}"}} {total}')
        braces = f"{{{labels}}}" if labels else ""
        return [*found, f"{name}_sum{braces} {self.sum:.6f}", f"{name}_count{braces} {total}"]


class Metrics:
    """Requests by path and status, their seconds, requests computed together, rows, swaps."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.requests: Counter[tuple[str, int]] = Counter()
        self.rows: Counter[str] = Counter()
        self.swaps: Counter[str] = Counter()
        self.seconds: dict[str, Histogram] = {}
        self.together = Histogram(TOGETHER)

    def answered(self, path: str, status: int, seconds: float) -> None:
        with self.lock:
            self.requests[path, status] += 1
            self.seconds.setdefault(path, Histogram(SECONDS)).add(seconds)

    def computed(self, kind: str, requests: int, rows: int) -> None:
        with self.lock:
            self.rows[kind] += rows
            self.together.add(requests)

    def swapped(self, accepted: bool) -> None:
        with self.lock:
            self.swaps["accepted" if accepted else "refused"] += 1

    def as_text(self, waiting: int, most: int, model: str) -> str:
        """All of it.   waiting, most : requests in the queue, and how many may be        model : its version"""
        with self.lock:
            lines = ["# TYPE widedeep_requests_total counter"]
            lines += [f'widedeep_requests_total{{path="{path}",status="{status}"}} {count}'
                      for (path, status), count in sorted(self.requests.items())]
            lines.append("# TYPE widedeep_request_seconds histogram")
            for path, histogram in sorted(self.seconds.items()):
                lines += histogram.lines("widedeep_request_seconds", f'path="{path}"')
            lines += ["# TYPE widedeep_computed_together histogram", *self.together.lines("widedeep_computed_together")]
            lines.append("# TYPE widedeep_rows_total counter")
            lines += [f'widedeep_rows_total{{kind="{kind}"}} {count}' for kind, count in sorted(self.rows.items())]
            lines.append("# TYPE widedeep_swaps_total counter")
            lines += [f'widedeep_swaps_total{{result="{result}"}} {self.swaps[result]}'
                      for result in ("accepted", "refused")]
        lines += ["# TYPE widedeep_queue_waiting gauge", f"widedeep_queue_waiting {waiting}",
                  "# TYPE widedeep_queue_most gauge", f"widedeep_queue_most {most}",
                  "# TYPE widedeep_model_info gauge", f'widedeep_model_info{{version="{model}"}} 1']
        return "\n".join(lines) + "\n"
