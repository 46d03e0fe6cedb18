# The assistant as a container: no root, nothing of it writable but /data and /tmp, no compiler in the final image.
FROM python:3.11-slim-bookworm AS build
RUN apt-get update \
    && apt-get install --yes --no-install-recommends build-essential \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /source
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /venv
COPY constraints.txt pyproject.toml README.md LICENSE NOTICE ./
COPY assistant assistant
COPY corpus corpus
COPY docs docs
COPY prompts prompts
COPY web web
# Such as "[openai]" for a chat model, or "[server,redis]" for several servers over one corpus.
ARG EXTRAS=""
RUN /venv/bin/pip install --quiet --constraint constraints.txt ".${EXTRAS}"

FROM python:3.11-slim-bookworm
# Pango draws the PDF of briefs.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends \
        libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin assistant \
    && install --directory --owner assistant --group assistant --mode 0700 /data
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH \
    HOME=/tmp \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    ASSISTANT_DATA_DIR=/data \
    ASSISTANT_CACHE_DIR=/data/cache \
    ASSISTANT_HOST=0.0.0.0 \
    ASSISTANT_LOG_FORMAT=json
USER 10001
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=120s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["assistant"]
CMD ["serve"]
