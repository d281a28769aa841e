# syntax=docker/dockerfile:1

# The image of the operator: Node, one file, and nobody to log in as.

ARG BUILD_IMAGE=node:24-trixie-slim
# Pin it for a release: --build-arg RUNTIME_IMAGE=gcr.io/distroless/nodejs24-debian13@sha256:...
ARG RUNTIME_IMAGE=gcr.io/distroless/nodejs24-debian13:nonroot

# The bundle is the same for every platform, so it is made on the one at hand.
FROM --platform=${BUILDPLATFORM} ${BUILD_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
# No package's install script runs: the image brings its own Node, and nothing else needs one.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY .ci/build.ts .ci/packages.ts .ci/sbom.ts .ci/
COPY tsconfig.json ./
COPY src src
RUN node .ci/build.ts

FROM ${RUNTIME_IMAGE}
# Which sources it was made from only who makes it knows: --build-arg REVISION=$(git rev-parse HEAD)
ARG REVISION=unknown
LABEL org.opencontainers.image.title="rai-operator" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.description="Kubernetes operator for Resistant AI's Tenant Management API" \
      org.opencontainers.image.licenses="Apache-2.0"
WORKDIR /app
# package.json says that the bundle is an ES module.
COPY package.json LICENSE ./
COPY --from=build /app/dist/rai-operator.js /app/dist/LICENSES.txt /app/dist/sbom.cdx.json dist/
# By number, so that runAsNonRoot can be checked without looking into the image.
USER 65532:65532
# Metrics, probes.
EXPOSE 8080 8081
# Memory is kept low: a young generation of 16 MB, an old one that grows by half until it is collected, code that two collections
# found unused given up, no compiler in the middle, one heap for all native threads; the operator collects what is left once it is
# at rest. The young generation is too small to be collected by several threads.
# No signal opens a debugger, who may read every secret.
ENV MALLOC_ARENA_MAX=1
ENTRYPOINT ["/nodejs/bin/node", "--disable-sigusr1", "--expose-gc", "--max-semi-space-size=16", "--no-parallel-scavenge", "--heap-growing-percent=50", "--flush-baseline-code", "--bytecode-old-age=2", "--no-maglev", "/app/dist/rai-operator.js"]
