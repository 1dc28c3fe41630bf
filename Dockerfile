# syntax=docker/dockerfile:1
#
# One image for linux/amd64, linux/arm64 and linux/arm/v7:
#
#   docker buildx build --platform linux/amd64,linux/arm64,linux/arm/v7 --tag herald .
#
# The bundle and the WebAssembly modules are built once, on the machine that builds; only koffi and esbuild have a part for each processor.

# The newest Node.js whose images also come for arm/v7.
ARG NODE=node:22-bookworm-slim

FROM --platform=$BUILDPLATFORM ${NODE} AS build
WORKDIR /herald
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund --ignore-scripts
COPY build.mjs tsconfig.json LICENSE ./
COPY host host
COPY plugins plugins
COPY wasm wasm
RUN node build.mjs

FROM build AS files
ARG TARGETARCH
RUN case "$TARGETARCH" in amd64) cpu=x64 ;; *) cpu=$TARGETARCH ;; esac \
 && npm ci --omit=dev --no-audit --no-fund --ignore-scripts --os=linux --cpu=$cpu --libc=glibc \
 && mkdir -p /image/node_modules/@koromix /image/node_modules/@esbuild \
 && mv dist package.json LICENSE /image/ \
 && mv node_modules/koffi node_modules/esbuild /image/node_modules/ \
 && mv node_modules/@koromix/koffi-linux-$cpu /image/node_modules/@koromix/ \
 && mv node_modules/@esbuild/linux-$cpu /image/node_modules/@esbuild/

FROM ${NODE}
WORKDIR /herald
COPY --from=files /image ./
RUN ln -s /herald/dist/herald.mjs /usr/local/bin/herald
USER 65534:65534
ENTRYPOINT ["node", "/herald/dist/herald.mjs"]
