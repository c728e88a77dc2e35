// A fact is a sentence about the product and the steps that show it; this runs, prints and counts facts.

import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Stage } from "./browser.mjs";

/**
 * How long one step is waited for, in seconds. It says when a page is given up, and nothing of how fast it has to be: a busy
 * machine may take its time.
 */
export const PATIENCE = 30;

export class Facts {
  held = 0;
  failed = 0;
  #browser;
  #only;
  #pictures;

  /** With `only`, facts whose sentence doesn't hold these words are left out. */
  constructor(browser, only) {
    this.#browser = browser;
    this.#only = only;
  }

  /**
   * Runs `steps(stage)`, and closes every page that they opened. What they return is printed with the sentence.
   * The fact fails as well when one of its pages wrote an error to the console or broke its content policy.
   */
  async fact(sentence, steps, { seconds = 120 } = {}) {
    if (this.#only && !sentence.includes(this.#only)) return;
    const stage = new Stage(this.#browser);
    const started = performance.now();
    try {
      const note = await within(seconds, steps(stage));
      stage.assertQuiet();
      this.held += 1;
      const took = ((performance.now() - started) / 1000).toFixed(1);
      console.log(`ok    ${sentence}${note ? `: ${note}` : ""} (${took} s)`);
    } catch (error) {
      this.fail(sentence, error);
      this.#pictures ??= await mkdtemp(join(tmpdir(), "autio-browser-failed-"));
      const pictures = await stage.photograph(join(this.#pictures, String(this.failed)));
      for (const picture of pictures) console.log(`      see ${picture}`);
    } finally {
      await stage.close();
    }
  }

  fail(sentence, error) {
    this.failed += 1;
    console.log(`FAIL  ${sentence}`);
    console.log(String(error?.stack ?? error).replace(/^/gm, "      "));
  }
}

function within(seconds, work) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`took longer than ${seconds} s`)), seconds * 1000);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** Asks `look` again until it gives something true, and returns that. */
export async function until(what, look, seconds = PATIENCE) {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    if (performance.now() > deadline) throw new Error(`waited ${seconds} s in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
