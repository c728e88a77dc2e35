// A scripted model behind OpenAI's Chat Completions protocol: it streams, calls tools, hangs and fails as it is told.
//
// What it does follows from the last thing the person said:
//   "slow …"   twenty-four numbered words, one every 150 ms
//   "hold …"   a few words, and the rest when the test calls `release()`
//   "echo …"   what was said, in small pieces
//   "break …"  a few words, and then the connection breaks
//   "compare …"  it calls search_cars for hybrid SUVs and compare_cars with the first two, and then names no car
//   otherwise  it calls search_cars for hybrid SUVs, and then names the first three that were found
// While `failing` is set, every call gets status 500.

import { createServer } from "node:http";

export const SLOW_WORDS = Array.from({ length: 24 }, (_, index) => `word${index + 1}`);

export class Upstream {
  failing = false;
  /** The calls so far: `{ said, begun, closed }`, times as performance.now() has them, `closed` when the caller left early. */
  calls = [];
  #server;
  #port;
  #released = [];

  static async start() {
    const upstream = new Upstream();
    await upstream.listen();
    return upstream;
  }

  get settings() {
    return { OPENAI_API_KEY: "test", OPENAI_BASE_URL: `http://127.0.0.1:${this.#port}/v1`, OPENAI_MODEL: "test-model" };
  }

  /** Begins to answer; again after `stop`, on the same port. */
  async listen() {
    this.#server = createServer((request, response) => this.#answer(request, response));
    await new Promise((resolve, reject) => {
      this.#server.on("error", reject);
      this.#server.listen(this.#port ?? 0, "127.0.0.1", resolve);
    });
    this.#port = this.#server.address().port;
  }

  /** Refuses connections from here on, and drops the open ones. */
  async stop() {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  /** Lets every answer that is held go on. */
  release() {
    for (const go of this.#released.splice(0)) go();
  }

  async #answer(request, response) {
    let body = "";
    for await (const part of request) body += part;
    const { messages } = JSON.parse(body);
    const last = messages.at(-1);
    const said = messages.findLast((message) => message.role === "user").content;
    const call = { said, begun: performance.now(), closed: null };
    this.calls.push(call);
    response.on("close", () => {
      if (!response.writableFinished) call.closed = performance.now();
    });
    if (this.failing) {
      response.writeHead(500, { "content-type": "application/json" });
      response.end(JSON.stringify({ error: { code: "scripted", message: "as the test wanted" } }));
      return;
    }
    response.writeHead(200, { "content-type": "text/event-stream" });
    const send = (delta, finish_reason = null) => {
      response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason }] })}\n\n`);
    };
    const say = async (pieces, pause) => {
      for (const content of pieces) {
        if (response.destroyed) return;
        send({ content });
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    };
    let reason = "stop";
    if (said.startsWith("slow")) {
      await say(SLOW_WORDS.map((word) => `${word} `), 150);
    } else if (said.startsWith("hold")) {
      await say(["Wait ", "for ", "it: "], 20);
      await new Promise((resolve) => this.#released.push(resolve));
      await say(["here ", "it ", "is."], 20);
    } else if (said.startsWith("echo")) {
      await say(said.slice(5).match(/.{1,12}/gs), 10);
    } else if (said.startsWith("break")) {
      await say(["One ", "moment"], 20);
      response.destroy();
    } else if (last.role !== "tool") {
      const wanted = JSON.stringify({ bodies: ["suv"], fuels: ["hybrid"], limit: 3 });
      send({ tool_calls: [{ index: 0, id: "call_1", function: { name: "search_cars", arguments: wanted.slice(0, 9) } }] });
      send({ tool_calls: [{ index: 0, function: { arguments: wanted.slice(9) } }] });
      reason = "tool_calls";
    } else if (said.startsWith("compare") && JSON.parse(last.content).lines === undefined) {
      const ids = JSON.parse(last.content).cars.slice(0, 2).map((car) => car.id);
      send({ tool_calls: [{ index: 0, id: "call_2", function: { name: "compare_cars", arguments: JSON.stringify({ ids }) } }] });
      reason = "tool_calls";
    } else if (said.startsWith("compare")) {
      await say(["The first is the thriftier of the two, ", "and the second is the roomier."], 20);
    } else {
      const names = JSON.parse(last.content).cars.map((car) => car.name);
      await say(["These fit:\n\n", ...names.map((name) => `- **${name}**: thrifty\n`), "\nWhich matters more, space or price?"], 40);
    }
    if (response.destroyed) return;
    send({}, reason);
    response.write(`data: ${JSON.stringify({ choices: [], usage: { prompt_tokens: 9, completion_tokens: 9 } })}\n\n`);
    response.end("data: [DONE]\n\n");
  }
}
