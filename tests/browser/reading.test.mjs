// Reading: nothing moves by itself, and a conversation of 500 messages is no burden.

import assert from "node:assert/strict";

import { DESKTOP, finished, PHONE, reply, say } from "./browser.mjs";
import { Server } from "./server.mjs";

/** What counts as a good page, in the web's own measure of it. */
const GOOD_SHIFT = 0.1;

export default async function tell(facts) {
  const server = await Server.start();
  const url = server.url;

  for (const [where, viewport] of [["a phone", PHONE], ["a desktop", DESKTOP]]) {
    await facts.fact(`on ${where} nothing moves by itself while pages load and an answer comes`, async (stage) => {
      const page = await stage.person({ url, viewport });
      await page.addInitScript(() => {
        window.shifts = [];
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) {
            if (!entry.hadRecentInput) window.shifts.push([entry.value, entry.sources.map(({ node }) => node?.nodeName)]);
          }
        }).observe({ type: "layout-shift", buffered: true });
      });
      const shift = async () => {
        await page.waitForTimeout(600);
        const shifts = await page.evaluate(() => window.shifts);
        const sum = shifts.reduce((sum, [value]) => sum + value, 0);
        assert.ok(sum < GOOD_SHIFT, `${page.url()} shifted by ${sum}: ${JSON.stringify(shifts)}`);
        return sum;
      };
      const sums = [];
      await page.goto("/");
      sums.push(await shift());
      await page.goto("/chat/");
      sums.push(await shift());
      await say(page, "Compare the Toyota RAV4 Hybrid and the Honda CR-V Hybrid");
      await reply(page, 1).locator(".versus").waitFor();
      await finished(page);
      sums.push(await shift());
      await page.reload();
      sums.push(await shift());
      for (const path of ["/cars", "/shortlist", "/auth/me"]) {
        await page.goto(path);
        sums.push(await shift());
      }
      return sums.map((sum) => sum.toFixed(3)).join(", ");
    });
  }

  await facts.fact("a conversation of 500 messages opens at its end, and all of it can be read", async (stage) => {
    const page = await stage.person({ url });
    await page.goto("/chat/");
    await say(page, "An SUV");
    await finished(page);
    const place = page.url();
    const id = place.split("/").at(-1);
    for (let number = 2; number <= 250; number += 1) {
      const answer = await page.request.post("/chat/", {
        // Words without a need in them, and cars now and then.
        form: { message: number % 25 ? "ok" : "Show me cars", conversation_id: id },
        headers: { accept: "application/json", origin: url },
      });
      assert.ok(answer.ok(), await answer.text());
    }
    await page.goto(place);
    const timing = await page.evaluate(() => {
      const [{ responseStart, domContentLoadedEventEnd, encodedBodySize }] = performance.getEntriesByType("navigation");
      return `${responseStart.toFixed(0)} ms to the first byte, ${domContentLoadedEventEnd.toFixed(0)} ms to a ready page, ${(encodedBodySize / 1024).toFixed(1)} KiB`;
    });
    for (let count = 20; count < 500; count = Math.min(count + 50, 500)) {
      assert.equal(await page.locator(".message").count(), count);
      await page.locator("#earlier a").click();
      await page.locator(".message").nth(Math.min(count + 50, 500) - 1).waitFor();
    }
    assert.equal(await page.locator("#earlier").count(), 0);
    // The whole of it on the page, and still quick to the touch: no task of the browser is long.
    const longest = await page.evaluate(async () => {
      const long = [];
      new PerformanceObserver((list) => long.push(...list.getEntries().map((entry) => entry.duration))).observe({ type: "longtask" });
      for (let step = 0; step < 40; step += 1) {
        scrollBy(0, step % 2 ? 1500 : -4000);
        await new Promise(requestAnimationFrame);
      }
      return Math.max(0, ...long);
    });
    await say(page, "A wagon");
    await page.locator(".said", { hasText: "A wagon" }).waitFor();
    await finished(page, 251);
    return `${timing}; the longest task while scrolling through all of it: ${longest.toFixed(0)} ms`;
  }, { seconds: 300 });
}
