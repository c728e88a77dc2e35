// Signing up where it takes an invitation, and what people see of what happened to their account.

import assert from "node:assert/strict";

import { PASSWORD, PHONE } from "./browser.mjs";
import { checkAccess, checkWidths } from "./pages.test.mjs";
import { Server } from "./server.mjs";

async function signUp(page, email) {
  if (email) await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign up" }).click();
}

export default async function tell(facts) {
  const server = await Server.start({ AUTIO_SIGNUP: "invitation" });

  await facts.fact("without JavaScript on a phone one signs up by an invitation, once, and everybody else is told whom to ask", async (stage) => {
    stage.expect(/status of 403/);
    stage.expect(/status of 422/);
    const link = (await server.command("users", "invite", "--email", "guest@example.com")).trim();
    const stranger = await stage.open({ url: server.url, viewport: PHONE, script: false });
    await stranger.goto("/");
    assert.equal(await stranger.getByRole("link", { name: "Sign up" }).count(), 0);
    await stranger.getByText("Ask whoever runs this site for one").waitFor();
    await checkWidths(stranger);
    await stranger.goto("/signup");
    await stranger.getByRole("alert").getByText("takes an invitation").waitFor();
    assert.equal(await stranger.getByLabel("Password").count(), 0);
    await checkWidths(stranger);

    const page = await stage.open({ url: server.url, viewport: PHONE, script: false });
    await page.goto(link);
    assert.equal(await page.getByLabel("Email").inputValue(), "guest@example.com");
    // What is wrong is said beside the field, and the invitation isn't lost by it.
    await signUp(page, "somebody@example.com");
    await page.locator("#email-error").getByText("for another email").waitFor();
    await signUp(page, "guest@example.com");
    await page.waitForURL(/\/chat\/$/);
    await stranger.goto(link);
    await stranger.getByRole("alert").getByText("has been used").waitFor();
  });

  await facts.fact("the settings show what happened to the account lately, by whom and from where", async (stage) => {
    const link = (await server.command("users", "invite")).trim();
    const page = await stage.open({ url: server.url });
    await page.goto(link);
    await checkAccess(page);
    await signUp(page, "watcher@example.com");
    await page.waitForURL(/\/chat\/$/);
    await server.command("users", "deactivate", "watcher@example.com");
    await page.goto("/auth/me");
    assert.match(page.url(), /\/login/);
    await server.command("users", "activate", "watcher@example.com");
    await page.getByLabel("Email").fill("watcher@example.com");
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Log in" }).click();
    await page.waitForURL(/\/auth\/me/);
    const lines = page.getByRole("region", { name: "Recent activity" }).getByRole("listitem");
    const said = await lines.allInnerTexts();
    const what = said.map((line) => line.split("\n")[0].trim());
    assert.deepEqual(what, ["Logged in this session", "Account turned on", "Account turned off", "Invitation used", "Account made"]);
    assert.match(said[0], /from 127\.0\.0\.1/);
    assert.match(said[2], /by whoever runs this site/);
    await checkAccess(page);
  });
}
