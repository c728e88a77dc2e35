// Comfort only: every form works without this file.
const on = (event, listener) => document.addEventListener(event, listener, true);
const composer = document.getElementById("composer");
const messages = document.getElementById("messages");
const isTouch = matchMedia("(pointer: coarse)");

// Enter sends, Shift+Enter breaks the line; not while an input method composes a word (229 is Safari's way of saying so),
// and not on a phone, whose keyboard has no Shift+Enter.
on("keydown", (event) => {
  const isWriting = event.target.matches("#message, .edit textarea") && !event.isComposing && event.keyCode !== 229;
  if (!isWriting || event.key !== "Enter" || event.shiftKey || isTouch.matches) return;
  event.preventDefault();
  event.target.form.requestSubmit();
});

// What was sent is on the page now, and the composer is empty again; after an error the text stays.
on("htmx:after:request", ({ detail: { ctx } }) => {
  if (ctx.sourceElement === composer && ctx.response?.status === 200) composer.elements.message.value = "";
});

// No answer at all: that is said, what was typed is still there, and sending it twice says it once.
on("htmx:error", ({ detail: { ctx } }) => {
  if (ctx?.request?.method !== "POST") return;
  const notice = document.getElementById("offline").content.cloneNode(true);
  notice.querySelector("button").onclick = () => ctx.sourceElement.requestSubmit(ctx.sourceEvent?.submitter);
  document.getElementById("notice").replaceChildren(notice);
});

// A swap moves nothing that is being read, and what comes in the place of what had the focus has it next.
let held, anchor, height;
on("htmx:before:swap", ({ detail: { ctx } }) => {
  held = document.activeElement;
  anchor = ctx.sourceElement?.closest(".versions-of") ?? ctx.sourceElement?.closest("#earlier")?.nextElementSibling;
  height = anchor?.getBoundingClientRect().top;
});
on("htmx:after:swap", () => {
  const same = anchor && document.getElementById(anchor.id);
  if (same) scrollBy(0, same.getBoundingClientRect().top - height);
  if (held === document.body || held.checkVisibility() || document.activeElement !== document.body) return;
  // On a touch screen the composer would bring up the keyboard.
  const next = anchor || isTouch.matches ? messages : composer.elements.message;
  (same?.querySelector(":scope > button:enabled") ?? next).focus({ preventScroll: true });
});

// An answer goes to the clipboard, its cars with their reasons; where there is none (plain http), it is marked for copying
// by hand.
on("click", async ({ target }) => {
  if (!target.matches(".copy")) return;
  const answer = target.closest(".message");
  const parts = [...answer.querySelectorAll(".prose, .car h2, .why li")];
  const text = parts.map((part) => (part.checkVisibility() ? part.innerText : part.textContent).trim()).join("\n");
  const isCopied = await navigator.clipboard?.writeText(text).then(() => true, () => false);
  if (!isCopied) getSelection().selectAllChildren(answer);
  target.textContent = isCopied ? "Copied" : "Selected";
  document.getElementById("status").textContent = `${target.textContent}.`;
  setTimeout(() => (target.textContent = "Copy"), 2000);
});

// What can be opened can be closed the same way everywhere.
on("keydown", ({ key, target }) => {
  const menu = key === "Escape" && target.closest(".menu[open]");
  if (menu) (menu.open = false), menu.querySelector("summary").focus();
});

// What is to be changed has the focus.
on("toggle", ({ target }) => target.open && target.querySelector(":scope > form textarea")?.focus());

// Days in the list begin and end where the person is; the server knows UTC alone.
document.cookie = `autio-behind-utc=${new Date().getTimezoneOffset()}; path=/; max-age=31536000; SameSite=Lax`;
