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
