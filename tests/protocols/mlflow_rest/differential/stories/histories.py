"""Histories of metrics."""

from tests.protocols.mlflow_rest.differential.wishes import get, post

_POINTS = [
    {"key": "m", "value": value, "timestamp": timestamp, "step": step}
    for value, timestamp, step in (
        (1, 10, 0),
        (2, 20, 1),
        (3, 15, 2),
        (3, 15, 2),
        ("NaN", 30, 3),
        (5, 30, 3),
        (6, 40, 4),
    )
]

_BULK = "/ajax-api/2.0/mlflow/metrics/get-history-bulk"

STORY = [
    post("experiments/create", name="histories").keeping(exp="experiment_id"),
    post("runs/create", experiment_id="<exp>", run_name="a", start_time=1).keeping(a="run.info.run_id"),
    post("runs/create", experiment_id="<exp>", run_name="b", start_time=2).keeping(b="run.info.run_id"),
    post("runs/create", experiment_id="<exp>", run_name="c", start_time=3).keeping(c="run.info.run_id"),
    post("runs/log-batch", run_id="<a>", metrics=_POINTS),
    post("runs/log-batch", run_id="<c>", metrics=[{"key": "m", "value": 1, "timestamp": 1, "step": 0}]),
    post("runs/log-batch", run_id="<a>", metrics=_POINTS[:2]),
    post("runs/log-batch", run_id="<a>", metrics=[{"key": "i", "value": "Infinity", "timestamp": 1, "step": 0}]),
    post(
        "runs/log-batch",
        run_id="<b>",
        metrics=[{"key": "m", "value": n / 8, "timestamp": n, "step": n} for n in range(100)],
    ),
    # ---- one run
    *(
        get("metrics/get-history", **fields)
        for fields in (
            {"run_id": "<a>", "metric_key": "m"},
            {"run_uuid": "<a>", "metric_key": "m"},
            {"run_id": "<a>", "metric_key": "i"},
            {"run_id": "<a>", "metric_key": "nothing"},
            {"run_id": "f" * 32, "metric_key": "m"},
            {"run_id": "<a>"},
            {"run_id": "<a>", "metric_key": ""},
            {"metric_key": "m"},
            {"run_id": "<a>", "metric_key": "m", "max_results": 0},
            {"run_id": "<a>", "metric_key": "m", "max_results": -1},
            {"run_id": "<a>", "metric_key": "m", "max_results": "x"},
            {"run_id": "<a>", "metric_key": "m", "max_results": 100},
            {"run_id": "<a>", "metric_key": "m", "max_results": 6},
            {"run_id": "<a>", "metric_key": "m", "max_results": 1_000_001},
            {"run_id": "<a>", "metric_key": "m", "page_token": "nonsense"},
            {"run_id": "<a>", "metric_key": "m", "page_token": "nonsense", "max_results": 2},
        )
    ),
    get("metrics/get-history", run_id="<a>", metric_key="m", max_results=4).keeping(page="next_page_token"),
    get("metrics/get-history", run_id="<a>", metric_key="m", max_results=4, page_token="<page>"),
    get("metrics/get-history", run_id="<b>", metric_key="m", max_results=60).keeping(page="next_page_token"),
    get("metrics/get-history", run_id="<b>", metric_key="m", max_results=40, page_token="<page>"),
    # ---- many runs
    *(
        get(_BULK, **fields)
        for fields in (
            {"run_id": "<a>", "metric_key": "m"},
            {"run_id": ["<a>", "<a>"], "metric_key": "m"},
            {"run_id": "<a>", "metric_key": "m", "max_results": 2},
            {"run_id": "<a>", "metric_key": "m", "max_results": 0},
            {"run_id": "<a>", "metric_key": "nothing"},
            {"run_id": "f" * 32, "metric_key": "m"},
            {"run_id": "<a>"},
            {"metric_key": "m"},
            {"run_id": ["x"] * 101, "metric_key": "m"},
        )
    ),
    # Sorted by run id, and these come by chance.
    get(_BULK, run_id=["<b>", "<c>"], metric_key="m").in_any_order("metrics"),
    get(_BULK, run_id="<a>", metric_key="m", max_results="x"),
    get(_BULK, run_id="<a>", metric_key="m", max_results=-1).called("a bulk history of less than nothing"),
    get("metrics/get-history-bulk", run_id="<a>", metric_key="nothing"),
    *(
        get("metrics/get-history-bulk-interval", **fields)
        for fields in (
            {"run_ids": "<b>", "metric_key": "m"},
            {"run_ids": "<a>", "metric_key": "m"},
            {"run_ids": ["<b>"], "metric_key": "m", "max_results": 5},
            {"run_ids": ["<b>"], "metric_key": "m", "max_results": 1},
            {"run_ids": ["<b>"], "metric_key": "m", "start_step": 10, "end_step": 20},
            {"run_ids": ["<b>"], "metric_key": "m", "start_step": 10, "end_step": 50, "max_results": 7},
            {"run_ids": ["<b>"], "metric_key": "m", "start_step": 500, "end_step": 600},
            {"run_ids": ["<b>"], "metric_key": "m", "start_step": 20, "end_step": 10},
            {"run_ids": ["<b>"], "metric_key": "m", "start_step": 20},
            {"run_ids": ["<b>"], "metric_key": "m", "end_step": 20},
            {"run_ids": ["<b>"], "metric_key": "m", "max_results": 0},
            {"run_ids": ["<b>"], "metric_key": "m", "max_results": 2501},
            {"run_ids": ["<b>"], "metric_key": "m", "max_results": "x"},
            {"run_ids": ["<b>"], "metric_key": "m", "start_step": "x", "end_step": 5},
            {"run_ids": ["<b>"], "metric_key": "nothing"},
            {"run_ids": ["f" * 32], "metric_key": "m"},
            {"run_ids": ["<b>"]},
            {"metric_key": "m"},
            {"run_ids": ["x"] * 101, "metric_key": "m"},
        )
    ),
]
