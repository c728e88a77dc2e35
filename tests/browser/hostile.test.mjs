// What a hostile model says, in a real browser: nothing of it runs, loads, leads away or takes part in the page.

import assert from "node:assert/strict";

import { DESKTOP, finished, PHONE, reply, say } from "./browser.mjs";
import { Server } from "./server.mjs";
import { Upstream } from "./upstream.mjs";

/** Each would leave a mark on the page, ask for something, or show a dialog. */
const SAID = [
  "<script>window.mark = 1; alert(1)</script>",
  "<img src=x onerror=\"window.mark = 1; alert(1)\">",
  "<svg/onload=alert(1)><svg><animate onbegin=alert(1) attributeName=x></svg>",
  "<details open ontoggle=alert(1)>x</details><input autofocus onfocus=alert(1)>",
  "[link one](javascript:alert(1)) <a href=javascript:alert(1)>link two</a> [link three](data:text/html,<script>alert(1)</script>)",
  "![x](/static/pixel.png) ![y](https://evil.example/pixel.png) <style>body{display:none}</style>",
  "<div hx-get=/auth/logout hx-trigger=load>x</div> <p hx-on:click=\"alert(1)\">y</p>",
  "<hx-partial hx-target=body hx-swap=innerHTML>taken over</hx-partial> </div></article></main></body>",
  "<form action=//evil.example><button>Log in</button></form><base href=//evil.example>",
  "<iframe srcdoc=\"<script>parent.mark=1</script>\"></iframe><meta http-equiv=refresh content=0;url=//evil.example>",
].join("\n\n");

export default async function tell(facts) {
  const upstream = await Upstream.start();
  const { url } = await Server.start(upstream.settings);

  for (const [where, options] of [["with JavaScript", { viewport: DESKTOP }], ["without", { viewport: PHONE, script: false }]]) {
    await facts.fact(`${where}, a hostile reply is text and nothing else`, async (stage) => {
      const page = await stage.person({ url, ...options });
      const asked = [];
      page.on("request", (request) => asked.push(request.url()));
      await page.goto("/chat/");
      await say(page, `echo ${SAID}`);
      await reply(page, 1).getByText("link one").waitFor();
      await finished(page);
      const prose = reply(page, 1).locator(".prose");
      for (const selector of ["script", "img", "svg", "style", "iframe", "form", "input", "div", "[onerror]", "[hx-get]"]) {
        assert.equal(await prose.locator(selector).count(), 0, `${selector} is in the reply`);
      }
      assert.equal(await prose.locator("a[href]").count(), 0, "no address that runs is a link");
      assert.ok((await prose.innerText()).includes("<script>window.mark = 1"), "it is shown as the text that it is");
      const elsewhere = asked.filter((address) => !address.startsWith(url) || address.includes("logout"));
      assert.deepEqual(elsewhere, [], "nothing was asked for");
      assert.ok(await page.getByLabel("Your message").isVisible(), "the page is whole");
      assert.match(await page.title(), /Autio/);
      if (options.script !== false) assert.equal(await page.evaluate(() => window.mark), undefined);
    });
  }
}
