// Answers from a model, scripted: they grow on the page, survive reloads, stops and failures, and do no harm.

import assert from "node:assert/strict";

import { conversation, finished, reply, say } from "./browser.mjs";
import { until } from "./facts.mjs";
import { Server } from "./server.mjs";
import { SLOW_WORDS, Upstream } from "./upstream.mjs";

const WHOLE = SLOW_WORDS.join(" ");
const HELD = "Wait for it: here it is.";

export default async function tell(facts) {
  const upstream = await Upstream.start();
  const server = await Server.start(upstream.settings);
  const url = server.url;
  /** Somebody new, on an empty chat. */
  const begin = async (stage, options = {}) => {
    const page = await stage.person({ url, ...options });
    await page.goto("/chat/");
    return page;
  };
  const words = (page, number = 1) => reply(page, number).locator(".prose").innerText();
  const hasWord = (page, word) => async () => (await words(page)).includes(word);

  await facts.fact("an answer is seen to grow, never to shrink or jump, and is the model's to the letter", async (stage) => {
    const page = await begin(stage);
    await page.evaluate(() => {
      window.seen = [];
      const look = () => {
        const text = document.querySelector(".reply .prose")?.textContent.trim();
        if (text && text !== window.seen.at(-1)) window.seen.push(text);
      };
      new MutationObserver(look).observe(document.getElementById("messages"), { subtree: true, childList: true, characterData: true });
    });
    await say(page, "slow please");
    await until("the question stands at the top of the screen", async () => {
      const box = await page.locator(".said").boundingBox();
      return box && box.y >= 0 && box.y < 300;
    });
    await finished(page);
    assert.equal(await words(page), WHOLE);
    const seen = await page.evaluate(() => window.seen);
    assert.ok(seen.length >= 6, `the text came in ${seen.length} steps`);
    for (const part of seen) assert.ok(WHOLE.startsWith(part), `${part} is not how the answer begins`);
    return `${seen.length} steps`;
  });

  await facts.fact("cards stand under a model's answer in the order of its text, and stay the same after a reload", async (stage) => {
    const page = await begin(stage);
    await say(page, "hybrid SUVs please");
    await finished(page);
    const named = await reply(page, 1).locator(".prose strong").allInnerTexts();
    const cards = await reply(page, 1).locator(".car").getByRole("heading").allInnerTexts();
    assert.equal(cards.length, 3);
    assert.deepEqual(cards, named);
    const before = await conversation(page);
    await page.reload();
    assert.equal(await conversation(page), before);
  });

  await facts.fact("a reload in the middle shows what was written and goes on to the end", async (stage) => {
    const page = await begin(stage);
    await say(page, "hold please");
    await until("some words are there", hasWord(page, "it:"));
    await page.reload();
    await until("the words are there again", hasWord(page, "it:"));
    assert.equal(await words(page), "Wait for it:");
    upstream.release();
    await finished(page);
    assert.equal(await words(page), HELD);
    assert.equal(await page.locator(".reply").count(), 1);
  });

  await facts.fact("two devices that watch the same conversation end with the same", async (stage) => {
    const phone = await begin(stage);
    await say(phone, "slow please");
    await until("some words are there", hasWord(phone, "word3"));
    const desktop = await stage.open({ url, cookies: await phone.context().storageState() });
    await desktop.goto(phone.url());
    await until("the second one follows", hasWord(desktop, "word5"));
    await Promise.all([finished(phone), finished(desktop)]);
    assert.equal(await words(phone), WHOLE);
    assert.equal(await conversation(desktop), await conversation(phone));
  });

  await facts.fact("who leaves in the middle finds the whole answer later", async (stage) => {
    const page = await begin(stage);
    await say(page, "hold please");
    await until("some words are there", hasWord(page, "it:"));
    const address = page.url();
    const id = (await reply(page, 1).getAttribute("id")).slice(2);
    await page.goto("about:blank");
    upstream.release();
    await until("it is kept", async () => {
      const answer = await page.request.get(`/chat/messages/${id}`, { headers: { accept: "application/json" } });
      return (await answer.json()).status === "done";
    });
    await page.goto(address);
    assert.equal(await words(page), HELD);
    assert.equal(await page.getByRole("button", { name: "Stop" }).count(), 0);
  });

  for (const script of [true, false]) {
    const how = script ? "" : "without JavaScript, ";
    await facts.fact(`${how}Stop ends the call upstream at once and keeps the part that came`, async (stage) => {
      const page = await begin(stage, { script });
      await say(page, "hold please");
      await until("some words are there", hasWord(page, "it:"));
      const call = upstream.calls.at(-1);
      // Without JavaScript the page renews itself every two seconds: right after that there is time to press.
      if (!script) await page.waitForEvent("load");
      const asked = performance.now();
      await page.getByRole("button", { name: "Stop" }).click();
      await until("the model's server sees the end", () => call.closed);
      const took = call.closed - asked;
      assert.ok(took < 1500, `it took ${took} ms`);
      await reply(page, 1).getByText("You stopped this answer").waitFor();
      const hasFocus = () => page.evaluate(() => document.activeElement !== document.body);
      if (script) assert.ok(await hasFocus(), "the focus is not lost with the button");
      assert.equal(await words(page), "Wait for it:");
      const before = await conversation(page);
      await page.reload();
      assert.equal(await conversation(page), before, "it is the same after a reload");
      await reply(page, 1).getByRole("button", { name: "Try again" }).click();
      await until("the new answer is whole", async () => {
        upstream.release();
        return (await words(page)) === HELD;
      });
      assert.equal(await page.locator(".message").count(), 2, "one question and one answer are shown");
      if (script) assert.ok(await hasFocus(), "the focus is not lost with the button");
      return `after ${took.toFixed(0)} ms`;
    });
  }

  const failures = {
    "answers with errors": [() => (upstream.failing = true), () => (upstream.failing = false)],
    "is down": [() => upstream.stop(), () => upstream.listen()],
  };
  for (const [what, [breaks, recovers]] of Object.entries(failures)) {
    await facts.fact(`when the model's server ${what}, a plain sentence says so, and "Try again" works once it is back`, async (stage) => {
      const page = await begin(stage);
      await breaks();
      try {
        await say(page, "hybrid SUVs please");
        const shown = await finished(page);
        // Either an honest failure or the catalogue's own answer, and in both cases a way to ask again.
        assert.match(shown, /can't be reached|catalogue advisor/i);
        assert.doesNotMatch(shown, /status 500|scripted|http:|127\.0\.0\.1/, "no inner workings are shown");
        await page.reload();
        assert.equal(await reply(page, 1).innerText(), shown);
      } finally {
        await recovers();
      }
      await reply(page, 1).getByRole("button", { name: "Try again" }).click();
      await until("asking again gives an answer", async () => (await reply(page, 1).innerText()).includes("These fit"));
      await finished(page, 1);
      assert.equal(await reply(page, 1).locator(".car").count(), 3);
      assert.equal(await page.locator(".message").count(), 2);
    });
  }

  await facts.fact("after an earlier answer was asked for again, the page shows what a reload shows", async (stage) => {
    const page = await begin(stage);
    await say(page, "hold please");
    await until("the answer runs", hasWord(page, "Wait"));
    await page.getByRole("button", { name: "Stop" }).click();
    await reply(page, 1).getByText("You stopped this answer").waitFor();
    await say(page, "echo something else");
    await finished(page, 2);
    const retry = reply(page, 1).getByRole("button", { name: "Try again" });
    // It may as well not be offered any more.
    if (await retry.isVisible()) {
      await retry.click();
      await until("it is answered anew", async () => {
        upstream.release();
        return (await reply(page, 1).innerText()).includes("here it is.");
      });
      await finished(page, 1);
    }
    const shown = await conversation(page);
    await page.reload();
    assert.equal(await conversation(page), shown);
  });

  await facts.fact("a message while the answer runs says to wait, and keeps what was typed", async (stage) => {
    stage.expect(/status of 409/);
    const page = await begin(stage);
    await say(page, "hold please");
    await until("the answer runs", hasWord(page, "Wait"));
    await say(page, "and another thing");
    await page.getByRole("alert").getByText(/still answering/).waitFor();
    assert.equal(await page.getByLabel("Your message").inputValue(), "and another thing");
    upstream.release();
    await finished(page);
    await page.getByRole("button", { name: "Send" }).click();
    await finished(page, 2);
    assert.equal((await page.getByRole("alert").innerText()).trim(), "", "the notice is gone");
    assert.equal(await page.locator(".message").count(), 4);
  });

  await facts.fact("a message that can't be sent stays in the composer, and the page says so", async (stage) => {
    stage.expect(/ERR_INTERNET_DISCONNECTED|Failed to fetch/);
    const page = await begin(stage);
    await page.context().setOffline(true);
    await say(page, "hybrid SUVs please");
    await until("the page says something", async () => (await page.getByRole("alert").innerText()).trim());
    assert.equal(await page.getByLabel("Your message").inputValue(), "hybrid SUVs please");
    await page.context().setOffline(false);
    await page.getByRole("button", { name: "Send" }).click();
    await finished(page);
    assert.equal(await page.locator(".said").count(), 1);
  });

  await facts.fact("what people and models write is text, and nothing in it runs", async (stage) => {
    const hostile = [
      "<script>window.harmed = 'script'</script>",
      "<img src=/harm.png onerror=\"window.harmed = 'image'\">",
      "<svg onload=\"window.harmed = 'svg'\"></svg><iframe src=/harm></iframe>",
      '<div hx-get="/harm" hx-trigger="load">load</div><p hx-sse:connect="/harm">stream</p>',
      '<hx-partial hx-target="#talk-title" hx-swap="textContent">Harmed</hx-partial>',
      '<form action=/auth/logout method=post><button>Out</button></form></textarea></title></article>',
      "[a link](javascript:window.harmed='link') [data](data:text/html,<script>window.harmed=1</script>) ![i](/harm.png)",
      "[b](/harm \"x\" onmouseover=alert(1)) {{7*7}} &lt;script&gt;",
    ].join("\n");
    const text = `echo ${hostile}`;
    const page = await stage.person({ url });
    const asked = [];
    page.on("request", (request) => asked.push(request.url()));

    await page.goto(`/chat/?draft=${encodeURIComponent(text)}`);
    assert.equal(await page.getByLabel("Your message").inputValue(), text, "the draft is as it was");
    await page.getByRole("button", { name: "Send" }).click();
    await finished(page);
    for (const round of ["as it came", "after a reload"]) {
      assert.equal(await page.locator(".said .words").innerText(), text, `the words are shown ${round}`);
      const found = await page.evaluate(() => ({
        harmed: window.harmed ?? null,
        elements: document.querySelectorAll(
          "main :is(script, iframe, img, object, embed, [onerror], [onload], [onmouseover], [style]), .prose :is(form, button, [hx-get], [hx-trigger], hx-partial)",
        ).length,
        // What isn't http(s) or mailto, or has no rel.
        links: [...document.querySelectorAll(".prose a")].filter((a) => !/^(https?|mailto):$/.test(a.protocol) || !a.rel).length,
        connects: document.querySelectorAll(".prose [hx-sse\\:connect], .said [hx-sse\\:connect]").length,
      }));
      assert.deepEqual(found, { harmed: null, elements: 0, links: 0, connects: 0 }, round);
      assert.ok((await page.locator("#talk-title").innerText()).startsWith("echo <script>"), "the title is text as well");
      for (const link of await page.locator(".prose a").all()) assert.doesNotMatch(await link.getAttribute("href"), /^\s*(javascript|data):/i);
      if (round === "as it came") await page.reload();
    }
    assert.deepEqual(asked.filter((address) => new URL(address).pathname.startsWith("/harm")), [], "nothing was fetched");
  });

  await upstream.stop();
}
