// What was said is changed, an answer is asked for again, and people step between what came of it.

import assert from "node:assert/strict";

import { conversation, DESKTOP, finished, PHONE, reply, say } from "./browser.mjs";
import { until } from "./facts.mjs";
import { checkAccess, checkPlain, checkServed, checkWidths, served } from "./pages.test.mjs";
import { Server } from "./server.mjs";
import { Upstream } from "./upstream.mjs";

const FIRST = "A hybrid SUV with all-wheel drive";
const SECOND = "An electric sedan";

export default async function tell(facts) {
  const upstream = await Upstream.start();
  const server = await Server.start();
  const model = await Server.start(upstream.settings);
  const url = server.url;

  const said = (page, number = 1) => page.locator(".said").nth(number - 1);
  const words = (page, number = 1) => said(page, number).locator(".words").innerText();
  const chips = (page) => page.locator("#needs summary").allInnerTexts();
  const step = (message, way) => message.getByRole("button", { name: `${way} version` });
  const focused = (page) => page.evaluate(() => document.activeElement.getAttribute("aria-label") ?? document.activeElement.id);
  /** Waits until that message is shown as that one of its versions. */
  const isShown = (message, which) => until(`${which} is shown`, async () => (await message.innerText()).includes(which));
  const edit = async (page, text, number = 1) => {
    await said(page, number).locator("summary").click();
    const box = said(page, number).getByLabel("Say it differently");
    await box.fill(text);
    return box;
  };
  const send = (page) => page.getByRole("button", { name: "Send again" }).click();

  const ways = [
    ["on a phone", { viewport: PHONE }],
    ["on a desktop", { viewport: DESKTOP }],
    ["on a phone without JavaScript", { viewport: PHONE, script: false }],
  ];
  for (const [where, options] of ways) {
    await facts.fact(`${where}, an earlier message is changed, and both conversations can be stepped to`, async (stage) => {
      const page = await stage.person({ url, ...options });
      await page.goto("/chat/");
      await say(page, FIRST);
      await reply(page, 1).locator(".car").first().waitFor();
      await finished(page);
      await say(page, "nothing older than 2023");
      await reply(page, 2).waitFor();
      await finished(page, 2);
      const [before, needs] = [await conversation(page), await chips(page)];

      const box = await edit(page, SECOND);
      assert.ok(await box.isVisible());
      await send(page);
      await until("the later messages are gone", async () => (await page.locator(".message").count()) === 2);
      await reply(page, 1).locator(".car", { hasText: "Electric range" }).first().waitFor();
      await finished(page);
      assert.equal(await words(page), SECOND);
      await isShown(said(page), "2 of 2");
      const [after, others] = [await conversation(page), await chips(page)];
      assert.deepEqual(others, ["electric", "sedan"]);

      // The version number is all that is new in the first one.
      await step(said(page), "Earlier").click();
      await isShown(said(page), "1 of 2");
      assert.equal((await conversation(page)).replace(/‹\s*Version\s*1 of 2\s*›\s*/, ""), before);
      assert.deepEqual(await chips(page), needs);
      await page.reload();
      assert.deepEqual(await chips(page), needs);
      assert.equal(await page.locator(".message").count(), 4, "a reload shows the same");
      assert.ok(await step(said(page), "Earlier").isDisabled());
      await step(said(page), "Later").click();
      await isShown(said(page), "2 of 2");
      assert.equal(await conversation(page), after);
      const device = await stage.open({ url, ...options, cookies: await page.context().storageState() });
      await device.goto(page.url());
      assert.equal(await conversation(device), after, "another device shows the same");
    });

    await facts.fact(`${where}, an earlier answer is asked for again, and the first is kept with what followed`, async (stage) => {
      const page = await stage.person({ url, ...options });
      await page.goto("/chat/");
      await say(page, FIRST);
      await reply(page, 1).locator(".car").first().waitFor();
      await finished(page);
      await say(page, "nothing older than 2023");
      await reply(page, 2).waitFor();
      await finished(page, 2);
      // Once, however often it is clicked.
      await reply(page, 1).getByRole("button", { name: "Ask again" }).dblclick();
      await isShown(reply(page, 1), "2 of 2");
      await until("what followed is gone", async () => (await page.locator(".message").count()) === 2);
      await reply(page, 1).locator(".car").first().waitFor();
      await finished(page);
      const shown = await conversation(page);
      assert.doesNotMatch(shown, /You stopped/);
      await page.reload();
      assert.equal(await conversation(page), shown);
      await step(reply(page, 1), "Earlier").click();
      await isShown(reply(page, 1), "1 of 2");
      assert.equal(await page.locator(".message").count(), 4);
    });

    await facts.fact(`${where}, an edit that can't be sent is kept, with the reason beside it`, async (stage) => {
      stage.expect(/status of 4(09|22)/);
      const page = await stage.person({ url: model.url, ...options });
      await page.goto("/chat/");
      await say(page, "echo one");
      await until("it is answered", async () => (await page.locator(".reply", { hasText: "one" }).count()) === 1);
      await finished(page);
      await edit(page, "  ");
      await send(page);
      await said(page).getByRole("alert").getByText("Write a message first.").waitFor();
      await said(page).getByLabel("Say it differently").fill("echo two");
      await send(page);
      await until("the new one is answered", async () => (await reply(page, 1).innerText()).includes("two"));
      await finished(page);
      await isShown(said(page), "2 of 2");

      // While an answer comes, there is no other.
      await say(page, "hold please");
      await reply(page, 2).getByRole("button", { name: "Stop" }).waitFor();
      if (options.script === false) {
        // The page asks again by itself, so there is nothing to write into.
        assert.ok(!(await said(page).locator("summary").isVisible()));
        upstream.release();
        return;
      }
      await edit(page, "echo three");
      await send(page);
      await said(page).getByRole("alert").getByText(/still answering/).waitFor();
      assert.equal(await said(page).getByLabel("Say it differently").inputValue(), "echo three");
      await until("it is answered", async () => {
        upstream.release();
        return (await conversation(page)).includes("here it is.");
      }, 8);
    });
  }

  await facts.fact("the keyboard alone is enough to change a message and to step, and the page doesn't jump", async (stage) => {
    const page = await stage.person({ url });
    await page.goto("/chat/");
    await say(page, FIRST);
    await finished(page);
    await said(page).locator("summary").focus();
    await page.keyboard.press("Enter");
    await until("the words have the focus", () => page.evaluate(() => document.activeElement.tagName === "TEXTAREA" && document.activeElement.id === ""));
    await page.keyboard.press("ControlOrMeta+A");
    await page.keyboard.type(SECOND);
    await page.keyboard.press("Enter");
    await isShown(said(page), "2 of 2");
    await finished(page);
    assert.equal(await focused(page), "message", "the composer has the focus");

    const place = async () => Math.round((await said(page).locator(".versions-of").boundingBox()).y);
    await step(said(page), "Earlier").focus();
    const before = await place();
    await page.keyboard.press("Enter");
    await isShown(said(page), "1 of 2");
    assert.equal(await focused(page), "Later version", "where one can't go on, the way back has the focus");
    assert.equal(await page.getByRole("status").innerText(), "Version 1 of 2 is shown.");
    assert.equal(await place(), before);

    await reply(page, 1).getByRole("button", { name: "Ask again" }).click();
    await isShown(reply(page, 1), "2 of 2");
    await finished(page);
    await reply(page, 1).getByRole("button", { name: "Ask again" }).click();
    await isShown(reply(page, 1), "3 of 3");
    await finished(page);
    const low = async () => Math.round((await reply(page, 1).locator(".versions-of").boundingBox()).y);
    await step(reply(page, 1), "Earlier").focus();
    const stood = await low();
    await page.keyboard.press("Enter");
    await isShown(reply(page, 1), "2 of 3");
    assert.equal(await focused(page), "Earlier version", "the same button has the focus");
    assert.ok(Math.abs((await low()) - stood) <= 2, `from ${stood} to ${await low()}`);
  });

  await facts.fact("who steps away from an answer that runs finds it whole, and it leaves what is shown alone", async (stage) => {
    const page = await stage.person({ url: model.url });
    await page.goto("/chat/");
    await say(page, "echo a hybrid wagon");
    await finished(page);
    await edit(page, "hold an electric pickup");
    await send(page);
    await until("it runs", async () => (await reply(page, 1).innerText()).includes("Wait"));
    await step(said(page), "Earlier").click();
    await isShown(said(page), "1 of 2");
    const needs = await chips(page);
    const before = await conversation(page);
    await say(page, "echo and a red one");
    await finished(page, 2);
    upstream.release();
    await page.waitForTimeout(500);
    assert.ok((await conversation(page)).startsWith(before.slice(0, 40)));
    assert.deepEqual((await chips(page)).slice(0, needs.length), needs);
    await step(said(page), "Later").click();
    await until("the other one is whole", async () => (await reply(page, 1).innerText()).includes("here it is."));
    await finished(page);
    const shown = await conversation(page);
    await page.reload();
    assert.equal(await conversation(page), shown);
  });

  await facts.fact("stepping to an answer that still runs goes on showing how it grows", async (stage) => {
    const page = await stage.person({ url: model.url });
    await page.goto("/chat/");
    await say(page, "echo one");
    await finished(page);
    await edit(page, "hold please");
    await send(page);
    await until("it runs", async () => (await reply(page, 1).innerText()).includes("Wait for it:"));
    await step(said(page), "Earlier").click();
    await isShown(said(page), "1 of 2");
    await step(said(page), "Later").click();
    await until("it is there again", async () => (await reply(page, 1).innerText()).includes("Wait for it:"));
    assert.equal(await reply(page, 1).getByRole("button", { name: "Stop" }).count(), 1);
    upstream.release();
    await finished(page);
    assert.match(await reply(page, 1).innerText(), /Wait for it: here it is\./);
  });

  const states = {
    "a chat with versions": { visit: async () => {} },
    "a chat whose message is being changed": { visit: (page) => edit(page, "A wagon") },
    "a chat with a change that was refused": {
      error: 422,
      async visit(page) {
        await edit(page, " ");
        await send(page);
        await said(page).getByRole("alert").waitFor();
      },
    },
  };
  for (const [name, { error, visit }] of Object.entries(states)) {
    await facts.fact(`${name} is accessible, valid and never too wide, in light and dark`, async (stage) => {
      if (error) stage.expect(new RegExp(`status of ${error}`));
      const page = await stage.person({ url });
      const bodies = served(page);
      await page.goto("/chat/");
      await say(page, FIRST);
      await finished(page);
      await edit(page, SECOND);
      await send(page);
      await isShown(said(page), "2 of 2");
      await finished(page);
      await reply(page, 1).getByRole("button", { name: "Ask again" }).click();
      await isShown(reply(page, 1), "2 of 2");
      await finished(page);
      await step(said(page), "Earlier").click();
      await isShown(said(page), "1 of 2");
      await step(said(page), "Later").click();
      await isShown(said(page), "2 of 2");
      await visit(page);
      await checkWidths(page);
      await checkAccess(page);
      await checkServed(page, bodies);
      await checkPlain(stage, page, url);
    });
  }

  await upstream.stop();
}
