# Two stages on one base: what builds stays behind, and what runs has no pip, no compiler and no account with a shell.
# BASE is any image with Python 3.11 or newer as `python3`, and pip.
ARG BASE=docker.io/library/python:3.13-slim-bookworm

FROM ${BASE} AS build
WORKDIR /source
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
COPY pyproject.toml requirements.lock README.md LICENSE CHANGELOG.md ./
COPY reconciler reconciler
COPY schemas schemas
COPY samples/roles samples/roles
# Byte code is made here, checked against nothing later: else each start on a read-only file system would compile the
# Azure SDK anew, four seconds of it; and without times in it two builds of one commit are equal.
RUN python3 -m venv --without-pip /opt/reconciler \
 && python3 -m pip --python /opt/reconciler/bin/python3 install --no-compile -c requirements.lock . \
 && /opt/reconciler/bin/python3 -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/reconciler/lib \
 && /opt/reconciler/bin/reconciler schema > /dev/null

FROM ${BASE}
ARG VERSION=0.0.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="reconciler" \
      org.opencontainers.image.description="Declarative, GitOps-style reconciler for Azure Disk Backup" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
RUN python3 -m pip uninstall --yes --quiet --root-user-action ignore pip
COPY --from=build /opt/reconciler /opt/reconciler
ENV PATH=/opt/reconciler/bin:$PATH HOME=/tmp PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
WORKDIR /estate
USER 10001:10001
# The tool is the first process: it has handlers for SIGINT and SIGTERM of its own, and starts no other.
STOPSIGNAL SIGTERM
ENTRYPOINT ["/opt/reconciler/bin/reconciler"]
CMD ["--help"]
