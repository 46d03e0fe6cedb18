"""What can be counted, for Prometheus."""

from __future__ import annotations

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4
from starlette.responses import Response

from assistant.errors import StorageFailed
from assistant.index.figures import figures_of
from assistant.server.dependencies import ServicesDep
from assistant.server.problems import RESPONSES

router = APIRouter(tags=["health"], responses=RESPONSES)


@router.get(
    "/metrics",
    operation_id="metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
def metrics(services: ServicesDep) -> Response:
    """Answers by status, latencies, withheld sentences, the size of corpus and index, jobs, streams and requests."""
    try:
        figures = figures_of(services.database, services.index)
    except StorageFailed:
        figures = None  # what has been counted is told all the same
    return Response(services.metrics.exposition(figures), media_type=CONTENT_TYPE_PLAIN_0_0_4)
