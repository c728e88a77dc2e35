// An EventSource of npm's registry reads a reply with a Bearer token over a connection that breaks, and misses nothing.

import assert from "node:assert/strict";
import { connect, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

import { EventSource } from "eventsource";

import { SLOW_WORDS } from "../browser/upstream.mjs";

/** A way to that port which breaks off once it has carried each of these words, in their order. */
async function breaking(port, words) {
  const left = [...words];
  const proxy = createServer((client) => {
    const server = connect(port, "127.0.0.1");
    const close = () => {
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) socket.on("error", close).on("close", close);
    client.pipe(server);
    server.on("data", (data) => {
      client.write(data);
      if (left.length > 0 && data.includes(left[0])) {
        left.shift();
        // What was written is still to arrive.
        setTimeout(close, 20);
      }
    });
  });
  await new Promise((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  return { proxy, left, url: `http://127.0.0.1:${proxy.address().port}` };
}

export async function readsAndResumes(server, authorization) {
  const post = await fetch(`${server.url}/chat/`, {
    method: "POST",
    headers: { authorization, "content-type": "application/json", prefer: "respond-async" },
    body: JSON.stringify({ message: "slow, please" }),
  });
  assert.equal(post.status, 202);
  const { message_id } = await post.json();
  const { proxy, left, url } = await breaking(server.port, ["word4 ", "word9 "]);
  /** The `Last-Event-ID` of each connection. */
  const ids = [];
  const source = new EventSource(`${url}/chat/messages/${message_id}/events`, {
    fetch: (input, init) => {
      ids.push(init.headers["Last-Event-ID"]);
      return fetch(input, { ...init, headers: { ...init.headers, authorization } });
    },
  });
  let text = "";
  try {
    const reply = await new Promise((resolve, reject) => {
      source.addEventListener("delta", (event) => (text += JSON.parse(event.data).text));
      source.addEventListener("restart", () => reject(new Error("the text begins anew")));
      source.addEventListener("done", (event) => resolve(JSON.parse(event.data)));
      // Its own error is a connection that broke; the API's has data.
      source.addEventListener("error", (event) => event.data && reject(new Error(event.data)));
    });
    assert.equal(left.length, 0, "it broke off as often as it was to");
    assert.equal(ids.length, 3, "it came back each time");
    assert.equal(ids[0], undefined);
    for (const id of ids.slice(1)) assert.match(id, /^\d+-\d+$/);
    assert.equal(text.trim(), SLOW_WORDS.join(" "), "nothing is missed, and nothing comes twice");
    assert.equal(text, reply.reply);
    // It knows no end but to be told that there is nothing more.
    for (let waited = 0; source.readyState !== source.CLOSED && waited < 100; waited += 1) await sleep(100);
    assert.equal(source.readyState, source.CLOSED, "it comes back for ever");
    assert.equal(ids.at(-1), "end");
  } finally {
    source.close();
    proxy.close();
  }
}
