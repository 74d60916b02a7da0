// What every page needs: the skip link, and the dialog shown while the connection to the lab is lost.
document.addEventListener("click", event => {
  const link = event.target.closest("[data-skip]");
  if (!link) return;
  event.preventDefault();
  document.getElementById(link.dataset.skip)?.focus();
});

const dialog = document.getElementById("components-reconnect-modal");

dialog?.addEventListener("components-reconnect-state-changed", event => {
  const state = event.detail.state;
  if (state === "show" && !dialog.open) dialog.showModal();
  if (state === "hide" && dialog.open) dialog.close();
  if (state === "failed") document.addEventListener("visibilitychange", retryWhenVisible);
  if (state === "rejected") location.reload();
});

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
  else location.reload();
}

async function retryWhenVisible() {
  if (document.visibilityState === "visible") await retry();
}
