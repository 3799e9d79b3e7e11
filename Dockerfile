# The function's image: one static binary and nothing else, for amd64 and arm64. A build for the other architecture
# emulates this stage, so `uname -m` always prints the target architecture.
FROM docker.io/library/rust:1.95-slim-bookworm AS build
WORKDIR /build

# Static, because the final image has no loader and no libraries. Without --target, build scripts would get the flag too.
ENV RUSTFLAGS="-C target-feature=+crt-static"

# The dependencies, in a layer that only the manifests invalidate. The other members of the workspace, the simulator and
# the demo, are not compiled here: cargo needs their manifests and empty sources to load the workspace and the lock file. The
# manifest loses its benches, examples and tests, because their sources are not copied.
COPY Cargo.toml Cargo.lock ./
COPY examples/demo/Cargo.toml examples/demo/Cargo.toml
COPY tests/sim/Cargo.toml tests/sim/Cargo.toml
RUN sed -i '/^\[\[\(bench\|example\|test\)\]\]/,/^$/d' Cargo.toml \
    && mkdir -p src examples/demo/src tests/sim/src \
    && touch src/lib.rs tests/sim/src/lib.rs \
    && echo 'fn main() {}' | tee examples/demo/src/main.rs > src/main.rs \
    && cargo build --profile dist --locked --target "$(uname -m)-unknown-linux-gnu" --bin credential-audit

# The program. Copied sources keep their dates, which may be older than the layer above, so touch makes them newer.
COPY build.rs ./
COPY src src
# What `--version` says about the commit, such as "e52ac4b 2026-11-30": the build has no .git. A build script reads it.
ARG CREDENTIAL_AUDIT_COMMIT=""
RUN touch src/lib.rs src/main.rs \
    && cargo build --profile dist --locked --target "$(uname -m)-unknown-linux-gnu" --bin credential-audit \
    && install -D "target/$(uname -m)-unknown-linux-gnu/dist/credential-audit" /out/function

FROM scratch
LABEL org.opencontainers.image.title="credential-audit" \
      org.opencontainers.image.description="Find OCI credentials that need rotation, and report anything that could not be read" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build --chown=0:0 --chmod=0555 /out/function /function
# The platform always runs as this user. Here it applies everywhere else too.
USER 1000:1000
# By default, glibc raises this threshold with each large block it frees, and then keeps later blocks in a fragmented
# heap. A fixed threshold returns them to the system, which cuts peak memory by a fifth for 100,000 users.
ENV MALLOC_MMAP_THRESHOLD_=131072
ENTRYPOINT ["/function"]
