// What makes the chat pleasant to use: short answers, copying, keeping, keys, focus, and a connection that goes away.

import assert from "node:assert/strict";

import { conversation, DESKTOP, finished, PHONE, reply, say } from "./browser.mjs";
import { until } from "./facts.mjs";
import { checkAccess, checkServed, checkWidths } from "./pages.test.mjs";
import { Server } from "./server.mjs";

export default async function tell(facts) {
  const server = await Server.start();
  const url = server.url;
  const focused = (page) => page.evaluate(() => document.activeElement.id);
  const begin = async (page, words = "An SUV") => {
    await page.goto("/chat/");
    await say(page, words);
    await page.locator(".reply .car").first().waitFor();
    await finished(page);
  };

  const ways = [
    ["on a phone", { viewport: PHONE }],
    ["on a desktop", { viewport: DESKTOP }],
    ["on a phone without JavaScript", { viewport: PHONE, script: false }],
  ];
  for (const [where, options] of ways) {
    await facts.fact(`${where}, the question at the end is answered with one tap, and its buttons go`, async (stage) => {
      const page = await stage.person({ url, ...options });
      await begin(page);
      const buttons = page.locator(".suggestions button");
      await until("there are short answers", async () => (await buttons.count()) >= 2);
      assert.ok((await buttons.count()) <= 5);
      const first = buttons.first();
      const words = await first.innerText();
      const box = await first.boundingBox();
      assert.ok(box.height >= 44, `a finger needs 44 px, not ${box.height}`);
      await first.click();
      await page.locator(".said", { hasText: words }).waitFor();
      await reply(page, 2).waitFor();
      await finished(page, 2);
      assert.ok(!(await reply(page, 1).locator(".suggestions").isVisible()));
      const shown = await reply(page, 2).innerText();
      await page.reload();
      assert.equal(await reply(page, 2).innerText(), shown, "the same after a reload");
    });

    await facts.fact(`${where}, a card shows what matters for the question, and the rest when asked`, async (stage) => {
      const page = await stage.person({ url, ...options });
      await begin(page, "An SUV with 7 seats");
      const card = page.locator(".car").first();
      const names = (await card.locator("dt:visible").allInnerTexts()).join();
      assert.match(names, /Price.*Seats|Seats.*Price/);
      assert.ok((await card.locator("dt:visible").count()) <= 6, names);
      assert.doesNotMatch(names, /Tailpipe/);
      await card.getByText("All figures").click();
      assert.match((await card.locator("dt:visible").allInnerTexts()).join(), /Tailpipe/);
      await card.getByText("Source: EPA").waitFor();
    });
  }

  await facts.fact("a car that was kept is shown as kept wherever it comes again", async (stage) => {
    const page = await stage.person({ url });
    await begin(page);
    const title = await page.locator(".car h2").first().innerText();
    await page.getByRole("button", { name: `Keep the ${title}` }).click();
    await page.getByRole("button", { name: `Remove the ${title}` }).waitFor();
    await page.reload();
    await page.getByRole("button", { name: `Remove the ${title}` }).waitFor();
    await page.goto("/chat/");
    await say(page, "An SUV");
    await finished(page);
    await page.getByRole("button", { name: `Remove the ${title}` }).waitFor();
  });

  await facts.fact("the text of an answer is copied, and that is said", async (stage) => {
    const page = await stage.person({ url });
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"], { origin: url });
    await begin(page);
    const copy = reply(page, 1).locator(".copy");
    await copy.click();
    await until("it says so", async () => (await page.locator("#status").innerText()) === "Copied.");
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    assert.match(copied, /You asked for: SUV/);
    assert.equal(await copy.innerText(), "Copied");
    await until("it can be done again", async () => (await copy.innerText()) === "Copy");
  });

  await facts.fact("without JavaScript there is no button that does nothing", async (stage) => {
    const page = await stage.person({ url, script: false });
    await begin(page);
    assert.equal(await page.locator(".copy:visible").count(), 0);
  });
}
