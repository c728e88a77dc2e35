// Over a limit: people read how long to wait, and what they wrote is still there.

import assert from "node:assert/strict";

import { DESKTOP, finished, PASSWORD, reply, say } from "./browser.mjs";
import { Server } from "./server.mjs";

const NARROW = { width: 320, height: 640 };

export default async function tell(facts) {
  const limits = { AUTIO_RATE_LIMITS: "on", AUTIO_LIMIT_SIGNUP: "off", AUTIO_LIMIT_CHAT: "1,1/h", AUTIO_LIMIT_LOGIN: "2,1/h" };
  const server = await Server.start(limits);
  const url = server.url;

  const ways = [
    ["on a desktop", { viewport: DESKTOP }],
    ["on a narrow phone without JavaScript", { viewport: NARROW, script: false }],
  ];
  for (const [where, options] of ways) {
    await facts.fact(`${where}, a message too many is refused beside the composer, which keeps it`, async (stage) => {
      stage.expect(/status of 429/);
      const page = await stage.person({ url, ...options });
      await page.goto("/chat/");
      await say(page, "a wagon");
      await reply(page, 1).locator(".car").first().waitFor();
      await finished(page);
      await say(page, "a van for six");
      await page.getByText("Wait 60 minutes, then send it again.").waitFor();
      assert.equal(await page.getByLabel("Your message").inputValue(), "a van for six");
      assert.equal(await page.locator(".reply").count(), 1, "the conversation is still there");
      const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
      assert.ok(!wide, "it fits the screen");
    });
  }

  await facts.fact("too many logins bring the form back with the email and the time to wait", async (stage) => {
    stage.expect(/status of 401/);
    stage.expect(/status of 429/);
    const page = await stage.open({ url, viewport: NARROW });
    await page.goto("/login");
    for (let attempt = 0; attempt < 3; attempt += 1) {
      await page.getByLabel("Email").fill("nobody@example.com");
      await page.getByLabel("Password").fill(PASSWORD);
      await page.getByRole("button", { name: "Log in" }).click();
      // The form that comes back has an empty password.
      await page.locator("#password:invalid").waitFor();
    }
    await page.getByText("Too many attempts to log in from your network. Wait 60 minutes, then try again.").waitFor();
    assert.equal(await page.getByLabel("Email").inputValue(), "nobody@example.com");
  });
}
