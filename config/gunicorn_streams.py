"""How the process of open streams runs: `gunicorn --config python:config.gunicorn_streams config.asgi`."""

import os

bind = os.environ.get("STREAM_BIND", "127.0.0.1:8001")
worker_class = (
    "asgi"  # one loop holds thousands of streams, which would each hold a thread of the web process
)
workers = 1
worker_connections = 4000
timeout = 30  # seconds without a sign of life from a worker
graceful_timeout = 2  # seconds: a page whose stream ends listens again
keepalive = 5  # seconds
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108, PTH112
control_socket_disable = True
accesslog = None  # addresses of shoppers' pages are keys: they are not written down
forwarded_allow_ips = ""
