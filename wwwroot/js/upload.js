// Sends a file to the lab in pieces over HTTP, beside the page's own connection. A piece that fails is sent again from
// where the lab says it stands, so a broken line costs at most one piece.
const pieceBytes = 4 * 1024 * 1024;
const mostFailures = 8;

// The upload under way; the dialog that sends is the only one open.
let sending = null;

/** @returns {{name: string, size: number} | null} the chosen file */
export function chosen(input) {
  const file = input.files?.[0];
  return file ? { name: file.name, size: file.size } : null;
}

/** Lets a file be dropped on the zone, as if it had been chosen. */
export function acceptDrops(zone, input) {
  const mark = on => zone.classList.toggle("is-over", on);
  zone.addEventListener("dragover", event => { event.preventDefault(); mark(true); });
  zone.addEventListener("dragleave", () => mark(false));
  zone.addEventListener("drop", event => {
    event.preventDefault();
    mark(false);
    if (!event.dataTransfer.files.length) return;
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
}

/**
 * Uploads the chosen file and reports bytes.
 * @returns {{id?: string, problem?: string, reason?: string}} the upload's id; nothing when it was cancelled; or why it failed, as a
 * key of the page's texts, with the lab's own reason where it gave one
 */
export async function send(input, page) {
  const controller = new AbortController();
  sending = controller;
  let id = null;
  try {
    const file = input.files[0];
    ({ id } = await json(await fetch("api/v1/uploads", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ file_name: file.name, length: file.size }),
      signal: controller.signal,
    })));
    await pieces(file, `api/v1/uploads/${id}`, page, controller.signal);
    return { id };
  } catch (error) {
    await forget(id);
    return controller.signal.aborted ? {} : failure(error);
  }
}

export function cancel() {
  sending?.abort();
}

async function pieces(file, address, page, signal) {
  let received = 0;
  let failures = 0;
  while (received < file.size) {
    try {
      const answer = await fetch(address, {
        method: "PUT",
        headers: { "Content-Type": "application/octet-stream", "Upload-Offset": `${received}` },
        body: file.slice(received, received + pieceBytes),
        signal,
      });
      received = (await json(answer, 409)).received;
      failures = 0;
      await page.invokeMethodAsync("ReportProgress", received);
    } catch (error) {
      if (signal.aborted || isFinal(error) || ++failures > mostFailures) throw error;
      await new Promise(resolve => setTimeout(resolve, 250 * 2 ** failures));
      received = await safeBytes(address, received);
    }
  }
}

/** What another try cannot change: the lab refused, or the file is no longer what was chosen. */
function isFinal(error) {
  if (error instanceof Refusal) return error.status < 500 && error.status !== 408 && error.status !== 429;
  return ["NotReadableError", "NotFoundError", "NotAllowedError"].includes(error?.name);
}

async function safeBytes(address, known) {
  try {
    return (await json(await fetch(address))).received;
  } catch {
    return known;
  }
}

async function forget(id) {
  if (!id) return;
  try {
    await fetch(`api/v1/uploads/${id}`, { method: "DELETE" });
  } catch {
    // The lab removes what nobody completes.
  }
}

/** A refusal of the lab carries its status; the browser names a file that changed or cannot be read; the rest is the network. */
function failure(error) {
  if (error instanceof Refusal) return { problem: problemOf(error.status), reason: error.message };
  return { problem: ["NotReadableError", "NotFoundError", "NotAllowedError"].includes(error?.name) ? "FileUnreadable" : "NetworkLost" };
}

function problemOf(status) {
  if (status === 401 || status === 403) return "SignedOut";
  if (status === 413) return "TooLarge";
  if (status === 429) return "TooBusy";
  if (status === 507) return "DiskFull";
  return status >= 500 ? "ServerFailed" : "Refused";
}

class Refusal extends Error {
  constructor(status, reason) {
    super(reason);
    this.status = status;
  }
}

async function json(answer, alsoFine) {
  if (answer.ok || answer.status === alsoFine) return answer.json();
  const body = await answer.json().catch(() => null); // a proxy answers with a page of its own
  throw new Refusal(answer.status, body?.error?.message ?? `HTTP ${answer.status}`);
}
