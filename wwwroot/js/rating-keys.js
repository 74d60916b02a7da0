// Keys of the rating desk. While text is written, or words are chosen in an input method, all keys belong to the text.

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
  // On a point too: a radio group's own arrows would change the score.
  if (event.key === "ArrowRight") return "next-answer";
  if (event.key === "ArrowLeft") return "previous-answer";
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
