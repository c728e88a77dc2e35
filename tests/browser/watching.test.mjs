// One answer, watched by several browsers at once: whatever happens to any of them or to the server, all end with what is stored.

import assert from "node:assert/strict";

import { conversation, reply, say } from "./browser.mjs";
import { PATIENCE, until } from "./facts.mjs";
import { Server } from "./server.mjs";
import { Upstream } from "./upstream.mjs";

const WHOLE = "Wait for it: here it is.";

export default async function tell(facts) {
  const upstream = await Upstream.start();
  const server = await Server.start(upstream.settings);
  const url = server.url;
  const words = (page) => reply(page, 1).locator(".prose").innerText();
  const hasBegun = (page) => async () => (await words(page)) === "Wait for it:";

  /** An answer that is held in the middle, on two devices. */
  const watch = async (stage) => {
    upstream.calls = [];
    const first = await stage.person({ url });
    await first.goto("/chat/");
    await say(first, "hold please");
    await until("some words are there", hasBegun(first));
    return [first, await join(stage, first)];
  };

  /** One more device of the same person, on the same answer. */
  const join = async (stage, first, script = true) => {
    const page = await stage.open({ url, cookies: await first.context().storageState(), script });
    await page.goto(first.url());
    await until("it follows", hasBegun(page));
    return page;
  };

  /** Waits until all have the whole, and compares it with the row. */
  const compare = async (pages) => {
    // Who answered stands under a finished answer alone; a page that is just being refreshed shows neither that nor a button.
    const isWhole = (page) => async () => (await reply(page, 1).innerText()).includes("test-model");
    await Promise.all(pages.map((page) => until("the answer is finished", isWhole(page))));
    const [first] = pages;
    const id = (await reply(first, 1).getAttribute("id")).slice(2);
    const answer = await first.request.get(`/chat/messages/${id}`, { headers: { accept: "application/json" } });
    const stored = await answer.json();
    assert.equal(stored.status, "done");
    assert.equal(stored.text.trim(), WHOLE);
    const shown = await conversation(first);
    for (const page of pages) {
      assert.equal(await words(page), stored.text.trim());
      assert.equal(await conversation(page), shown);
      assert.equal(await page.locator(".message").count(), 2);
    }
  };

  await facts.fact("two browsers, one of them reloading, and a third without JavaScript end with what is stored", async (stage) => {
    const pages = await watch(stage);
    pages.push(await join(stage, pages[0], false));
    await pages[1].reload();
    await until("it is there again after the reload", hasBegun(pages[1]));
    upstream.release();
    await compare(pages);
    assert.equal(upstream.calls.length, 1, "the model was asked once");
  });

  await facts.fact("they end with what is stored when the server is killed in the middle as well", async (stage) => {
    stage.expect(/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONNECTION_RESET|htmx:sse:error/);
    const pages = await watch(stage);
    await server.kill();
    await server.run();
    await pages[1].reload();
    // The dead worker's lease has to run out first.
    await until("another attempt is made", () => upstream.calls.length === 2, 2 * PATIENCE);
    // Without JavaScript one may have seen the browser's own page of errors meanwhile, which doesn't renew itself, and comes anew.
    pages.push(await join(stage, pages[0], false));
    const letGo = setInterval(() => upstream.release(), 200);
    await compare(pages).finally(() => clearInterval(letGo));
  });

  await upstream.stop();
}
