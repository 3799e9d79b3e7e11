# The function's image: one static binary and nothing else, for amd64 and arm64. A build for the other architecture
# runs this stage emulated, so the machine it sees is always the one that it builds for.
FROM docker.io/library/rust:1.95-slim-bookworm AS build
WORKDIR /build

# Static: the image below has no loader and no library. The target has to be named, or build scripts get the flag too.
ENV RUSTFLAGS="-C target-feature=+crt-static"

# The dependencies, in a layer that only the manifests invalidate. The workspace's other member is the test suite's
# simulator: it is never compiled here, and its manifest with an empty library lets cargo load the workspace and keep
# to the lock file. Benches, examples and tests are no part of the image, and so no part of the manifest.
COPY .cargo/config.toml .cargo/config.toml
COPY Cargo.toml Cargo.lock ./
COPY tests/sim/Cargo.toml tests/sim/Cargo.toml
RUN sed -i '/^\[\[\(bench\|example\|test\)\]\]/,/^$/d' Cargo.toml \
    && mkdir -p src tests/sim/src \
    && touch src/lib.rs tests/sim/src/lib.rs \
    && echo 'fn main() {}' > src/main.rs \
    && cargo build --release --locked --target "$(uname -m)-unknown-linux-gnu" --bin credential-audit

# The program. Copied sources keep their dates, which may lie before the layer above: touched, they are newer.
COPY src src
RUN touch src/lib.rs src/main.rs \
    && cargo build --release --locked --target "$(uname -m)-unknown-linux-gnu" --bin credential-audit \
    && install -D "target/$(uname -m)-unknown-linux-gnu/release/credential-audit" /out/function

FROM scratch
LABEL org.opencontainers.image.title="credential-audit" \
      org.opencontainers.image.description="Audits the age of IAM credentials in OCI identity domains: a scheduled OCI Function" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build --chown=0:0 --chmod=0555 /out/function /function
# The platform's user, whatever an image says; here so that it is the same everywhere else.
USER 1000:1000
# glibc raises this threshold to the size of whatever large block is freed, and keeps later ones in a heap full of holes:
# fixed at its default, it gives pages and tables back to the system: a fifth less at the peak for 100,000 users.
ENV MALLOC_MMAP_THRESHOLD_=131072
ENTRYPOINT ["/function"]
