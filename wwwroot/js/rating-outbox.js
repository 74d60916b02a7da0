// Carries whole forms to the lab. Every change gets a number and waits in the tab's storage until the lab has acknowledged it:
// an outage, a reload or a change of language in between loses nothing. Requests go over plain HTTP, because a page's own
// connection neither reports what arrived nor survives a restart of the lab.

const patience = 4000;
const longestPause = 2000;
const mostKnown = 8;
const prefix = "rating/";

// Stamps of this load of the page. What an earlier load left behind keeps the stamp it was sent with, so that sending it
// again is recognised; a copied tab would otherwise use the same numbers for other values.
const client = [...crypto.getRandomValues(new Uint8Array(12))].map(byte => byte.toString(16).padStart(2, "0")).join("");
let sequence = 0;

/** One question's way to the lab. */
export class Delivery {
  constructor(user, assignment, changed) {
    this.key = `${prefix}${user}/${assignment}`;
    this.address = `api/v1/ratings/${assignment}`;
    this.assignment = assignment;
    this.changed = changed;
    this.known = [];
    this.pending = read(this.key);
    this.problem = null;
    this.failures = 0;
    this.wake = null;
    this.sending = false;
  }

  /** What the page says is stored; unsent changes go before it. */
  start(stored) {
    if (this.pending !== null) {
      this.send();
      return;
    }

    this.known = stampsOf(stored);
    this.problem = null;
  }

  /** Takes over a whole form and sends it. */
  put(intent, form, skip = {}) {
    const before = this.pending;
    const known = before === null ? this.known
      : before.stamp.client === client ? before.known
      : [...before.known, before.stamp].slice(-mostKnown);
    this.pending = { stamp: { client, sequence: ++sequence }, known, intent, form, skip, since: Date.now() };
    if (this.problem !== "signedOut") this.problem = null;
    write(this.key, this.pending);
    this.send();
  }

  /** Gives up the unsent form for the stored one. */
  accept(stored) {
    this.pending = null;
    this.problem = null;
    this.known = stampsOf(stored);
    sessionStorage.removeItem(this.key);
  }

  /** Sends the unsent form once more in place of what another tab stored. */
  replace(stored) {
    const { intent, form, skip } = this.pending;
    this.pending = null;
    this.known = stampsOf(stored);
    this.put(intent, form, skip);
  }

  /** Tries again at once instead of after the pause. */
  poke() {
    this.wake?.();
  }

  async send() {
    if (this.sending) return this.poke();
    this.sending = true;
    while (this.pending !== null && (this.problem === null || this.problem === "signedOut")) {
      const sent = this.pending;
      const answer = await request(this.address, "PUT", bodyOf(sent));
      if (this.settle(sent, answer)) this.failures = 0;
      else await this.pause();
      this.changed();
    }
    this.sending = false;
  }

  /** A last attempt while the page is being left; sent twice it does no harm. */
  sendWhileLeaving() {
    if (this.pending === null || this.problem !== null) return;
    fetch(this.address, { method: "PUT", headers: json, body: JSON.stringify(bodyOf(this.pending)), keepalive: true }).catch(() => {});
  }

  /** Takes in an answer; false when the same has to be sent again. */
  settle(sent, answer) {
    if (answer === null || answer.status >= 500 || answer.status === 429 || (answer.ok && answer.body === null)) return false;
    if (answer.status === 401 || answer.status === 403) {
      this.problem = "signedOut";
      return false;
    }

    if (this.problem === "signedOut") this.problem = null;
    const code = answer.body?.outcome ?? answer.body?.error?.code;
    if (answer.ok && code !== "stale") this.acknowledge(sent, answer.body);
    else if (code === "study_closed") this.acknowledge(sent, answer.body.entry);
    else if (this.pending === sent) this.refuse(answer, code);
    return true;
  }

  acknowledge(sent, stored) {
    this.known = [sent.stamp];
    if (this.pending === sent) {
      this.pending = null;
      sessionStorage.removeItem(this.key);
    } else if (this.pending !== null) {
      this.pending.known = this.known;
      write(this.key, this.pending);
    }

    this.onStored?.(sent, stored);
  }

  refuse(answer, code) {
    this.stored = answer.body?.entry ?? answer.body;
    this.message = answer.body?.error?.message ?? `HTTP ${answer.status}`;
    this.problem = code === "entry_conflict" || code === "stale" ? "conflict" : answer.status === 404 ? "gone" : "refused";
  }

  async pause() {
    const wait = Math.min(250 * 2 ** this.failures++, longestPause);
    await new Promise(resolve => {
      this.wake = resolve;
      setTimeout(resolve, wait);
    });
    this.wake = null;
  }
}

/** The questions of a user whose forms are still unsent in this tab. */
export function unsent(user) {
  const start = `${prefix}${user}/`;
  return Object.keys(sessionStorage).filter(key => key.startsWith(start)).map(key => key.slice(start.length));
}

const json = { "Content-Type": "application/json" };

/** An answer with its JSON, or null when none came in time. */
export async function request(address, method, body) {
  try {
    const answer = await fetch(address, {
      method, headers: json, body: body === undefined ? undefined : JSON.stringify(body), signal: AbortSignal.timeout(patience), cache: "no-store",
    });
    const text = await answer.text();
    return { ok: answer.ok, status: answer.status, body: text.startsWith("{") ? JSON.parse(text) : null };
  } catch {
    return null;
  }
}

function bodyOf({ stamp, known, intent, form, skip }) {
  return { ...stamp, known, intent, ...form, skip_reason: skip.reason ?? null, skip_note: skip.note || null };
}

function stampsOf(stored) {
  return stored?.client ? [{ client: stored.client, sequence: stored.sequence }] : [];
}

function read(key) {
  try {
    return JSON.parse(sessionStorage.getItem(key));
  } catch {
    return null;
  }
}

function write(key, value) {
  try {
    sessionStorage.setItem(key, JSON.stringify(value));
  } catch {
    // Full or forbidden: the form stays on the page and is sent all the same.
  }
}
