// The chips above the composer: what Autio understood, and how people change it.

import assert from "node:assert/strict";

import { DESKTOP, finished, PHONE, reply, say } from "./browser.mjs";
import { until } from "./facts.mjs";
import { Server } from "./server.mjs";

const WISH = "A hybrid SUV under $35,000 with all-wheel drive";

export default async function tell(facts) {
  const server = await Server.start();
  const url = server.url;

  const ways = [
    ["on a phone", { viewport: PHONE }],
    ["on a desktop", { viewport: DESKTOP }],
    ["on a phone without JavaScript", { viewport: PHONE, script: false }],
  ];
  for (const [where, options] of ways) {
    await facts.fact(`${where}, a need is changed and another dropped, and new cars go by what is left`, async (stage) => {
      stage.expect(/status of 422/);
      const page = await stage.person({ url, ...options });
      await page.goto("/chat/");
      await say(page, WISH);
      await reply(page, 1).locator(".car").first().waitFor();
      await finished(page);
      const chip = (text) => page.locator("#needs li").filter({ has: page.locator("summary", { hasText: text }) });

      await chip("at most $35,000").locator("summary").click();
      const box = chip("at most $35,000").getByRole("textbox");
      assert.equal(await box.inputValue(), "35000");
      assert.ok(await chip("at most $35,000").getByText("You said: “under $35,000”").isVisible());
      const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
      assert.ok(!wide, "the open chip fits the screen");
      await box.fill("plenty");
      await chip("at most $35,000").getByRole("button", { name: "Change" }).click();
      await page.getByText("Give a whole number from 500 to 5,000,000").waitFor();
      assert.equal(await box.inputValue(), "plenty", "what was typed is still there");
      await box.fill("$30,000");
      await chip("at most $35,000").getByRole("button", { name: "Change" }).click();
      await chip("at most $30,000").waitFor();

      await chip("all-wheel drive").locator("summary").click();
      await chip("all-wheel drive").getByRole("button", { name: "Remove" }).click();
      await until("the chip is gone", async () => (await chip("all-wheel drive").count()) === 0);

      await page.getByRole("button", { name: "Show me cars for these needs" }).click();
      await reply(page, 2).locator(".car").first().waitFor();
      const text = await finished(page, 2);
      assert.match(text, /at most \$30,000/);
      assert.equal(await page.getByRole("button", { name: "Show me cars for these needs" }).count(), 0);
      assert.equal(await page.locator("#needs li").count(), 3, "hybrid, SUV and the price are left");
    });
  }

  await facts.fact("a need is changed by keyboard alone, and the focus stays near", async (stage) => {
    const page = await stage.person({ url });
    await page.goto("/chat/");
    await say(page, WISH);
    await finished(page);
    const summary = page.locator("#needs summary", { hasText: "SUV" });
    await summary.focus();
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    await page.keyboard.press("s");
    assert.equal(await page.locator("#needs select:focus").inputValue(), "sedan");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.locator("#needs summary", { hasText: "sedan" }).waitFor();
    const lost = await page.evaluate(() => document.activeElement === document.body);
    assert.ok(!lost, "the focus isn't lost");
  });
}
