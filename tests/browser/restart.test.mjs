// A server that dies without a word, and comes back on the same port and database.

import assert from "node:assert/strict";

import { conversation, finished, reply, say } from "./browser.mjs";
import { PATIENCE, until } from "./facts.mjs";
import { Server } from "./server.mjs";
import { SLOW_WORDS, Upstream } from "./upstream.mjs";

export default async function tell(facts) {
  const upstream = await Upstream.start();
  const server = await Server.start(upstream.settings);
  const begin = async (stage) => {
    const page = await stage.person({ url: server.url });
    await page.goto("/chat/");
    return page;
  };
  const words = (page, number = 1) => reply(page, number).locator(".prose").innerText();

  await facts.fact("kill -9 right after an answer loses neither it nor the session", async (stage) => {
    const page = await begin(stage);
    await say(page, "hybrid SUVs please");
    await finished(page);
    await server.kill();
    const before = await conversation(page);
    await server.run();
    await page.reload();
    assert.equal(await conversation(page), before);
    await say(page, "echo still here");
    await finished(page, 2);
    assert.equal(await words(page, 2), "still here");
  });

  await facts.fact("a page that is open while the server is killed and started again gets its answer by itself", async (stage) => {
    stage.expect(/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONNECTION_RESET|htmx:sse:error/);
    const page = await begin(stage);
    await say(page, "slow please");
    await until("some words are there", async () => (await words(page)).includes("word5"));
    await server.kill();
    await server.run();
    // The dead worker's lease has to run out first.
    await finished(page, 1, 2 * PATIENCE);
    assert.equal(await words(page), SLOW_WORDS.join(" "));
  });

  await upstream.stop();
}
