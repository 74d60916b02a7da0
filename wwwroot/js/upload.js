// Sends a file to the lab in pieces over HTTP, beside the page's own connection. A piece that fails is sent again from
// where the lab says it stands, so a broken line costs at most one piece.
const pieceBytes = 4 * 1024 * 1024;
const mostFailures = 8;

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

/** Uploads the chosen file and reports bytes; returns the upload's id, or null when it was cancelled. */
export async function send(input, page) {
  const file = input.files[0];
  const controller = new AbortController();
  input.labUpload = controller;
  const { id } = await json(await fetch("api/v1/uploads", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ file_name: file.name, length: file.size }),
    signal: controller.signal,
  }));
  try {
    await pieces(file, `api/v1/uploads/${id}`, page, controller.signal);
    return id;
  } catch (error) {
    if (!controller.signal.aborted) throw error;
    await fetch(`api/v1/uploads/${id}`, { method: "DELETE" });
    return null;
  }
}

export function cancel(input) {
  input.labUpload?.abort();
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
      if (signal.aborted || ++failures > mostFailures) throw error;
      await new Promise(resolve => setTimeout(resolve, 250 * 2 ** failures));
      received = await safeBytes(address, received);
    }
  }
}

async function safeBytes(address, known) {
  try {
    return (await json(await fetch(address))).received;
  } catch {
    return known;
  }
}

async function json(answer, alsoFine) {
  if (!answer.ok && answer.status !== alsoFine) throw new Error((await answer.json())?.error?.message ?? `HTTP ${answer.status}`);
  return answer.json();
}
