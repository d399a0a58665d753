# The server's image: the locked packages and the code, no compiler, no package manager of its own, not as root.
FROM python:3.13-slim AS packages
COPY requirements.txt /
RUN python -m venv --without-pip /opt/gatehouse \
 && pip --python /opt/gatehouse/bin/python install --no-cache-dir --disable-pip-version-check --no-compile \
    --require-hashes --no-deps --only-binary :all: --root-user-action ignore -r /requirements.txt
COPY app /opt/gatehouse/code/app
RUN python -m compileall -q --invalidation-mode unchecked-hash /opt/gatehouse \
 && printf '#!/bin/sh\nexec /opt/gatehouse/bin/python -m app "$@"\n' > /opt/gatehouse/bin/gatehouse \
 && chmod 755 /opt/gatehouse/bin/gatehouse

FROM python:3.13-slim
COPY --from=packages /opt/gatehouse /opt/gatehouse
RUN install -d -o 10001 -g 10001 -m 700 /data
ENV PATH=/opt/gatehouse/bin:$PATH PYTHONPATH=/opt/gatehouse/code PYTHONSAFEPATH=1 PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 DATA_DIR=/data HOST=0.0.0.0 PORT=8000
USER 10001:10001
WORKDIR /opt/gatehouse
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --start-interval=1s --retries=3 CMD ["python", "-c", \
"import http.client as h; c = h.HTTPConnection('127.0.0.1', 8000, timeout=4); c.request('GET', '/healthz'); \
raise SystemExit(c.getresponse().status != 200)"]
ENTRYPOINT ["gatehouse"]
CMD ["serve"]
