// Cars side by side in an answer, and the whole way there: from the landing page to a compared shortlist.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";

import { DESKTOP, finished, newEmail, PASSWORD, PHONE, reply, say } from "./browser.mjs";
import { checkAccess, checkPlain, checkServed, checkWidths, served } from "./pages.test.mjs";
import { Server } from "./server.mjs";
import { Upstream } from "./upstream.mjs";

const WISH = "Compare the Toyota RAV4 Hybrid and the Honda CR-V Hybrid";

export default async function tell(facts) {
  const upstream = await Upstream.start();
  const server = await Server.start();
  const model = await Server.start(upstream.settings);
  const url = server.url;

  const ways = [
    ["on a phone", { viewport: PHONE }],
    ["on a desktop", { viewport: DESKTOP }],
    ["on a phone without JavaScript", { viewport: PHONE, script: false }],
    ["on a desktop without JavaScript", { viewport: DESKTOP, script: false }],
  ];
  for (const [where, options] of ways) {
    await facts.fact(`${where}, who asks for a comparison sees the cars side by side, with their sources and the way to all figures`, async (stage) => {
      const page = await stage.person({ url, ...options });
      const bodies = served(page);
      await page.goto("/chat/");
      await say(page, WISH);
      await reply(page, 1).locator(".versus").waitFor();
      await finished(page);
      const table = reply(page, 1).locator(".versus");
      assert.equal(await table.locator("thead a").count(), 2);
      const lines = (await table.locator("tbody th").allInnerTexts()).join();
      assert.match(lines, /Price.*Gas mileage, combined.*Fuel cost/);
      assert.doesNotMatch(lines, /city/);
      assert.ok((await table.locator(".badge").count()) >= 1, "something is better");
      await reply(page, 1).locator(".beside summary").click();
      await reply(page, 1).locator(".beside").getByText(/^EPA 20.*: .*gas mileage/).waitFor();
      await checkWidths(page);
      if (options.script !== false) await checkAccess(page);
      await checkPlain(stage, page, url);
      await checkServed(page, bodies);
      await page.setViewportSize(options.viewport);
      const titles = await table.locator("thead a").allInnerTexts();
      await reply(page, 1).getByRole("link", { name: "All figures and cost to own" }).click();
      assert.deepEqual(await page.locator(".versus thead a").allInnerTexts(), titles);
    });

    await facts.fact(`${where}, somebody new comes from the landing page to a compared shortlist`, async (stage) => {
      const page = await stage.open({ url, ...options });
      await page.goto("/");
      await page.getByRole("button", { name: "I need a family SUV" }).click();
      await page.getByLabel("Email").fill(newEmail());
      await page.getByLabel("Password").fill(PASSWORD);
      await page.getByRole("button", { name: "Sign up" }).click();
      await page.getByRole("button", { name: "Send" }).click();
      await reply(page, 1).locator(".car").first().waitFor();
      await finished(page);
      for (const at of [0, 1]) {
        const card = reply(page, 1).locator(".car").nth(at);
        await card.getByRole("button", { name: /^Keep/ }).click();
        await reply(page, 1).locator(".car").nth(at).getByRole("button", { name: /^Remove/ }).waitFor();
      }
      await page.getByRole("link", { name: "Shortlist" }).click();
      for (const box of await page.getByRole("checkbox", { name: /^Compare/ }).all()) await box.check();
      await page.getByRole("button", { name: "Compare the chosen" }).click();
      assert.equal(await page.locator(".versus thead a").count(), 2);
    });
  }

  await facts.fact("with the keyboard alone somebody new comes from the landing page to a compared shortlist", async (stage) => {
    const page = await stage.open({ url });
    const press = (key) => page.keyboard.press(key);
    const goTo = async (words, key = "Tab") => {
      for (let presses = 0; presses < 80; presses += 1) {
        const here = await page.evaluate(() => {
          const { innerText, labels, ariaLabel } = document.activeElement;
          return labels?.[0]?.innerText || innerText || ariaLabel || "";
        });
        if (words.test(here.trim())) return;
        await press(key);
      }
      throw new Error(`${key} never reaches ${words}`);
    };
    // Where the page puts it once it is there: what is typed before that goes nowhere.
    const hasFocus = (kind) => page.locator(`${kind}:focus`).waitFor();
    await page.goto("/");
    await goTo(/^I need a family SUV/);
    await press("Enter");
    await page.waitForURL(/signup/);
    await hasFocus("input");
    await page.keyboard.type(newEmail());
    await press("Tab");
    await page.keyboard.type(PASSWORD);
    await press("Enter");
    await page.waitForURL(/chat/);
    await hasFocus("textarea");
    await press("Enter");
    await reply(page, 1).locator(".car").first().waitFor();
    await finished(page);
    for (const kept of [1, 2]) {
      await goTo(/^Keep/, "Shift+Tab");
      await press("Enter");
      await page.locator(".keep a", { hasText: "Kept" }).nth(kept - 1).waitFor();
    }
    await goTo(/^Shortlist$/, "Shift+Tab");
    await press("Enter");
    await page.waitForURL(/shortlist/);
    // What is kept is chosen already, and can be left out.
    for (const chosen of [1, 2]) {
      await goTo(/^Compare\s+the 20/);
      await press("Space");
      assert.equal(await page.locator("input:checked").count(), chosen);
    }
    await goTo(/^Compare the chosen/, "Shift+Tab");
    await press("Enter");
    await page.waitForURL(/compare/);
    assert.equal(await page.locator(".versus thead a").count(), 2);
  });

  await facts.fact("an AI model that set cars side by side has its table as well, though its words name none", async (stage) => {
    const page = await stage.person({ url: model.url });
    await page.goto("/chat/");
    await say(page, "compare two hybrid SUVs");
    await reply(page, 1).getByText("the second is the roomier").waitFor();
    await finished(page);
    assert.equal(await reply(page, 1).locator(".versus thead a").count(), 2);
    assert.equal(await reply(page, 1).locator(".car").count(), 2);
    await page.reload();
    assert.equal(await reply(page, 1).locator(".versus thead a").count(), 2);
  });

  await facts.fact("who reads liters and kilometers has them in answers, chips, on paper and in Markdown", async (stage) => {
    const page = await stage.person({ url });
    const set = await page.request.patch("/auth/me", { data: { units: "l_per_100km" }, headers: { origin: url, accept: "application/json" } });
    assert.ok(set.ok());
    await page.goto("/chat/");
    await say(page, "An electric car with at least 300 miles of range");
    await reply(page, 1).locator(".car").first().waitFor();
    await finished(page);
    const inMiles = /\d (miles|mpg|MPGe)\b/;
    for (const part of [".prose", ".cars"]) {
      const text = (await reply(page, 1).locator(part).allInnerTexts()).join();
      assert.match(text, /\d km\b/, part);
      assert.doesNotMatch(text, inMiles, part);
    }
    assert.match(await page.locator(".chips").innerText(), /483 km/);
    await page.goto(`${page.url()}/print`);
    const paper = await page.locator(".paper").innerText();
    assert.match(paper, /483 km/);
    // The person's own words stay as they were.
    assert.doesNotMatch(paper.replaceAll(/at least 300 miles( of range)?/g, ""), inMiles);
    await page.goBack();
    await page.locator("#menu > summary").click();
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "Save as Markdown" }).click()]);
    const markdown = await readFile(await download.path(), "utf8");
    assert.match(markdown, /483 km/);
    assert.doesNotMatch(markdown.replaceAll(/at least 300 miles( of range)?/g, ""), inMiles);
    await page.goto("/cars?electric_range_min=300&mpg_min=30");
    const chips = await page.locator(".set").innerText();
    assert.match(chips, /483 km or more/);
    assert.match(chips, /7.8 L\/100 km or less/);
  });

  await upstream.stop();
}
