// Starts the autio binary on a free port with a database of its own, kills it, and starts it again.

import { execFile, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { until } from "./facts.mjs";

const BINARY = process.env.AUTIO_BIN ?? fileURLToPath(new URL("../../target/debug/autio", import.meta.url));

const servers = new Set();

export class Server {
  #folder = mkdtempSync(join(tmpdir(), "autio-browser-"));
  #settings;
  #process;
  #log = "";

  /** A server that answers; `settings` are environment variables beside the usual ones. */
  static async start(settings = {}) {
    const server = new Server();
    server.port = await freePort();
    server.url = `http://127.0.0.1:${server.port}`;
    server.#settings = settings;
    servers.add(server);
    await server.run();
    return server;
  }

  /** Starts the process; again after `kill`, on the same port and database. */
  async run() {
    const child = spawn(BINARY, [], { ...this.#place, stdio: ["ignore", "pipe", "pipe"] });
    this.#process = child;
    let ended;
    child.on("error", (error) => (ended = error.message));
    child.on("exit", (code, signal) => (ended ??= `exit ${code ?? signal}`));
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (data) => (this.#log = (this.#log + data).slice(-8000)));
    }
    await until(`${BINARY} answers`, async () => {
      if (ended) throw new Error(`${BINARY} ended at once (${ended}):\n${this.#log}`);
      return fetch(`${this.url}/healthz`).then((answer) => answer.ok, () => false);
    }, 20);
  }

  /** Where it runs and with which settings. Nothing of the caller's own, keys above all, may reach it. */
  get #place() {
    const env = {
      PATH: process.env.PATH,
      AUTIO_ADDR: `127.0.0.1:${this.port}`,
      DATABASE_URL: join(this.#folder, "autio.db"),
      AUTIO_RATE_LIMITS: "off",
      ...this.#settings,
    };
    return { cwd: this.#folder, env };
  }

  /** Runs a command beside it, as the operator would, and returns what it prints. */
  async command(...args) {
    const { stdout } = await promisify(execFile)(BINARY, args, this.#place);
    return stdout;
  }

  /** As a power cut would: nothing is flushed, nobody says goodbye. */
  async kill() {
    const child = this.#process;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await gone;
  }

  /** The end of what it wrote. */
  get log() {
    return this.#log;
  }

  stopNow() {
    this.#process?.kill("SIGKILL");
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

export function stopAll() {
  for (const server of servers) server.stopNow();
  servers.clear();
}
process.on("exit", stopAll);
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));

export function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}
