// Runs the browser tests: `AUTIO_BIN=target/debug/autio node tests/browser/run.mjs [words of a fact]`.
//
// Each file of facts starts servers of its own on free ports, and a few files run side by side. CHROMIUM names another
// browser than /usr/bin/chromium. When a fact fails, a picture of each of its pages is left in a temporary folder.

import { launch } from "./browser.mjs";
import { Facts } from "./facts.mjs";
import { stopAll } from "./server.mjs";

const FILES = [
  "journey", "list", "craft", "needs", "streaming", "branches", "watching", "pages", "cars", "compare", "reading", "limits", "settings", "accounts", "docs", "hostile", "restart",
];
/** How many files run side by side: more, and two cores are so busy that what has to be seen in the middle is over. */
const AT_ONCE = 4;
/** The whole run, in seconds: a browser that hangs must not hang the tests. */
const LIMIT = 900;

const started = performance.now();
const alarm = setTimeout(() => {
  console.error(`The browser tests took longer than ${LIMIT} s.`);
  stopAll();
  process.exit(1);
}, LIMIT * 1000);

const browser = await launch();
const facts = new Facts(browser, process.argv[2]);
try {
  const waiting = [...FILES];
  const work = async () => {
    for (let name = waiting.shift(); name; name = waiting.shift()) {
      try {
        const { default: tell } = await import(`./${name}.test.mjs`);
        await tell(facts);
      } catch (error) {
        facts.fail(`${name}.test.mjs could be run to its end`, error);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
} finally {
  await browser.close();
  stopAll();
  clearTimeout(alarm);
}
const seconds = ((performance.now() - started) / 1000).toFixed(0);
console.log(`\n${facts.held} facts hold, ${facts.failed} do not; ${seconds} s.`);
process.exit(facts.failed > 0 || facts.held === 0 ? 1 : 0);
