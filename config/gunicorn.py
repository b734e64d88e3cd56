"""How the web process runs: `gunicorn --config python:config.gunicorn config.wsgi`, sized by the environment."""

import os

bind = os.environ.get("WEB_BIND", "127.0.0.1:8000")
worker_class = "gthread"  # WSGI: Django under ASGI costs several times as much a request
workers = int(os.environ.get("WEB_WORKERS", "2"))
threads = int(os.environ.get("WEB_THREADS", "8"))
preload_app = True  # loaded once, shared by the workers; they open their own connections
timeout = 30  # seconds without a sign of life from a worker
graceful_timeout = 20  # seconds for requests under way when it stops
keepalive = 5  # seconds
max_requests, max_requests_jitter = 20_000, 2_000  # a leak in some library stays small
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108, PTH112  a heartbeat file, off the disk
control_socket_disable = True  # it would lie in the home directory, where a second one's would meet it
accesslog = None  # addresses of shoppers' pages are keys: they are not written down
forwarded_allow_ips = ""  # nobody: Django alone reads the proxy's headers, where settings say so
