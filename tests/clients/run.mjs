// Clients that others have written use the API: `AUTIO_BIN=target/debug/autio PYTHON=venv/bin/python node tests/clients/run.mjs`.

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { dirname, join } from "node:path";

import { PASSWORD } from "../browser/browser.mjs";
import { Server, stopAll } from "../browser/server.mjs";
import { Upstream } from "../browser/upstream.mjs";
import { readsAndResumes } from "./stream.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const PYTHON = process.env.PYTHON ?? "python3";
/** How long Schemathesis may go on, in seconds; and the number that its guesses come from. */
const [SECONDS, SEED] = ["75", "7"];

function run(command, args) {
  return new Promise((resolve, reject) => {
    // In a folder where what they leave behind is in nobody's way.
    const child = spawn(command, args, { stdio: "inherit", cwd: process.env.TMPDIR ?? "/tmp" });
    child.on("error", reject);
    child.on("exit", (code) => (code === 0 ? resolve() : reject(new Error(`${args.join(" ")}: exit ${code}`))));
  });
}

async function signUp(url, email) {
  const answer = await fetch(`${url}/auth/signup`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ email, password: PASSWORD }),
  });
  if (answer.status !== 201) throw new Error(await answer.text());
  return `Bearer ${(await answer.json()).access_token}`;
}

let failed = false;
try {
  const server = await Server.start();
  await run(PYTHON, [join(HERE, "grant.py"), server.url]);
  await run(PYTHON, [join(HERE, "metrics.py"), server.url]);

  const upstream = await Upstream.start();
  const slow = await Server.start(upstream.settings);
  await readsAndResumes(slow, await signUp(slow.url, "reader@example.com"));
  console.log("ok    eventsource reads a reply over a connection that breaks twice, and misses nothing");
  await upstream.stop();

  const authorization = await signUp(server.url, "guesser@example.com");
  await run(PYTHON, [
    ...["-m", "schemathesis.cli", "--config-file", join(HERE, "schemathesis.toml"), "run", `${server.url}/openapi.json`],
    ...["--header", `Authorization: ${authorization}`, "--max-time", SECONDS, "--seed", SEED],
  ]);
} catch (error) {
  console.error(error);
  failed = true;
} finally {
  stopAll();
}
process.exit(failed ? 1 : 0);
