// Comfort only: every form works without this file.

// Enter sends, Shift+Enter breaks the line; not while an input method is composing a word.
document.addEventListener("keydown", (event) => {
  const box = event.target;
  if (box.id !== "message" || event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  box.form.requestSubmit();
});

// What was sent is on the page now, so the composer is empty again; after an error the text stays.
document.addEventListener("htmx:after:request", (event) => {
  const { sourceElement, response } = event.detail.ctx;
  if (sourceElement?.id === "composer" && response?.status === 200) sourceElement.reset();
});

// On a wide screen the list of conversations is open; on a phone it waits to be asked for.
const list = document.getElementById("list");
if (list && matchMedia("(min-width: 60rem)").matches) list.open = true;
