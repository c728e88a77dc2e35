// The pages of the API: under their content policy they log in, and try a route.

import assert from "node:assert/strict";

import { DESKTOP, newEmail, PASSWORD } from "./browser.mjs";
import { Server } from "./server.mjs";

export default async function tell(facts) {
  const server = await Server.start();
  const url = server.url;

  await facts.fact("the API's pages log in by their Authorize button, and try out who that is", async (stage) => {
    const page = await stage.open({ url, viewport: DESKTOP });
    const email = newEmail();
    const made = await page.request.post("/auth/signup", { data: { email, password: PASSWORD } });
    assert.equal(made.status(), 201);
    await page.goto("/docs");
    await page.locator("#docs .auth-wrapper button.authorize").click();
    const login = page.locator(".auth-container", { has: page.locator("#oauth_username") });
    await login.locator("#oauth_username").fill(email);
    await login.locator("#oauth_password").fill(PASSWORD);
    await login.locator("button.authorize").click();
    // Who is in sees no fields any more.
    await page.locator(".auth-container button", { hasText: "Logout" }).waitFor();
    await page.locator(".auth-btn-wrapper .btn-done").last().click();
    const me = page.locator("#operations-Account-me");
    await me.locator(".opblock-summary-control").click();
    await me.getByRole("button", { name: "Try it out" }).click();
    await me.getByRole("button", { name: "Execute" }).click();
    const live = me.locator(".live-responses-table");
    await live.locator(".response-col_status", { hasText: "200" }).first().waitFor();
    await live.getByText(email).first().waitFor();
    const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    assert.ok(!wide, "it fits the screen");
  });

  await facts.fact("the API's pages say without JavaScript where the description is", async (stage) => {
    const page = await stage.open({ url, script: false });
    await page.goto("/docs");
    await page.getByRole("link", { name: "/openapi.json" }).waitFor();
  });
}
