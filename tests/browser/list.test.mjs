// The list of conversations: found, named, put away and brought back.

import assert from "node:assert/strict";

import { DESKTOP, finished, PHONE, say } from "./browser.mjs";
import { until } from "./facts.mjs";
import { checkAccess, checkPlain, checkServed, checkWidths, served } from "./pages.test.mjs";
import { Server } from "./server.mjs";

const FIRST = "I would like a hybrid SUV with all-wheel drive under $35,000";
const TITLE = "Hybrid SUV, AWD, under $35,000";

export default async function tell(facts) {
  const server = await Server.start();
  const url = server.url;

  const title = (page) => page.locator("#talk-title").innerText();
  const links = (page) => page.locator("#list li a:first-child").allInnerTexts();
  const openList = async (page) => {
    if (!(await page.locator("#list nav").isVisible())) await page.locator("#list > summary").click();
  };
  const menu = (page) => page.locator("#menu > summary");
  const begin = async (page) => {
    await page.goto("/chat/");
    await say(page, FIRST);
    await page.locator(".reply .car").first().waitFor();
    await finished(page);
  };
  /** Says many things in conversations of their own, as a program would. */
  const fill = async (page, count) => {
    for (let number = 1; number <= count; number += 1) {
      const answer = await page.request.post("/chat/", {
        form: { message: `Remember number ${number}` },
        headers: { accept: "application/json", origin: url },
      });
      assert.ok(answer.ok(), await answer.text());
    }
  };

  const ways = [
    ["on a phone", { viewport: PHONE }],
    ["on a desktop", { viewport: DESKTOP }],
    ["on a phone without JavaScript", { viewport: PHONE, script: false }],
  ];
  for (const [where, options] of ways) {
    await facts.fact(`${where}, a conversation is named after its first need, renamed, deleted and brought back`, async (stage) => {
      const page = await stage.person({ url, ...options });
      await begin(page);
      await until("it is named after its needs", async () => (await title(page)) === TITLE);
      assert.equal(await page.title(), `${TITLE} – Autio`);
      await openList(page);
      assert.deepEqual(await links(page), [TITLE]);
      assert.equal(await page.locator("#list [aria-current=page]").innerText(), TITLE);
      assert.deepEqual(await page.locator("#list h3:visible").allInnerTexts(), ["Today"]);

      await menu(page).click();
      const field = page.getByLabel("Title");
      assert.equal(await field.inputValue(), TITLE);
      await field.fill("For the whole family");
      await page.getByRole("button", { name: "Rename" }).click();
      await until("it has the new name", async () => (await title(page)) === "For the whole family");

      // From the list as well.
      await openList(page);
      await page.getByRole("link", { name: "Options for For the whole family" }).click();
      await page.getByRole("button", { name: "Delete conversation" }).click();
      const notice = page.locator("#deleted");
      await notice.getByText("“For the whole family” was deleted.").waitFor();
      assert.equal(await page.evaluate(() => document.activeElement.id), "deleted", "the notice has the focus");
      assert.deepEqual(await links(page), []);
      await page.getByRole("button", { name: "Undo" }).click();
      await page.locator(".reply .car").first().waitFor();
      assert.equal(await title(page), "For the whole family");
      await openList(page);
      assert.deepEqual(await links(page), ["For the whole family"]);
    });

    await facts.fact(`${where}, a word finds its message from the list, and older conversations come when asked for`, async (stage) => {
      const page = await stage.person({ url, ...options });
      await fill(page, 53);
      await page.goto("/chat/");
      await openList(page);
      assert.equal((await links(page)).length, 50);
      await page.getByRole("link", { name: "Older conversations" }).click();
      const all = options.script === false ? 3 : 53;
      await until("they are there", async () => (await links(page)).length === all);
      assert.equal((await links(page)).at(-1), "Remember number 1");
      if (options.script !== false) {
        assert.deepEqual(await page.locator("#list h3:visible").allInnerTexts(), ["Today"], "the day goes on under one heading");
        const focus = await page.evaluate(() => document.activeElement.matches("#list ul") && document.activeElement.innerText);
        assert.match(String(focus), /number 3\b/, "who asked for more goes on where it begins");
      }
      await openList(page);
      await page.getByLabel("Search your conversations").fill("NUMBER 17");
      await page.getByRole("button", { name: "Search" }).click();
      await page.getByRole("link", { name: "Remember number 17" }).click();
      await page.locator(".said", { hasText: "Remember number 17" }).waitFor();
    });
  }

  await facts.fact("an earlier conversation that goes on moves to the top of the list", async (stage) => {
    const page = await stage.person({ url });
    await fill(page, 2);
    await page.goto("/chat/");
    await page.getByRole("link", { name: "Remember number 1", exact: true }).click();
    assert.deepEqual(await links(page), ["Remember number 2", "Remember number 1"]);
    await say(page, FIRST);
    await finished(page, 2);
    await until("it is on top", async () => (await links(page)).join() === `${TITLE},Remember number 2`);
    assert.equal(await page.locator("#list [aria-current=page]").innerText(), TITLE);
  });

  await facts.fact("days in the list are the person's own", async (stage) => {
    const page = await stage.person({ url });
    await page.goto("/chat/");
    const cookies = await page.context().cookies();
    const behind = cookies.find((cookie) => cookie.name === "autio-behind-utc");
    assert.equal(behind.value, String(await page.evaluate(() => new Date().getTimezoneOffset())));
  });

  const states = {
    "a chat whose menu is open": {
      visit: async (page) => {
        await begin(page);
        await menu(page).click();
      },
    },
    "a chat with a title that can't be given": {
      error: 422,
      visit: async (page) => {
        await begin(page);
        await menu(page).click();
        await page.getByLabel("Title").fill("  ");
        await page.getByRole("button", { name: "Rename" }).click();
        await page.getByText("Give a title of 1 to 120 characters that can be seen.").waitFor();
      },
    },
    "the notice after a deletion": {
      visit: async (page) => {
        await begin(page);
        await menu(page).click();
        await page.getByRole("button", { name: "Delete conversation" }).click();
        await page.locator("#deleted").waitFor();
      },
    },
    "a long list of conversations": {
      visit: async (page) => {
        await fill(page, 52);
        await page.goto("/chat/");
        await page.locator("#list").evaluate((list) => (list.open = true));
        await page.getByRole("link", { name: "Older conversations" }).click();
        await until("they are there", async () => (await links(page)).length === 52);
      },
    },
    "a search": {
      visit: async (page) => {
        await fill(page, 1);
        await page.goto("/chat/search?q=number");
        await page.locator(".hits").waitFor();
      },
    },
    "a search that finds nothing": { visit: (page) => page.goto("/chat/search?q=zeppelin") },
    "a conversation to print": {
      visit: async (page) => {
        await begin(page);
        await menu(page).click();
        await page.getByRole("link", { name: "To print" }).click();
        await page.getByRole("heading", { name: "What was said" }).waitFor();
      },
    },
  };
  for (const [name, { error, visit }] of Object.entries(states)) {
    await facts.fact(`${name} is accessible, valid and never too wide, in light and dark`, async (stage) => {
      if (error) stage.expect(new RegExp(`status of ${error}`));
      const page = await stage.person({ url });
      const bodies = served(page);
      await visit(page);
      await checkWidths(page);
      await checkAccess(page);
      await checkServed(page, bodies);
      await checkPlain(stage, page, url);
    });
  }
}
