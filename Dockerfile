# The web, worker, beat and migrating containers are all of this image; docker-compose.yml says which runs what.
# Debian, not Alpine: one dependency (mrml) has no wheel for musl.
FROM python:3.11-slim AS build
COPY requirements/bootstrap.txt requirements/base.txt /tmp/requirements/
RUN python -m venv /opt/venv \
 && /opt/venv/bin/pip install --no-cache-dir --require-hashes -r /tmp/requirements/bootstrap.txt \
 && /opt/venv/bin/uv pip install --no-cache --python /opt/venv/bin/python --compile-bytecode \
      --require-hashes --only-binary :all: -r /tmp/requirements/base.txt \
 && /opt/venv/bin/uv pip uninstall --python /opt/venv/bin/python uv

FROM python:3.11-slim
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DATA_DIR=/data \
    WEB_BIND=0.0.0.0:8000 \
    STREAM_BIND=0.0.0.0:8001 \
    STATICFILES_STORAGE=whitenoise.storage.CompressedManifestStaticFilesStorage
# What draws invoices as PDF; without it they can only be printed from their page.
RUN apt-get update -qq \
 && apt-get install -y -qq --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core \
 && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --home-dir /app rastro \
 && install --directory --owner rastro --group rastro /data
COPY --from=build /opt/venv /opt/venv
WORKDIR /app
COPY . .
# Neither asks a database nor keeps the key.
RUN SECRET_KEY=build python manage.py compile_po \
 && SECRET_KEY=build python manage.py collectstatic --noinput
USER rastro
EXPOSE 8000
CMD ["gunicorn", "--config", "python:config.gunicorn", "config.wsgi"]
