// What people come for: asking for a car, coming back to the answer, with or without JavaScript, on any screen.

import assert from "node:assert/strict";

import { conversation, DESKTOP, finished, newEmail, PASSWORD, PHONE, reply, say } from "./browser.mjs";
import { until } from "./facts.mjs";
import { Server } from "./server.mjs";

const WISH = "A family SUV with all-wheel drive, 2022 or newer";
/** What the conversation is called once that is understood. */
const TITLE = "SUV, AWD, 2022 or newer";
const WEAK = "password1";

export default async function tell(facts) {
  const server = await Server.start();
  const url = server.url;

  for (const [screen, viewport] of Object.entries({ "a phone": PHONE, "a desktop": DESKTOP })) {
    await facts.fact(`on ${screen}, a visitor's first words become an answer that stays`, async (stage) => {
      stage.expect(/status of 422/);
      const page = await stage.open({ url, viewport });
      await comeToChat(page);
      assert.equal(await page.getByLabel("Your message").inputValue(), WISH, "the draft waits in the composer");

      await page.getByRole("button", { name: "Send" }).click();
      await finished(page);
      const cars = await reply(page, 1).locator(".car").getByRole("heading").allInnerTexts();
      assert.ok(cars.length > 0, "there are cars");
      assert.match(page.url(), /\/chat\/[0-9a-f-]{36}$/);
      assert.equal(await page.getByLabel("Your message").inputValue(), "", "the composer is empty again");

      const address = page.url();
      const before = await conversation(page);
      await page.reload();
      assert.equal(await conversation(page), before, "a reload shows the same");

      await say(page, "only electric ones");
      await finished(page, 2);
      assert.equal(page.url(), address, "it is the same conversation");
      assert.equal(await page.locator(".said").count(), 2);
      const refined = await reply(page, 2).locator(".car", { hasText: "Electric range" }).count();
      assert.ok(refined > 0, "there are electric cars");
      assert.equal(await reply(page, 2).locator(".car").count(), refined, "and no others");
      await page.locator("#needs summary", { hasText: "SUV" }).waitFor();

      await openList(page);
      await page.getByRole("navigation", { name: "Conversations" }).getByRole("link", { name: TITLE, exact: true }).click();
      await page.waitForURL(`${address}#latest`);
      assert.equal(await page.locator(".said").count(), 2);
    });
  }

  await facts.fact("without JavaScript the same is possible, and logging out and in again keeps it", async (stage) => {
    stage.expect(/status of 422/);
    const page = await stage.open({ url, viewport: PHONE, script: false });
    const email = await comeToChat(page);
    assert.equal(await page.getByLabel("Your message").inputValue(), WISH);
    await page.getByRole("button", { name: "Send" }).click();
    await page.waitForURL(/\/chat\/[0-9a-f-]{36}/);
    // The page asks again by itself.
    await reply(page, 1).locator(".car").getByRole("heading").first().waitFor();
    // Up to where its first card folds; the short answers below it go with the next message.
    const shown = (await conversation(page)).split("Why this one")[0];

    await say(page, "only electric ones");
    await reply(page, 2).getByText("Electric range").first().waitFor();

    await page.getByRole("button", { name: "Log out" }).click();
    await page.getByRole("link", { name: "Log in" }).click();
    await page.getByLabel("Email").fill(email);
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Log in" }).click();
    await page.waitForURL("**/chat/**");
    await openList(page);
    await page.getByRole("link", { name: TITLE, exact: true }).click();
    await reply(page, 2).waitFor();
    assert.ok((await conversation(page)).startsWith(shown), "the conversation is as it was");
  });

  await facts.fact("after logging out, neither the address nor the way back shows the conversation", async (stage) => {
    const page = await stage.person({ url });
    await page.goto("/chat/");
    await say(page, WISH);
    await finished(page);
    const address = page.url();
    await page.getByRole("button", { name: "Log out" }).click();
    await page.getByRole("link", { name: "Sign up" }).waitFor();
    await page.goto(address);
    assert.match(page.url(), /\/login\?next=/);
    await page.goBack();
    await page.goBack();
    assert.equal(await page.locator(".said").count(), 0, "nothing personal is in the browser's history");
  });

  await facts.fact("the way back from a conversation leads to an empty chat, and forth again to the answer", async (stage) => {
    const page = await stage.person({ url });
    await page.goto("/chat/");
    await say(page, WISH);
    await finished(page);
    const before = await conversation(page);
    await page.goBack();
    await page.getByText("What should your next car do for you?").waitFor();
    assert.equal(await page.locator(".message").count(), 0);
    await say(page, "A pickup");
    await until("a second conversation is begun", () => /\/chat\/[0-9a-f-]{36}$/.test(page.url()));
    await finished(page);
    assert.equal(await page.locator(".said").count(), 1, "it is a conversation of its own");
    await openList(page);
    await page.getByRole("link", { name: TITLE, exact: true }).click();
    await reply(page, 1).waitFor();
    assert.equal(await conversation(page), before);
  });

  await facts.fact("the keyboard alone is enough", async (stage) => {
    const page = await stage.open({ url });
    const press = async (...keys) => {
      for (const key of keys) await page.keyboard.press(key);
    };
    const focused = () => page.evaluate(() => document.activeElement.innerText?.trim() || document.activeElement.id);

    await page.goto("/");
    await press("Tab");
    assert.equal(await focused(), "Skip to the content");
    const box = await page.getByText("Skip to the content").boundingBox();
    assert.ok(box.x >= 0 && box.y >= 0, "the skip link is seen when it has the focus");
    await press("Enter", "Tab");
    assert.equal(await focused(), "draft", "it leads past the navigation");
    await page.keyboard.type("A small hybrid");
    await press("Tab");
    assert.equal(await focused(), "Ask Autio");
    await press("Enter");

    await page.waitForURL(/\/signup\?draft=/);
    assert.equal(await focused(), "email", "the first field has the focus");
    await page.keyboard.type(newEmail());
    await press("Tab");
    await page.keyboard.type(PASSWORD);
    await press("Enter");

    await page.waitForURL(/\/chat/);
    assert.equal(await focused(), "message", "the composer has the focus");
    await press("End");
    await page.keyboard.type(" from 2022");
    await press("Shift+Enter");
    await page.keyboard.type("for the city");
    await press("Enter");
    await finished(page);
    assert.equal(await page.locator(".said .words").innerText(), "A small hybrid from 2022\nfor the city");
    assert.equal(await focused(), "message", "the focus stays in the composer");

    await page.keyboard.type("a pickup instead");
    await press("Tab");
    assert.equal(await focused(), "Send");
    await press("Enter");
    await finished(page, 2);
    assert.equal(await page.locator(".said").count(), 2);
    assert.notEqual(await focused(), "", "the focus isn't lost");
  });

  await facts.fact("when what had the focus goes away, the focus goes to the composer", async (stage) => {
    const page = await stage.person({ url });
    await page.goto("/chat/");
    await page.getByRole("button", { name: "A pickup that isn't too thirsty" }).focus();
    await page.keyboard.press("Enter");
    await finished(page);
    await until("the composer has the focus", () => page.evaluate(() => document.activeElement.id === "message"));
  });

  await facts.fact("a double click sends once", async (stage) => {
    const page = await stage.person({ url });
    await page.goto("/chat/");
    await page.getByLabel("Your message").fill(WISH);
    await page.getByRole("button", { name: "Send" }).dblclick();
    await finished(page);
    await page.reload();
    assert.equal(await page.locator(".said").count(), 1);
    assert.equal(await page.locator("#conversations li").count(), 1);
  });

  await facts.fact("somebody logged in still is on a page that isn't there", async (stage) => {
    stage.expect(/status of 404/);
    const page = await stage.person({ url });
    await page.goto("/no/such/page");
    assert.equal(await page.getByRole("button", { name: "Log out" }).count(), 1);
  });

  await facts.fact("while an input method composes a word, Enter doesn't send", async (stage) => {
    const page = await stage.person({ url });
    await page.goto("/chat/");
    await page.getByLabel("Your message").fill("かぞく");
    await page.evaluate(() => {
      const event = new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true, isComposing: true });
      document.getElementById("message").dispatchEvent(event);
    });
    await page.waitForTimeout(300);
    assert.equal(await page.locator(".said").count(), 0);
  });
}

/** From the landing page through signup, once with a bad password, to the chat. Returns the address used. */
async function comeToChat(page) {
  await page.goto("/");
  await page.getByLabel("What kind of car are you looking for?").fill(WISH);
  await page.getByRole("button", { name: "Ask Autio" }).click();
  await page.waitForURL(/\/signup\?draft=/);

  const email = newEmail();
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password").fill(WEAK);
  await page.getByRole("button", { name: "Sign up" }).click();
  const password = page.getByLabel("Password");
  await page.locator("[aria-invalid=true]").waitFor();
  assert.equal(await password.getAttribute("aria-invalid"), "true");
  const described = (await password.getAttribute("aria-describedby")).split(" ");
  const reasons = await Promise.all(described.map((id) => page.locator(`#${id}`).innerText()));
  assert.match(reasons.join(" "), /guess|common|password/i, "the reason stands beside the field");
  assert.equal(await page.getByLabel("Email").inputValue(), email, "the address is kept");
  assert.equal(await password.inputValue(), "", "the password isn't sent back");

  await password.fill(PASSWORD);
  await page.getByRole("button", { name: "Sign up" }).click();
  await page.waitForURL(/\/chat/);
  return email;
}

async function openList(page) {
  const list = page.locator("#list");
  if (!(await list.locator("nav").isVisible())) await list.locator("summary").click();
}

async function tabTo(page, words) {
  for (let tabs = 0; tabs < 30; tabs += 1) {
    const here = await page.evaluate(() => document.activeElement.innerText?.trim());
    if (here === words) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`Tab never reaches ${words}`);
}
