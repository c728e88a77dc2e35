// Takes the pictures that the README shows: `node tests/browser/shots.mjs http://127.0.0.1:8000 [folder]`.
//
// The folder is docs/images unless it is given. It signs somebody up there, so point it at a server made for this. With
// `--all` it takes every state on phone and desktop, light and dark, for people to look at.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { finished, launch, newEmail, PASSWORD, say, Stage } from "./browser.mjs";
import { GASOLINE, HYBRID } from "./cars.test.mjs";

const all = process.argv.includes("--all");
const [url, folder = fileURLToPath(new URL("../../docs/images", import.meta.url))] = process.argv.slice(2).filter((word) => word !== "--all");
if (!url) {
  console.error("Give the address of a running server: node tests/browser/shots.mjs http://127.0.0.1:8000 [folder] [--all]");
  process.exit(2);
}
mkdirSync(folder, { recursive: true });

const DESKTOP = { width: 1280, height: 900 };
const PHONE = { width: 390, height: 844 };
const browser = await launch();
const stage = new Stage(browser);
try {
  const page = await stage.open({ url, viewport: DESKTOP });
  // Another one each time, so that the same server can be used again.
  const email = newEmail().replace("@", `${Date.now() % 1e6}@`);
  await page.goto("/signup");
  await page.getByLabel("Email").fill(email);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign up" }).click();
  await page.waitForURL(/\/chat/);
  if (all) await takeAll(page, "chat-empty");

  for (const earlier of ["A family SUV with all-wheel drive and good mileage", "An electric car with at least 300 miles of range"]) {
    await say(page, earlier);
    await finished(page);
    await page.goto("/chat/");
  }
  await say(page, "I need a hybrid for the city. I drive 12,000 miles a year");
  await finished(page, 1);
  await say(page, "With all-wheel drive, and nothing older than 2023");
  await finished(page, 2);
  await page.goto(page.url());

  // The question stands at the top, as it does after sending.
  await take(page, "chat-desktop", { viewport: DESKTOP, top: ".message:nth-last-child(2)" });
  await take(page, "chat-phone", { viewport: PHONE, top: ".message:nth-last-child(2)" });
  await take(page, "chat-phone-dark", { viewport: PHONE, top: ".message:nth-last-child(2)", dark: true });
  if (all) {
    await takeAll(page, "chat");
    for (const [name, path] of [["settings", "/auth/me"], ["missing", "/no/such/page"]]) {
      await page.goto(path);
      await takeAll(page, name);
    }
    const visitor = await stage.open({ url });
    for (const [name, path] of [["landing", "/"], ["cars", "/cars?bodies=suv&budget_max=40000"], ["car", `/cars/${HYBRID}`], ["compare", `/cars/compare?ids=${HYBRID},${GASOLINE}`], ["login", "/login"], ["signup", "/signup"]]) {
      await visitor.goto(path);
      await takeAll(visitor, name);
    }
    await visitor.getByLabel("Email").fill("somebody@example.com");
    await visitor.getByLabel("Password").fill("password1");
    await visitor.getByRole("button", { name: "Sign up" }).click();
    await visitor.locator("[aria-invalid=true]").first().waitFor();
    await takeAll(visitor, "signup-errors");
  }
} finally {
  await stage.close();
  await browser.close();
}

async function takeAll(page, name) {
  for (const [screen, viewport] of Object.entries({ phone: PHONE, desktop: DESKTOP })) {
    for (const dark of [false, true]) await take(page, `all-${name}-${screen}${dark ? "-dark" : ""}`, { viewport, dark });
  }
}

/** `top` is what stands at the top of the picture; without it, the page does. */
async function take(page, name, { viewport, dark = false, top }) {
  await page.setViewportSize(viewport);
  await page.emulateMedia({ colorScheme: dark ? "dark" : "light" });
  await page.evaluate((top) => {
    document.activeElement?.blur();
    window.scrollTo(0, 0);
    if (top) window.scrollTo(0, document.querySelector(top).getBoundingClientRect().top - 12);
  }, top);
  const path = join(folder, `${name}.png`);
  await page.screenshot({ path });
  console.log(path);
}
