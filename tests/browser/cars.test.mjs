// From a filter to the shortlist: without JavaScript on a phone and on a desktop, and from a card in the chat with it.

import assert from "node:assert/strict";

import { DESKTOP, finished, PHONE, reply, say } from "./browser.mjs";
import { until } from "./facts.mjs";
import { Server } from "./server.mjs";

export const HYBRID = "2022-toyota-rav4-hybrid-awd-45009";
export const GASOLINE = "2022-toyota-rav4-44992";
export const PLUG_IN = "2022-toyota-rav4-prime-4wd-44984";
export const ELECTRIC = "2015-nissan-leaf-34918";

export default async function tell(facts) {
  const server = await Server.start();

  for (const [screen, viewport] of Object.entries({ "a phone": PHONE, "a desktop": DESKTOP })) {
    await facts.fact(`without JavaScript one filters, looks, compares and keeps on ${screen}`, async (stage) => {
      const page = await stage.person({ url: server.url, viewport, script: false });
      await page.goto("/");
      await page.getByRole("link", { name: "Cars", exact: true }).click();
      const fold = page.locator(".filters > summary");
      if (await fold.isVisible()) await fold.click();
      await page.locator(".facet summary", { hasText: "Body" }).click();
      await page.locator(".facet label", { hasText: "SUV" }).locator("input").check();
      await page.getByLabel("From model year").selectOption("2022");
      await page.getByLabel("To model year").selectOption("2022");
      await page.getByLabel("Budget").selectOption("35000");
      await page.getByRole("button", { name: "Show cars" }).click();
      const heading = await page.getByRole("heading", { name: /models fit/ }).innerText();
      // The number beside the choice is the number that it leaves.
      const offered = await page.locator(".facet label", { hasText: "SUV" }).locator(".count").textContent();
      assert.equal(`${offered} models fit`, heading);
      for (const name of [/2022/, "SUV", "up to $35,000"]) await page.locator(".set a", { hasText: name }).first().waitFor();

      const first = page.locator(".results h2 a").first();
      const title = await first.innerText();
      await page.getByRole("checkbox", { name: `Compare the ${title}` }).first().check();
      await page.locator(".acts input[type=checkbox]").nth(1).check();
      await page.getByRole("button", { name: "Compare the chosen" }).click();
      assert.equal(await page.locator(".versus thead a").count(), 2);
      await page.getByLabel("Miles a year").fill("20000");
      // Whatever the catalogue's prices rest on, one of the person's own can be set against the other.
      for (const at of [0, 1]) await page.getByLabel(/^Your price of/).nth(at).fill(String(30000 + 2000 * at));
      await page.getByRole("button", { name: "Work it out" }).click();
      assert.equal(await page.getByLabel("Miles a year").inputValue(), "20000");
      assert.equal(await page.locator("svg.chart").count(), 1);

      await page.locator(".versus thead a").first().click();
      assert.equal(await page.getByRole("heading", { level: 1 }).innerText(), title);
      await page.getByRole("button", { name: `Keep the ${title}` }).click();
      await page.getByRole("button", { name: `Remove the ${title}` }).waitFor();
      await page.getByRole("link", { name: "Shortlist" }).click();
      assert.equal(await page.locator(".results h2").innerText(), title);
      await page.getByRole("button", { name: `Remove the ${title}` }).click();
      await page.getByText("Nothing is kept yet").waitFor();
    });
  }

  await facts.fact("a filter that can't be used is marked, and what was typed is still there", async (stage) => {
    stage.expect(/status of 422/);
    const page = await stage.open({ url: server.url, viewport: PHONE });
    await page.goto("/cars?budget_max=cheap&models=RAV4");
    assert.match(await page.locator("#budget_max-error").innerText(), /“cheap” is not a whole number/);
    assert.equal(await page.getByLabel("Model", { exact: true }).inputValue(), "RAV4");
    assert.ok(await page.getByLabel("Budget").isVisible());
  });

  await facts.fact("a stranger who wants to keep a car logs in and is back at it", async (stage) => {
    const page = await stage.open({ url: server.url, script: false });
    await page.goto(`/cars/${HYBRID}`);
    await page.getByRole("link", { name: "Log in to keep it" }).click();
    await page.getByRole("link", { name: "Create an account" }).click();
    await page.getByLabel("Email").fill("keeper@example.com");
    await page.getByLabel("Password").fill("violet tractor umbrella 77");
    await page.getByRole("button", { name: "Sign up" }).click();
    await page.getByRole("button", { name: "Keep the 2022 Toyota RAV4 Hybrid AWD" }).click();
    await page.getByRole("button", { name: "Remove the 2022 Toyota RAV4 Hybrid AWD" }).waitFor();
  });

  await facts.fact("a card in the chat is kept in its place, by the keyboard, and leads to its page and to a comparison", async (stage) => {
    const page = await stage.person({ url: server.url });
    await page.goto("/chat/");
    await say(page, "A hybrid SUV with all-wheel drive, 2023 or newer");
    await finished(page);
    const card = reply(page, 1).locator(".car").first();
    const title = await card.getByRole("heading").innerText();
    await card.getByRole("button", { name: `Keep the ${title}` }).focus();
    await page.keyboard.press("Enter");
    await card.getByRole("button", { name: `Remove the ${title}` }).waitFor();
    await until("the new button has the focus", () => page.evaluate(() => document.activeElement.matches(".keep button")));
    await page.keyboard.press("Enter");
    await card.getByRole("button", { name: `Keep the ${title}` }).waitFor();
    await card.getByRole("button", { name: `Keep the ${title}` }).click();
    await card.getByRole("link", { name: "Kept" }).click();
    assert.equal(await page.locator(".results h2").innerText(), title);
    await page.goBack();
    await card.getByRole("link", { name: /^Compare/ }).click();
    assert.ok((await page.locator(".versus thead a").count()) >= 2);
    await page.goBack();
    await card.getByRole("link", { name: /^Details/ }).click();
    assert.equal(await page.getByRole("heading", { level: 1 }).innerText(), title);
  });

  await facts.fact("the cars' pages come without any script, and print without their controls", async (stage) => {
    const page = await stage.open({ url: server.url });
    for (const path of ["/cars", `/cars/${HYBRID}`, `/cars/compare?ids=${HYBRID},${GASOLINE}`]) {
      await page.goto(path);
      assert.equal(await page.locator("script").count(), 0, path);
      await page.emulateMedia({ media: "print" });
      assert.ok(!(await page.locator("header.top").isVisible()), path);
      await page.emulateMedia({ media: "screen" });
    }
  });
}
