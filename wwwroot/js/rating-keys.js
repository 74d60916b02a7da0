// Keys of the rating page. Whoever writes text, or chooses words in an input method, keeps all keys to themselves.

/** Tells the page which action a key means, until stop() is called. */
export function listen(page) {
  const onKeyDown = event => {
    const action = meaning(event);
    if (action === null) return;
    event.preventDefault();
    page.invokeMethodAsync("PressAsync", action);
  };
  document.addEventListener("keydown", onKeyDown);
  return { stop: () => document.removeEventListener("keydown", onKeyDown) };
}

/** Brings a criterion into view and puts the focus on its chosen point. */
export function show(id) {
  const criterion = document.getElementById(id);
  const point = criterion?.querySelector("input:checked") ?? criterion?.querySelector("input");
  point?.focus({ preventScroll: true });
  criterion?.scrollIntoView({ block: "nearest" });
}

/** What a key means here; null leaves it to the browser. */
export function meaning(event) {
  if (event.isComposing || event.keyCode === 229 || event.altKey) return null;
  const target = event.target instanceof Element ? event.target : document.body;
  if (target.closest("[role=dialog], .mud-popover")) return null;
  const writing = writesText(target);
  if (event.ctrlKey || event.metaKey) return command(event, writing);
  if (writing || event.repeat && !event.key.startsWith("Arrow")) return null;
  if (/^[0-5]$/.test(event.key)) return event.key;
  if (event.key === "ArrowDown") return "next";
  if (event.key === "ArrowUp") return "previous";
  const onPoint = target.matches("input[type=radio]");
  if (event.key === "ArrowRight" && !onPoint) return "next-answer";
  if (event.key === "ArrowLeft" && !onPoint) return "previous-answer";
  if (event.key === "Enter" && !target.closest("a, button, summary, select")) return "submit";
  return null;
}

function command(event, writing) {
  const key = event.key.toLowerCase();
  if (key === "s" && !event.shiftKey) return "save";
  return key === "z" && !event.shiftKey && !writing ? "undo" : null;
}

function writesText(target) {
  if (target.isContentEditable || target.matches("textarea, select")) return true;
  return target.matches("input") && !["radio", "checkbox", "button"].includes(target.type);
}

/** A new question begins at its top, also for screen readers. */
export function showTop() {
  document.querySelector("h1")?.focus();
  window.scrollTo({ top: 0 });
}
