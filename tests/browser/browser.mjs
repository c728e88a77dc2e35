// The browser, and a stage: the pages of one fact, whose console and content policy are watched.

import { chromium } from "playwright-core";

import { PATIENCE, until } from "./facts.mjs";

export const PHONE = { width: 360, height: 740 };
export const DESKTOP = { width: 1280, height: 900 };
export const PASSWORD = "violet tractor umbrella 77";


export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

let people = 0;
/** An address that nobody has signed up with. */
export function newEmail() {
  people += 1;
  return `person${people}@example.com`;
}

export class Stage {
  #browser;
  #contexts = [];
  #pages = [];
  #troubles = [];
  #expected = [];

  constructor(browser) {
    this.#browser = browser;
  }

  /** A new browser profile with one page, not yet anywhere. `cookies` makes it another device of the same person. */
  async open({ url, viewport = DESKTOP, script = true, dark = false, cookies }) {
    const context = await this.#browser.newContext({
      baseURL: url,
      viewport,
      javaScriptEnabled: script,
      colorScheme: dark ? "dark" : "light",
      reducedMotion: "reduce",
      storageState: cookies,
    });
    this.#contexts.push(context);
    context.setDefaultTimeout(PATIENCE * 1000);
    await context.addInitScript(() => {
      document.addEventListener("securitypolicyviolation", (event) => {
        console.error(`content policy: ${event.violatedDirective} refused ${event.blockedURI} ${event.sample}`);
      });
    });
    const page = await context.newPage();
    this.#pages.push(page);
    page.on("pageerror", (error) => this.#troubles.push(`${page.url()}: ${error}`));
    page.on("dialog", (dialog) => {
      this.#troubles.push(`${page.url()}: a dialog said ${dialog.message()}`);
      dialog.dismiss().catch(() => {});
    });
    page.on("console", (message) => {
      if (message.type() === "error") this.#troubles.push(`${page.url()}: ${message.text()}`);
    });
    return page;
  }

  /** A page of somebody new who is logged in, on no page yet. */
  async person(options) {
    const page = await this.open(options);
    page.email = newEmail();
    const answer = await page.request.post("/auth/signup", {
      form: { email: page.email, password: PASSWORD },
      headers: { accept: "text/html", origin: options.url },
      maxRedirects: 0,
    });
    if (answer.status() !== 303) throw new Error(`signup gave ${answer.status()}: ${await answer.text()}`);
    return page;
  }

  /** Errors in the console that the fact provokes; each must come. */
  expect(pattern) {
    this.#expected.push(pattern);
  }

  assertQuiet() {
    const unexpected = this.#troubles.filter((trouble) => !this.#expected.some((pattern) => pattern.test(trouble)));
    if (unexpected.length > 0) throw new Error(`the console is not quiet:\n${unexpected.join("\n")}`);
    for (const pattern of this.#expected) {
      if (!this.#troubles.some((trouble) => pattern.test(trouble))) throw new Error(`${pattern} was expected in the console`);
    }
  }

  /** Pictures of all pages as they are, for whoever looks into a failure. */
  async photograph(name) {
    const paths = [];
    for (const [index, page] of this.#pages.entries()) {
      const path = `${name}-${index + 1}.png`;
      // A page that is gone can't be photographed, and the failure is reported all the same.
      await page.screenshot({ path, timeout: 3000 }).then(() => paths.push(path), () => {});
    }
    return paths;
  }

  async close() {
    await Promise.all(this.#contexts.map((context) => context.close().catch(() => {})));
  }
}

/** Says `text` on the chat page that is open. */
export async function say(page, text) {
  await page.getByLabel("Your message").fill(text);
  await page.getByRole("button", { name: "Send" }).click();
}

/** The reply with that number on the page, from 1. */
export function reply(page, number) {
  return page.locator(".reply").nth(number - 1);
}

/** Waits until that reply is finished, and returns what people see of it. */
export async function finished(page, number = 1, seconds = PATIENCE) {
  const one = reply(page, number);
  await until(
    `reply ${number} is finished`,
    async () => (await one.count()) > 0 && (await one.getByRole("button", { name: "Stop", exact: true }).count()) === 0,
    seconds,
  );
  return one.innerText();
}

/** All that the conversation shows, but for a button that is there with JavaScript alone. */
export async function conversation(page) {
  return (await page.locator("#messages").innerText()).replace(/^Copy\n/gm, "");
}
