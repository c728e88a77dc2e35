// Every page in every state: for everybody (axe), valid (html-validate), narrow enough, in light and dark, and light to load.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import assert from "node:assert/strict";

import { HtmlValidate } from "html-validate";

import { DESKTOP, finished, PASSWORD, PHONE, reply, say } from "./browser.mjs";
import { ELECTRIC, GASOLINE, HYBRID, PLUG_IN } from "./cars.test.mjs";
import { until } from "./facts.mjs";
import { Server } from "./server.mjs";
import { Upstream } from "./upstream.mjs";

/** What the chat page may weigh over the wire, in bytes. */
const BUDGET = 40 * 1024;
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const validator = new HtmlValidate({
  root: true,
  extends: ["html-validate:recommended"],
  rules: {
    // Style alone: `<input>` and `<!doctype html>` are what the HTML standard itself writes.
    "void-style": ["error", { style: "omit" }],
    "doctype-style": "off",
    // Style alone: a button in a form submits by default, and ours do.
    "no-implicit-button-type": "off",
    // The choices of one filter are several boxes of one name: that is how forms send a list.
    "form-dup-name": "off",
    // Style alone: spaces at the end of a line, where a template's block stood.
    "no-trailing-whitespace": "off",
    // A choice of length: titles hold the person's own words.
    "long-title": "off",
    // ARIA lets a list have a name, and "What Autio understood" is heard with it.
    "aria-label-misuse": ["error", { allowAnyNamable: true }],
  },
});

export default async function tell(facts) {
  const upstream = await Upstream.start();
  const catalogue = await Server.start();
  const model = await Server.start(upstream.settings);

  /** Each state: where, who, and how to get there. What has an address is seen without JavaScript as well. */
  const states = {
    "the landing page": { visit: (page) => page.goto("/") },
    "the landing page of somebody logged in": { member: true, visit: (page) => page.goto("/") },
    "the login form": { visit: (page) => page.goto("/login") },
    "the login form after a wrong password": {
      error: 401,
      async visit(page) {
        await page.goto("/login");
        await page.getByLabel("Email").fill("nobody@example.com");
        await page.getByLabel("Password").fill(PASSWORD);
        await page.getByRole("button", { name: "Log in" }).click();
        await page.getByRole("alert").filter({ hasText: /\w/ }).waitFor();
      },
    },
    "the signup form": { visit: (page) => page.goto("/signup") },
    "the signup form with errors": {
      error: 422,
      async visit(page) {
        await page.goto("/signup");
        await page.getByLabel("Email").fill("somebody@example.com");
        await page.getByLabel("Password").fill("password1");
        await page.getByRole("button", { name: "Sign up" }).click();
        await page.locator("[aria-invalid=true]").first().waitFor();
      },
    },
    "an empty chat": { member: true, visit: (page) => page.goto("/chat/") },
    "a chat with cards": {
      member: true,
      async visit(page) {
        await page.goto("/chat/");
        await say(page, "A family SUV with all-wheel drive, 2022 or newer");
        await finished(page);
        await say(page, "a plug-in hybrid or an electric one");
        await finished(page, 2);
      },
    },
    "a chat with a need that can't be changed like that": {
      member: true,
      error: 422,
      async visit(page) {
        await page.goto("/chat/");
        await say(page, "An all-wheel drive SUV, 2022 or newer, under $40,000, with 7 seats, not a Tesla");
        await finished(page);
        await page.locator("#needs summary", { hasText: "at most" }).click();
        await page.getByLabel("Highest price").fill("plenty");
        await page.getByRole("button", { name: "Change" }).and(page.locator(":visible")).click();
        await page.getByText("Give a whole number").waitFor();
      },
    },
    "a chat with words and addresses that never end": {
      member: true,
      server: model,
      async visit(page) {
        await page.goto("/chat/");
        await say(page, `echo ${"x".repeat(300)} https://example.com/${"y".repeat(200)}\n\n| a | b |\n|---|---|\n| ${"z".repeat(80)} | ${"w".repeat(80)} |\n\n\`\`\`\n${"code ".repeat(60)}\n\`\`\``);
        await finished(page);
      },
    },
    "a chat while the answer comes": {
      member: true,
      server: model,
      async visit(page) {
        await page.goto("/chat/");
        await say(page, "hold please");
        await until("the answer runs", async () => (await reply(page, 1).innerText()).includes("Wait"));
      },
      after: () => upstream.release(),
    },
    "a chat whose answer was stopped": {
      member: true,
      server: model,
      async visit(page) {
        await page.goto("/chat/");
        await say(page, "hold please");
        await until("the answer runs", async () => (await reply(page, 1).innerText()).includes("Wait"));
        await page.getByRole("button", { name: "Stop" }).click();
        await reply(page, 1).getByRole("button", { name: "Try again" }).waitFor();
      },
    },
    "a chat whose answer failed": {
      member: true,
      server: model,
      async visit(page) {
        await page.goto("/chat/");
        await say(page, "break please");
        await reply(page, 1).getByText("broke off before it was whole").waitFor();
      },
    },
    "a chat that the catalogue advisor answered in the model's place": {
      member: true,
      server: model,
      async visit(page) {
        upstream.failing = true;
        await page.goto("/chat/");
        await say(page, "hybrid SUVs please");
        await reply(page, 1).getByText("catalogue advisor answered instead").waitFor();
        upstream.failing = false;
      },
    },
    "the settings": { member: true, visit: (page) => page.goto("/auth/me") },
    "the settings after saving": {
      member: true,
      async visit(page) {
        await page.goto("/auth/me");
        await page.getByLabel("Enthusiast").check();
        await page.locator("#about").getByRole("button", { name: "Save" }).click();
        await page.getByText("Saved.").waitFor();
      },
    },
    "the cars with filters": { visit: (page) => page.goto("/cars?bodies=suv&drives=awd&budget_max=45000&year_min=2020") },
    "the cars with filters that can't be used": { error: 422, visit: (page) => page.goto("/cars?bodies=truck&budget_max=cheap&models=%21&sort=best") },
    "the cars of somebody logged in": { member: true, visit: (page) => page.goto("/cars?fuels=electric") },
    "one car": { visit: (page) => page.goto(`/cars/${HYBRID}`) },
    "one car of somebody logged in, with figures that can't be used": {
      member: true,
      error: 422,
      visit: (page) => page.goto(`/cars/${HYBRID}/cost?miles_per_year=many&price_usd=free`),
    },
    "two cars side by side with their chart": { visit: (page) => page.goto(`/cars/compare?ids=${HYBRID},${GASOLINE}&price_usd=32700&price_usd=30558`) },
    "four cars side by side": { visit: (page) => page.goto(`/cars/compare?ids=${HYBRID},${GASOLINE},${PLUG_IN},${ELECTRIC}`) },
    "a comparison of one car": { error: 422, visit: (page) => page.goto(`/cars/compare?ids=${HYBRID}`) },
    "an empty shortlist": { member: true, visit: (page) => page.goto("/shortlist") },
    "a shortlist": {
      member: true,
      async visit(page) {
        for (const id of [HYBRID, PLUG_IN]) {
          const kept = await page.request.post(`/shortlist/${id}`, { headers: { accept: "text/html", origin: catalogue.url }, form: {} });
          assert.ok(kept.ok());
        }
        await page.goto("/shortlist");
      },
    },
    "no batches": { member: true, visit: (page) => page.goto("/chat/batches") },
    "a batch with its answers": {
      member: true,
      async visit(page) {
        // More than are answered before it is stopped.
        const requests = Array.from({ length: 20 }, (_, number) => ({ id: number % 2 ? `wish-${number}-${"x".repeat(80)}` : undefined, message: "An electric hatchback ".repeat(20) }));
        const sent = await page.request.post("/chat/batches", { headers: { accept: "application/json", origin: catalogue.url }, data: { requests } });
        assert.equal(sent.status(), 201);
        await page.goto("/chat/batches");
        await page.locator(".hits a").click();
        await page.getByRole("button", { name: "Stop the rest" }).click();
        await page.getByText("20 of 20 answered or ended; stopped").waitFor();
      },
    },
    "the page for an address that isn't there": { error: 404, visit: (page) => page.goto("/no/such/page") },
  };

  for (const [name, { member, server = catalogue, error, visit, after }] of Object.entries(states)) {
    await facts.fact(`${name} is accessible, valid and never too wide, in light and dark`, async (stage) => {
      if (error) stage.expect(new RegExp(`status of ${error}`));
      const page = await (member ? stage.person({ url: server.url }) : stage.open({ url: server.url }));
      const bodies = served(page);
      await visit(page);
      try {
        await checkWidths(page);
        await checkAccess(page);
        await checkServed(page, bodies);
        // An answer that comes has the page ask again every two seconds, in the middle of any check.
        if (!after) await checkPlain(stage, page, server.url);
      } finally {
        after?.();
      }
    });
  }

  await facts.fact("the first visit of the chat page weighs less than 40 KiB over the wire", async (stage) => {
    const page = await stage.person({ url: catalogue.url, viewport: PHONE });
    const wire = await page.context().newCDPSession(page);
    await wire.send("Network.enable");
    const names = new Map();
    const sizes = new Map();
    wire.on("Network.requestWillBeSent", ({ requestId, request }) => names.set(requestId, new URL(request.url).pathname));
    wire.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => sizes.set(names.get(requestId), encodedDataLength));
    await page.goto("/chat/", { waitUntil: "networkidle" });
    // A browser with a window fetches the icon as well; this one doesn't say so.
    const icon = await page.locator("link[rel=icon]").getAttribute("href");
    if (!sizes.has(icon)) sizes.set(icon, (await (await page.request.get(icon)).body()).length + 500);
    let total = 0;
    for (const size of sizes.values()) total += size;
    assert.ok(sizes.size >= 5, `only ${[...sizes.keys()]} were measured`);
    const parts = [...sizes].map(([path, size]) => `${path.split("/").at(-1) || path} ${size}`).join(", ");
    assert.ok(total < BUDGET, `${total} bytes: ${parts}`);
    return `${(total / 1024).toFixed(1)} KiB with headers (${parts})`;
  });

  await facts.fact("static files are kept by the browser, personal pages are not", async (stage) => {
    const page = await stage.person({ url: catalogue.url });
    const asked = [];
    page.on("response", (response) => asked.push(response));
    await page.goto("/chat/");
    for (const response of asked) {
      const wanted = new URL(response.url()).pathname.startsWith("/static/") ? /immutable/ : /no-store/;
      assert.match(response.headers()["cache-control"], wanted, response.url());
    }
  });

  await upstream.stop();
}

/** Gathers the HTML that the server sends to a page from here on. */
export function served(page) {
  const bodies = [];
  page.on("response", (response) => {
    const isHtml = response.headers()["content-type"]?.startsWith("text/html");
    if (isHtml && response.status() !== 303) bodies.push(Promise.all([response.url(), response.text()]));
  });
  return bodies;
}

export async function checkWidths(page) {
  for (const width of [320, 360, DESKTOP.width]) {
    await page.setViewportSize({ width, height: PHONE.height });
    const { wide, culprits } = await page.evaluate(() => {
      const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
      const beyond = (element) => element.getBoundingClientRect().right > document.documentElement.clientWidth + 1;
      return { wide, culprits: wide > 0 ? [...document.querySelectorAll("body *")].filter(beyond).map((e) => e.outerHTML.slice(0, 80)) : [] };
    });
    assert.ok(wide <= 0, `at ${width} px the page is ${wide} px too wide: ${culprits.slice(0, 4).join(" ")}`);
  }
}

/**
 * The same address without JavaScript. axe is JavaScript itself, so it looks at what such a browser made of the page in one
 * that runs it, without the page's own scripts.
 */
export async function checkPlain(stage, page, url) {
  const cookies = await page.context().storageState();
  // The address of a form that came back with an error takes no GET.
  const again = await page.request.get(page.url(), { headers: { accept: "text/html" } });
  if (again.status() === 405) return;
  const plain = await stage.open({ url, script: false, cookies });
  await plain.goto(page.url());
  await checkWidths(plain);
  const body = (await plain.content()).replace(/<script[^>]*><\/script>|<\/?noscript>/g, "");
  const looked = await stage.open({ url, cookies });
  await looked.route(({ href }) => href === page.url().split("#")[0], (route) => route.fulfill({ body, contentType: "text/html" }));
  await looked.goto(page.url());
  assert.equal(await looked.locator("script").count(), 0);
  await checkAccess(looked, [[PHONE, "light"], [DESKTOP, "dark"]]);
}

const LOOKS = [[PHONE, "light"], [PHONE, "dark"], [DESKTOP, "light"], [DESKTOP, "dark"]];

/** axe on a phone and on a desktop, in light and in dark: layout and colours change independently. */
export async function checkAccess(page, looks = LOOKS) {
  await page.evaluate(AXE);
  for (const [viewport, colorScheme] of looks) {
    await page.setViewportSize(viewport);
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    const violations = await page.evaluate(async () => {
      const { violations } = await window.axe.run(document, { resultTypes: ["violations"] });
      return violations.map((one) => `${one.id} (${one.impact}): ${one.help}: ${one.nodes.map((node) => `${node.html.slice(0, 120)} ${node.any.map((any) => any.message).join("; ")}`).join(" | ")}`);
    });
    assert.deepEqual(violations, [], `${viewport.width} px, ${colorScheme}`);
  }
}

/** The HTML as the server sent it on the way here: pages, fragments, the page after a reload, and the events of its replies. */
export async function checkServed(page, served) {
  const bodies = await Promise.all(served);
  const again = await page.request.get(page.url(), { headers: { accept: "text/html" } });
  if (again.ok()) bodies.push([`${page.url()} again`, await again.text()]);
  for (const id of await page.locator(".reply:not([hx-sse\\:connect])").evaluateAll((all) => all.map((one) => one.id.slice(2)))) {
    const events = await page.request.get(`/chat/messages/${id}/events`, { headers: { "hx-request": "true" } });
    bodies.push([events.url(), (await events.text()).split("\n").filter((line) => line.startsWith("data: ")).map((line) => line.slice(6)).join("\n")]);
  }
  assert.ok(bodies.length > 0);
  for (const [address, html] of bodies) {
    const parsed = html
      // As htmx itself does before it parses: the browser never sees the element.
      .replace(/(<\/?)hx-partial\b/g, "$1template")
      // Who has no JavaScript has no other way to see the answer come. Anywhere else it stays an error.
      .replace(/(<noscript>)<meta http-equiv="refresh" content="2; url=\/chat\/[\w-]+">(<link rel="stylesheet" href="\/static\/waiting\.\w+\.css"><\/noscript>)/, "$1$2");
    const { results } = await validator.validateString(parsed);
    const messages = results.flatMap((result) => result.messages);
    const complaints = messages.map((one) => `${one.ruleId} at ${one.line}:${one.column}: ${one.message}: ${html.split("\n")[one.line - 1]?.trim().slice(0, 160)}`);
    assert.deepEqual(complaints, [], address);
  }
}
