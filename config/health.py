"""Whether this process lives, whether it can serve, whether workers work. Answered before hosts are judged."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.db import DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from config.models import Heartbeat

WORKER_SILENT = timedelta(seconds=60)


class HealthMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self._migrated = False

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info == "/livez":
            return JsonResponse({"ok": True})
        if request.path_info == "/readyz":
            return self._answer(self._ready())
        if request.path_info == "/healthz/worker":
            return self._answer(_worker())
        return self.get_response(request)

    def _answer(self, fault: str) -> HttpResponse:
        return JsonResponse({"ok": not fault, "fault": fault}, status=503 if fault else 200)

    def _ready(self) -> str:
        """Empty when the database answers and has every migration this code needs."""
        try:
            with connections["default"].cursor() as cursor:
                cursor.execute("SELECT 1")
            if not self._migrated:
                executor = MigrationExecutor(connections["default"])
                if executor.migration_plan(executor.loader.graph.leaf_nodes()):
                    return "migrations are missing: run manage.py migrate --database owner"
                self._migrated = True
        except DatabaseError as error:
            return f"database: {type(error).__name__}"
        return ""


def _worker() -> str:
    try:
        last = Heartbeat.objects.order_by("-at").values_list("at", flat=True).first()
    except DatabaseError as error:
        return f"database: {type(error).__name__}"
    if last is None or timezone.now() - last > WORKER_SILENT:
        return f"no worker was heard of since {last.isoformat() if last else 'ever'}"
    return ""
