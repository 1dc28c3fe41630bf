# syntax=docker/dockerfile:1
#
# One image for linux/amd64, linux/arm64 and linux/arm/v7:
#
#   docker buildx build --platform linux/amd64,linux/arm64,linux/arm/v7 --tag herald .
#
# It is the folder dist/. What is compiled is so once, on the machine that builds; only koffi and esbuild have a part for each processor.

# The newest Node.js whose images also come for arm/v7.
ARG NODE=node:22-bookworm-slim

FROM --platform=$BUILDPLATFORM ${NODE} AS build
WORKDIR /herald
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund --ignore-scripts
COPY build.mjs tsconfig.json LICENSE ./
COPY deploy/assemble.mjs deploy/assemble.mjs
COPY deploy/crds deploy/crds
COPY fixtures/hello fixtures/hello
COPY fixtures/homelab fixtures/homelab
COPY host host
COPY plugins plugins
COPY wasm wasm
RUN node build.mjs

FROM build AS files
ARG TARGETARCH
RUN case "$TARGETARCH" in amd64) cpu=x64 ;; *) cpu=$TARGETARCH ;; esac \
 && node build.mjs --cpu "$cpu" --to /image

FROM ${NODE}
COPY --from=files /image /herald
RUN ln -s /herald/herald.mjs /usr/local/bin/herald
USER 65534:65534
ENTRYPOINT ["node", "/herald/herald.mjs"]
