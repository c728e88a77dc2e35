// The settings, without JavaScript on a phone and with it: colours, units, tokens, password, and the end of an account.

import assert from "node:assert/strict";

import { DESKTOP, newEmail, PASSWORD, PHONE } from "./browser.mjs";
import { HYBRID } from "./cars.test.mjs";
import { checkAccess, checkServed, checkWidths, served } from "./pages.test.mjs";
import { Server } from "./server.mjs";

const OTHER_PASSWORD = "green kettle marmalade 12";
const LIGHT = "rgb(255, 254, 241)";
const DARK = "rgb(18, 26, 22)";

const background = (page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
const section = (page, id) => page.locator(`#${id}`);

async function chooseColours(page, name) {
  await page.goto("/auth/me");
  await section(page, "display").getByLabel(name, { exact: true }).check();
  await section(page, "display").getByRole("button", { name: "Save" }).click();
  await section(page, "display").getByRole("status").getByText("Saved.").waitFor();
}

export default async function tell(facts) {
  const server = await Server.start();

  for (const [theme, colour] of [["Light", LIGHT], ["Dark", DARK]]) {
    await facts.fact(`the settings in the colours ${theme}, with errors and a new token, are accessible, valid and never too wide`, async (stage) => {
      stage.expect(/status of 422/);
      const page = await stage.person({ url: server.url });
      const bodies = served(page);
      await chooseColours(page, theme);
      assert.equal(await background(page), colour);
      await checkAccess(page);
      await page.getByLabel("Miles a year").fill("many");
      await page.getByLabel("Electricity").fill("200");
      await page.getByRole("button", { name: "Save driving and prices" }).click();
      await page.locator("#miles_per_year-error").waitFor();
      // The first that is wrong has the focus, so that one can go on at once.
      assert.equal(await page.evaluate(() => document.activeElement.id), "miles_per_year");
      assert.equal(await page.getByLabel("Electricity").inputValue(), "200");
      await checkWidths(page);
      await checkAccess(page);
      await page.getByLabel("Name").fill("a name that is as long as a name can be, which is 60 letters");
      await page.getByRole("button", { name: "Make a token" }).click();
      await page.getByLabel("Your new token").waitFor();
      await checkWidths(page);
      await checkAccess(page);
      await checkServed(page, bodies);
    }, { seconds: 90 });
  }

  await facts.fact("without JavaScript one chooses colours and units on a phone, and every page has them at once", async (stage) => {
    const page = await stage.person({ url: server.url, viewport: PHONE, script: false });
    await page.goto("/cars");
    assert.equal(await background(page), LIGHT);
    await chooseColours(page, "Dark");
    await section(page, "display").getByLabel("Kilometers, liters and kWh for 100 km").check();
    await section(page, "display").getByRole("button", { name: "Save" }).click();
    await page.goto(`/cars/${HYBRID}`);
    assert.equal(await background(page), DARK);
    const text = await page.locator("main").innerText();
    assert.match(text, /5\.9 L\/100 km/);
    assert.doesNotMatch(text, /\d mpg/);
    // A visitor on the same machine has neither.
    const visitor = await stage.open({ url: server.url, viewport: PHONE, script: false });
    await visitor.goto(`/cars/${HYBRID}`);
    assert.equal(await background(visitor), LIGHT);
    assert.match(await visitor.locator("main").innerText(), /40 mpg/);
  });

  await facts.fact("by keyboard alone one sets the miles of a year, and the cost of a car begins with them", async (stage) => {
    const page = await stage.person({ url: server.url });
    await page.goto("/auth/me");
    await page.getByRole("link", { name: "Driving and prices" }).focus();
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.id), "miles_per_year");
    await page.keyboard.type("9,000");
    await page.keyboard.press("Enter");
    await section(page, "driving").getByRole("status").waitFor();
    assert.equal(await page.getByLabel("Miles a year").inputValue(), "9000");
    await page.goto(`/cars/${HYBRID}`);
    assert.equal(await page.getByLabel("Miles a year").inputValue(), "9000");
  });

  for (const script of [true, false]) {
    await facts.fact(`a token is made, used and revoked ${script ? "with" : "without"} JavaScript`, async (stage) => {
      const page = await stage.person({ url: server.url, viewport: PHONE, script });
      await page.goto("/auth/me");
      await page.getByLabel("Name").fill("my script");
      await page.getByRole("button", { name: "Make a token" }).click();
      const token = await page.getByLabel("Your new token").inputValue();
      const use = () => fetch(`${server.url}/auth/me`, { headers: { authorization: `Bearer ${token}` } });
      assert.equal((await (await use()).json()).email, page.email);
      await page.goto("/auth/me");
      assert.equal(await page.getByLabel("Your new token").count(), 0);
      await page.getByRole("button", { name: "Revoke the token my script" }).click();
      await section(page, "tokens").getByRole("status").getByText("revoked").waitFor();
      assert.equal((await use()).status, 401);
    });
  }

  await facts.fact("a new password ends the session of another browser, and this one goes on", async (stage) => {
    const page = await stage.person({ url: server.url });
    const other = await stage.open({ url: server.url });
    await other.goto("/login?next=/auth/me");
    await other.getByLabel("Email").fill(page.email);
    await other.getByLabel("Password").fill(PASSWORD);
    await other.getByRole("button", { name: "Log in" }).click();
    await other.waitForURL(/auth\/me/);
    await page.goto("/auth/me");
    assert.equal(await section(page, "sessions").locator("li").count(), 2);
    await page.getByLabel("Your password now").fill(PASSWORD);
    await page.getByLabel("New password").fill(OTHER_PASSWORD);
    await page.getByRole("button", { name: "Change password" }).click();
    await section(page, "password").getByRole("status").waitFor();
    assert.equal(await section(page, "sessions").locator("li").count(), 1);
    await other.reload();
    assert.match(other.url(), /\/login/);
  });

  await facts.fact("an account is deleted for good, without JavaScript on a phone", async (stage) => {
    stage.expect(/status of 422/);
    stage.expect(/status of 401/);
    const page = await stage.person({ url: server.url, viewport: PHONE, script: false });
    await page.goto("/auth/me");
    const form = section(page, "delete");
    await form.getByLabel("Your password").fill("not mine at all");
    await form.getByRole("button").click();
    await form.getByText("That is not your password.").waitFor();
    await form.getByLabel("Your password").fill(PASSWORD);
    await form.getByRole("button").click();
    await page.getByRole("heading", { name: "Your account is deleted" }).waitFor();
    await checkWidths(page);
    assert.equal(await page.getByRole("button", { name: "Log out" }).count(), 0);
    await page.goto("/auth/me");
    await page.getByLabel("Email").fill(page.email);
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByText("don't match an account").waitFor();
  });

  await facts.fact("the email is changed, and everything of the person can be downloaded", async (stage) => {
    const page = await stage.person({ url: server.url, viewport: DESKTOP });
    await page.goto("/auth/me");
    const email = `new${newEmail()}`;
    await page.getByLabel("New email").fill(email);
    await section(page, "email").getByLabel("Your password").fill(PASSWORD);
    await page.getByRole("button", { name: "Change email" }).click();
    await section(page, "email").getByRole("status").waitFor();
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "Download your data" }).click()]);
    assert.equal(download.suggestedFilename(), "autio-export.json");
    const parts = [];
    for await (const part of await download.createReadStream()) parts.push(part);
    assert.equal(JSON.parse(Buffer.concat(parts).toString()).account.email, email);
  });
}
