// What makes the chat pleasant to use: short answers, copying, keeping, keys, focus, and a connection that goes away.

import assert from "node:assert/strict";

import { DESKTOP, finished, PHONE, reply, say } from "./browser.mjs";
import { until } from "./facts.mjs";
import { checkAccess, checkPlain, checkServed, checkWidths, served } from "./pages.test.mjs";
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
      await card.getByText("Why this one").click();
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

  await facts.fact("Enter sends and Shift+Enter breaks the line, but not for who composes a word or types on a phone", async (stage) => {
    const page = await stage.person({ url });
    await page.goto("/chat/");
    const box = page.getByLabel("Your message");
    await box.focus();
    await page.keyboard.type("a wagon");
    await page.keyboard.press("Shift+Enter");
    await page.keyboard.type("or a hatchback");
    await box.evaluate((box) => box.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", keyCode: 229, bubbles: true, cancelable: true })));
    assert.equal(await box.inputValue(), "a wagon\nor a hatchback");
    assert.equal(await page.locator(".said").count(), 0);
    await page.keyboard.press("Enter");
    await page.locator(".said", { hasText: "or a hatchback" }).waitFor();
    assert.equal(await focused(page), "message");
    await finished(page);

    const phone = await page.context().browser().newContext({ baseURL: url, viewport: PHONE, hasTouch: true, isMobile: true, storageState: await page.context().storageState() });
    try {
      const touch = await phone.newPage();
      await touch.goto("/chat/");
      await touch.getByLabel("Your message").tap();
      await touch.keyboard.type("one");
      await touch.keyboard.press("Enter");
      await touch.keyboard.type("two");
      assert.equal(await touch.getByLabel("Your message").inputValue(), "one\ntwo");
    } finally {
      await phone.close();
    }
  });

  await facts.fact("without a connection nothing is lost: it is said calmly, and one tap sends it once it is back", async (stage) => {
    stage.expect(/ERR_INTERNET_DISCONNECTED/);
    stage.expect(/Failed to fetch/);
    const page = await stage.person({ url, viewport: PHONE });
    await page.goto("/chat/");
    await page.context().setOffline(true);
    await say(page, "A hybrid wagon");
    const notice = page.locator("#notice");
    await notice.getByText("Autio can't be reached").waitFor();
    assert.equal(await page.getByLabel("Your message").inputValue(), "A hybrid wagon");
    await page.locator("#offline").waitFor({ state: "attached" });
    await checkWidths(page);
    await page.setViewportSize(PHONE);
    await page.context().setOffline(false);
    await page.getByRole("button", { name: "Try again" }).dblclick();
    await page.locator(".said", { hasText: "A hybrid wagon" }).waitFor();
    await finished(page);
    assert.equal(await page.locator(".said").count(), 1);
    assert.equal(await notice.innerText(), "", "the notice is gone");
    // A short answer is sent again with its words.
    await page.context().setOffline(true);
    const words = await page.locator(".suggestions button").first().innerText();
    await page.locator(".suggestions button").first().click();
    await notice.getByText("Autio can't be reached").waitFor();
    await page.context().setOffline(false);
    await page.getByRole("button", { name: "Try again" }).click();
    await page.locator(".said", { hasText: words }).waitFor();
  });

  await facts.fact("the page can be put on a home screen, and says what it is where it is shared", async (stage) => {
    const page = await stage.open({ url });
    await page.goto("/");
    const wire = await page.context().newCDPSession(page);
    const { errors, data } = await wire.send("Page.getAppManifest");
    assert.deepEqual(errors, []);
    const manifest = JSON.parse(data);
    assert.equal(manifest.name, "Autio");
    for (const icon of manifest.icons) {
      const answer = await page.request.get(icon.src);
      assert.equal(answer.headers()["content-type"], icon.type, icon.src);
    }
    const image = await page.locator('meta[property="og:image"]').getAttribute("content");
    assert.ok(image.startsWith(url), image);
    assert.ok((await (await page.request.get(image)).body()).length > 10_000);
  });

  await facts.fact("of a long conversation the end comes at once, and what was said before without a jump", async (stage) => {
    const page = await stage.person({ url });
    await page.goto("/chat/");
    await say(page, "Hello");
    await finished(page);
    const place = page.url();
    const id = place.split("/").at(-1);
    for (let number = 1; number <= 40; number += 1) {
      const answer = await page.request.post("/chat/", {
        form: { message: `Remember number ${number}`, conversation_id: id },
        headers: { accept: "application/json", origin: url },
      });
      assert.ok(answer.ok());
    }
    await page.goto(place);
    assert.equal(await page.locator(".message").count(), 20);
    const first = page.locator(".message").first();
    const words = await first.innerText();
    await page.evaluate(() => scrollTo(0, 0));
    const before = (await first.boundingBox()).y;
    await page.getByRole("link", { name: "Earlier messages (62)" }).click();
    await until("they are there", async () => (await page.locator(".message").count()) === 70);
    const same = page.locator(".message").nth(50);
    assert.equal(await same.innerText(), words);
    const after = (await same.boundingBox()).y;
    assert.ok(Math.abs(after - before) <= 2, `from ${before} to ${after}`);
    assert.notEqual(await page.evaluate(() => document.activeElement.tagName), "BODY");

    await page.goto("/chat/search?q=hello");
    await page.locator(".hits a").last().click();
    await page.locator(".said .words", { hasText: "Hello" }).waitFor();
    const top = await page.locator(".said").first().evaluate((said) => said.getBoundingClientRect().top);
    assert.ok(top > -5 && top < 700, `the hit is at ${top}`);
  });

  await facts.fact("a chat with short answers and open figures is accessible, valid and never too wide, in light and dark", async (stage) => {
    const page = await stage.person({ url });
    const bodies = served(page);
    await begin(page);
    await page.locator(".suggestions").waitFor();
    await page.locator(".more summary").first().click();
    await checkWidths(page);
    await checkAccess(page);
    await checkServed(page, bodies);
    await checkPlain(stage, page, url);
  });
}
