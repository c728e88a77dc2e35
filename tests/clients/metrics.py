"""Prometheus' own client library reads what `/metrics` answers: `metrics.py URL`."""

import sys

import requests
from prometheus_client.parser import text_string_to_metric_families

url = sys.argv[1]
requests.get(f"{url}/no/such/page")
answer = requests.get(f"{url}/metrics")
assert answer.status_code == 200, answer.text
assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
families = {family.name: family for family in text_string_to_metric_families(answer.text)}
kinds = {
    "autio_build_info": "gauge",
    "autio_http_requests": "counter",
    "autio_http_request_duration_seconds": "histogram",
    "autio_queue_replies": "gauge",
    "process_start_time_seconds": "gauge",
}
for name, kind in kinds.items():
    assert families[name].type == kind, (name, families[name])
for family in families.values():
    assert family.documentation, family.name
    if family.type != "histogram":
        continue
    by_labels = {}
    for sample in family.samples:
        if sample.name.endswith("_bucket"):
            labels = tuple(sorted(item for item in sample.labels.items() if item[0] != "le"))
            by_labels.setdefault(labels, []).append((float(sample.labels["le"]), sample.value))
    for buckets in by_labels.values():
        assert buckets == sorted(buckets) and buckets[-1][0] == float("inf"), (family.name, buckets)
        assert [count for _, count in buckets] == sorted(count for _, count in buckets)
unknown = [
    sample.value
    for sample in families["autio_http_requests"].samples
    if sample.labels == {"method": "GET", "route": "other", "status": "404"}
]
assert unknown == [1], unknown
print(f"ok    Prometheus' library reads {len(families)} metrics")
