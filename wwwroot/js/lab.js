// What every page needs: the skip link, what long forms keep, and the dialog shown while the connection to the lab is lost.
import "./form-keeper.js";

document.addEventListener("click", event => {
  const link = event.target.closest("[data-skip]");
  if (!link) return;
  event.preventDefault();
  document.getElementById(link.dataset.skip)?.focus();
});

const dialog = document.getElementById("components-reconnect-modal");

dialog?.addEventListener("components-reconnect-state-changed", event => {
  const state = event.detail.state;
  if (state === "show" && !dialog.open) show();
  if (state === "hide" && dialog.open) dialog.close();
  if (state === "failed") document.addEventListener("visibilitychange", retryWhenVisible);
  if (state === "rejected") restart();
  document.dispatchEvent(new Event("lab:circuit"));
});

// The rating desk works on without the page's connection, so nothing may cover it.
function show() {
  const strip = worksAlone();
  dialog.classList.toggle("is-strip", strip);
  if (strip) dialog.show();
  else dialog.showModal();
}

// The lab was restarted and does not know this page any more. The rating desk loads the page again itself, once nothing is unsent.
function restart() {
  document.documentElement.dataset.circuit = "lost";
  if (!worksAlone()) location.reload();
}

function worksAlone() {
  return document.querySelector("[data-rating-desk]") !== null;
}

dialog?.addEventListener("cancel", event => event.preventDefault());

dialog?.addEventListener("click", event => {
  const action = event.target.closest("[data-reconnect]")?.dataset.reconnect;
  if (action === "retry") retry();
  if (action === "resume") resume();
  if (action === "reload") location.reload();
});

async function retry() {
  document.removeEventListener("visibilitychange", retryWhenVisible);
  try {
    // false: the server answered, but no longer knows this page.
    if (!await Blazor.reconnect()) await resume();
  } catch {
    document.addEventListener("visibilitychange", retryWhenVisible);
  }
}

async function resume() {
  if (await Blazor.resumeCircuit()) dialog.close();
  else restart();
}

async function retryWhenVisible() {
  if (document.visibilityState === "visible") await retry();
}

// A column heading that sorts is a button by its role only: the keys of a button work on it, too.
document.addEventListener("keydown", event => {
  if (!event.target.matches(".mud-table-sort-label[role=button]") || event.key !== "Enter" && event.key !== " ") return;
  event.preventDefault();
  event.target.click();
});

// Copies the text of the element that a button names. The clipboard interface exists only with HTTPS or on this machine; over plain HTTP
// a selection does it.
document.addEventListener("click", async event => {
  const button = event.target.closest("[data-copy]");
  const source = button && document.getElementById(button.dataset.copy);
  if (!source) return;
  button.dataset.copied = await copy(source.textContent) ? "yes" : "no";
});

async function copy(text) {
  try {
    if (navigator.clipboard) {
      await navigator.clipboard.writeText(text);
      return true;
    }
  } catch {
    // Not permitted: the selection may be.
  }
  return copySelection(text);
}

function copySelection(text) {
  const field = document.createElement("textarea");
  const focused = document.activeElement;
  field.value = text;
  field.readOnly = true;
  field.style.position = "fixed";
  field.style.opacity = "0";
  document.body.append(field);
  field.select();
  try {
    return document.execCommand("copy");
  } finally {
    field.remove();
    focused?.focus?.();
  }
}
