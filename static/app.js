// Comfort only: every form works without this file.
const composer = document.getElementById("composer");

const isTouch = matchMedia("(pointer: coarse)");

// Enter sends, Shift+Enter breaks the line; not while an input method is composing a word (229 is Safari's way of saying
// so), and not on a phone, whose keyboard has no Shift+Enter.
document.addEventListener("keydown", (event) => {
  const box = event.target;
  if (!box.matches("#message, .edit textarea") || event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229 || isTouch.matches) return;
  event.preventDefault();
  box.form.requestSubmit();
});

// What was sent is on the page now, so the composer is empty again (reset() would bring a draft
// back); after an error the text stays.
document.addEventListener("htmx:after:request", (event) => {
  const { sourceElement, response } = event.detail.ctx;
  if (sourceElement === composer && response?.status === 200) composer.elements.message.value = "";
});

// No answer at all: the person is told, what was typed is still there, and sending it twice says it once.
document.addEventListener("htmx:error", (event) => {
  const { sourceElement, sourceEvent, request } = event.detail.ctx ?? {};
  if (request?.method !== "POST") return;
  const notice = document.getElementById("offline").content.cloneNode(true);
  notice.querySelector("button").onclick = () => sourceElement.requestSubmit(sourceEvent?.submitter);
  document.getElementById("notice").replaceChildren(notice);
});

// When a swap takes away what had the focus, the composer has it next; on a touch screen the
// conversation has, because the composer would bring up the keyboard.
let held;
let kept;
let steps;
let height;
let below;
document.addEventListener("htmx:before:swap", (event) => {
  held = document.activeElement;
  kept = held.closest(".keep")?.parentElement;
  steps = event.detail.ctx.sourceElement?.closest(".versions-of");
  below = event.detail.ctx.sourceElement?.closest("#earlier")?.nextElementSibling;
  height = (steps ?? below)?.getBoundingClientRect().top;
});
document.addEventListener("htmx:after:swap", () => {
  // A car was kept or dropped: the button in its place has the focus.
  const card = kept;
  kept = undefined;
  if (card && !held.isConnected) return card.querySelector(".keep button")?.focus();
  // Another version is shown: the buttons that step on are where they were, and one of them has the focus.
  const others = steps && !steps.isConnected && document.getElementById(steps.id);
  if (others) {
    if (!others.contains(document.activeElement)) others.querySelector("button:enabled").focus({ preventScroll: true });
    return scrollBy(0, others.getBoundingClientRect().top - height);
  }
  // Earlier messages came in above: what was read stays where it is.
  if (below) {
    (document.querySelector("#earlier a") ?? document.getElementById("messages")).focus({ preventScroll: true });
    scrollBy(0, below.getBoundingClientRect().top - height);
    return (below = undefined);
  }
  if (!composer || !held || held === document.body || held.checkVisibility() || document.activeElement !== document.body) return;
  const next = isTouch.matches ? document.getElementById("messages") : composer.elements.message;
  next.focus({ preventScroll: true });
});

// What is to be changed has the focus.
document.addEventListener("toggle", ({ target }) => {
  if (target.open && target.matches(".edit")) target.querySelector("textarea").focus();
}, true);

// The text of an answer goes to the clipboard; where there is none (plain http), it is marked for copying by hand.
document.addEventListener("click", async ({ target }) => {
  const button = target.closest?.(".copy");
  if (!button) return;
  const prose = button.closest(".message").querySelector(".prose");
  let outcome = "Copied";
  try {
    await navigator.clipboard.writeText(prose.innerText);
  } catch {
    getSelection().selectAllChildren(prose);
    outcome = "Selected";
  }
  document.getElementById("status").textContent = `${outcome}.`;
  button.textContent = outcome;
  setTimeout(() => (button.textContent = "Copy"), 2000);
});

// On a wide screen the list of conversations is open; on a phone it waits to be asked for.
const list = document.getElementById("list");
if (list && matchMedia("(min-width: 60rem)").matches) list.open = true;

// Days in the list begin and end where the person is; the server knows UTC alone.
document.cookie = `autio-behind-utc=${new Date().getTimezoneOffset()}; path=/; max-age=31536000; SameSite=Lax`;
