# Builds Autio in one image and runs it in another that holds the program, the certificates and
# little else.

FROM rust:1.95-bookworm AS build
WORKDIR /build
# perl and make are there already: OpenSSL for the PostgreSQL client is built from source.
# The dependencies first, in a layer of their own: it stays until one of these files changes.
COPY Cargo.toml Cargo.lock ./
COPY .cargo .cargo
# The tests aren't here, and cargo wants to see what the manifest names.
RUN sed -i '/^\[\[\(test\|bench\)\]\]/,/^$/d' Cargo.toml \
    && mkdir src && echo 'fn main() {}' > src/main.rs && touch src/lib.rs \
    && cargo build --release --locked \
    && rm -rf src target/release/autio target/release/deps/*autio*
COPY migrations migrations
COPY static static
COPY templates templates
COPY src src
COPY tests/advice/cases.txt tests/advice/cases.txt
RUN touch src/main.rs src/lib.rs && cargo build --release --locked

FROM debian:bookworm-slim
# The SQLite file and the key beside it are in /data; mount a volume there to keep them.
RUN groupadd --gid 10001 autio \
    && useradd --uid 10001 --gid autio --no-log-init --home-dir /data --no-create-home --shell /usr/sbin/nologin autio \
    && install --directory --owner autio --group autio --mode 700 /data
# What public certificates are checked against; installed here it would bring a second OpenSSL.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /build/target/release/autio /usr/local/bin/autio
# By number: Kubernetes can then see that it isn't root.
USER 10001:10001
WORKDIR /data
VOLUME /data
ENV AUTIO_ADDR=0.0.0.0:8000 \
    AUTIO_PUBLIC_URL=http://localhost:8000
EXPOSE 8000
# SIGTERM lets running replies finish.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s CMD ["autio", "health"]
CMD ["autio", "serve"]
