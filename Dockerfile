# syntax=docker/dockerfile:1
# Two stages: what builds stays behind; the image that runs has no pip, no compiler, no shell tools beyond the base.

FROM python:3.13-slim AS build
WORKDIR /source
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv --without-pip /opt/reconciler
COPY pyproject.toml README.md LICENSE CHANGELOG.md ./
COPY reconciler reconciler
COPY schemas schemas
# Without byte code each start would compile the Azure SDK anew, four seconds of it.
RUN python -m pip --python /opt/reconciler/bin/python install --no-compile . \
 && python -m compileall -q -j 0 /opt/reconciler/lib \
 && find /opt/reconciler/lib -path '*azure/mgmt/dataprotection/__pycache__/*' | grep -q . \
 && /opt/reconciler/bin/reconciler schema > /dev/null

FROM python:3.13-slim
RUN python -m pip uninstall --yes pip \
 && useradd --system --uid 10001 --home-dir /work --shell /usr/sbin/nologin reconciler \
 && install -d -o reconciler -g reconciler /work
COPY --from=build /opt/reconciler /opt/reconciler
ENV PATH=/opt/reconciler/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER 10001
WORKDIR /work
ENTRYPOINT ["reconciler"]
CMD ["--help"]
