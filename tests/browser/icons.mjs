// Draws the pictures of Autio's sign from static/icon.svg: `node tests/browser/icons.mjs`. Run it when the sign changes.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { launch } from "./browser.mjs";

const place = (name) => fileURLToPath(new URL(`../../static/${name}`, import.meta.url));
const sign = readFileSync(place("icon.svg"), "utf8");
// Without its round corners: what masks an icon cuts its own.
const bare = sign.replace(' rx="9"', "");
const inside = (width, height, body) => `<!doctype html><style>*{margin:0}body{width:${width}px;height:${height}px;display:grid;place-items:center;overflow:hidden}svg{display:block}</style><body>${body}`;
const sized = (svg, size) => svg.replace("<svg ", `<svg width="${size}" height="${size}" `);

const pictures = [
  ["icon-192.png", 192, 192, inside(192, 192, sized(sign, 192)), true],
  ["icon-512.png", 512, 512, inside(512, 512, sized(bare, 512)), false],
  ["share.png", 1200, 630, inside(1200, 630, `<style>body{background:#214538;color:#fffef1;font:600 44px/1.3 system-ui,sans-serif;text-align:center}b{display:block;font-size:110px;color:#90eba6}</style><div>${sized(bare, 220).replace("<svg ", '<svg style="margin:auto" ')}<b>Autio</b>A car advisor that you talk to.<br>Every figure has a source.</div>`), false],
];

const browser = await launch();
for (const [name, width, height, html, omitBackground] of pictures) {
  const page = await browser.newPage({ viewport: { width, height } });
  await page.setContent(html);
  await page.screenshot({ path: place(name), omitBackground });
  await page.close();
}
await browser.close();
