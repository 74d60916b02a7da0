// The rating desk: keys, clicks and texts of the question on the page. A key is resolved here, against what the page shows, so
// the way to the lab never decides where a score goes. "Saved" is said of acknowledged forms only, and the next question comes
// when the lab has acknowledged the submission.
import { RatingForm } from "./rating-form.js";
import { meaning } from "./rating-keys.js";
import { Delivery, request, unsent } from "./rating-outbox.js";

const unsavedAfter = 700;
const lookEvery = 15000;
const askAgainAfter = 2500;
const reloadAfterAsks = 6;
const idleBeforeReload = 10000;
const patienceOfReload = 10000;

let desk = null;

/** Starts the desk. page: the .NET object that shows other questions. */
export function open(page, user) {
  close();
  desk = new Desk(page, user);
}

/** The page is left; what is unsent is sent by the next desk. */
export function close() {
  desk?.stop();
  desk = null;
}

class Desk {
  constructor(page, user) {
    this.page = page;
    this.user = user;
    this.deliveries = new Map();
    this.touched = Date.now();
    this.stopping = new AbortController();
    this.observer = new MutationObserver(() => this.findQuestion());
    this.observer.observe(document.body, { childList: true, subtree: true });
    this.listen();
    this.timer = setInterval(() => this.compare(), lookEvery);
    for (const assignment of unsent(user)) this.delivery(assignment).start(null);
    this.findQuestion();
  }

  stop() {
    this.stopping.abort();
    this.observer.disconnect();
    clearInterval(this.timer);
  }

  listen() {
    const on = (target, name, handler) => target.addEventListener(name, handler, { signal: this.stopping.signal });
    on(document, "keydown", event => this.press(event));
    on(document, "change", event => this.choose(event.target));
    on(document, "input", event => event.target === this.form?.comment && this.changed());
    on(document, "click", event => this.click(event));
    on(document, "focusin", event => this.form?.go(this.form.scales.indexOf(event.target.closest("fieldset[data-criterion]"))));
    on(document, "visibilitychange", () => this.wake());
    on(window, "focus", () => this.wake());
    on(window, "online", () => this.wake());
    on(window, "pagehide", () => this.deliveries.forEach(delivery => delivery.sendWhileLeaving()));
    on(document, "lab:circuit", () => this.wakeAsk?.());
  }

  delivery(assignment) {
    let delivery = this.deliveries.get(assignment);
    if (delivery === undefined) {
      delivery = new Delivery(this.user, assignment, () => this.drawStatus());
      delivery.onStored = (sent, stored) => this.stored(assignment, sent, stored);
      this.deliveries.set(assignment, delivery);
    }

    return delivery;
  }

  /** The page draws questions; a new element is a new question, or the same one opened again. */
  findQuestion() {
    const root = document.querySelector("[data-rating-desk]");
    if (root === this.root) return;
    const first = this.root === undefined;
    this.root = root;
    this.wakeAsk?.();
    this.form = root === null ? null : new RatingForm(root);
    if (root === null) return;
    const { entry, note } = JSON.parse(root.dataset.entry);
    this.texts = JSON.parse(root.dataset.texts);
    this.assignment = String(entry.assignment_id);
    this.entry = entry;
    this.now = this.delivery(this.assignment);
    const kept = this.now.pending;
    this.now.start(entry);
    this.form.adopt(kept?.form ?? entry);
    this.note = kept !== null ? this.texts.restored : note;
    this.form.lock(kept?.intent === "submit" || kept?.intent === "skip");
    this.drawStatus();
    if (!first) showTop();
    root.dataset.ready = "";
  }

  press(event) {
    this.touched = Date.now();
    const action = meaning(event);
    if (action === null) return;
    event.preventDefault();
    if (action === "undo") this.undo();
    else if (this.form && !this.locked) this.act(action);
  }

  get locked() {
    const intent = this.now?.problem ? "draft" : this.now?.pending?.intent ?? "draft";
    return intent !== "draft" || this.leaving === this.root;
  }

  act(action) {
    switch (action) {
      case "next": this.form.move(1); break;
      case "previous": this.form.move(-1); break;
      case "next-answer": this.form.moveAnswer(1); break;
      case "previous-answer": this.form.moveAnswer(-1); break;
      case "save": this.save(); return;
      case "submit": this.submit(); return;
      default: if (this.form.press(Number(action))) this.changed();
    }

    this.form.reveal();
  }

  choose(target) {
    const scale = target.closest?.("fieldset[data-criterion]");
    if (!this.form || !this.form.scales.includes(scale)) return;
    this.form.choose(scale, target.value);
    this.changed();
  }

  click(event) {
    if (event.target.closest("[data-desk-undo] button")) this.undo();
    const slot = event.target.closest("[data-show-slot]")?.dataset.showSlot;
    if (slot !== undefined) this.form?.showSlot(slot);
    const action = event.target.closest("[data-desk]")?.dataset.desk;
    if (!this.form || action === undefined) return;
    if (action === "save") this.save();
    if (action === "submit" && !this.locked) this.submit();
    if (action === "skip") this.askWhy(true);
    if (action === "skip-cancel") this.askWhy(false);
    if (action === "skip-now" && !this.locked) this.skip();
    if (action === "show") this.showStored();
    if (action === "replace") this.replaceStored();
  }

  changed() {
    this.touched = Date.now();
    this.note = null;
    this.now.put("draft", this.form.values());
    this.drawStatus();
    setTimeout(() => this.drawStatus(), unsavedAfter + 20);
  }

  save() {
    if (this.now.pending === null) this.changed();
    else this.now.poke();
  }

  submit() {
    const missing = this.form.missing();
    if (missing !== null) {
      const scale = this.form.scales[missing];
      this.form.go(missing);
      this.form.reveal();
      this.note = filled(this.texts.missing, scale.dataset.answerLabel, scale.dataset.label);
      this.drawStatus();
    } else {
      this.hand("submit");
    }
  }

  skip() {
    const panel = this.root.querySelector("[data-desk-why]");
    const note = panel.querySelector("textarea").value.trim();
    this.hand("skip", { reason: panel.querySelector("select").value, note });
  }

  hand(intent, skip) {
    this.note = null;
    this.now.put(intent, this.form.values(), skip);
    this.form.lock(true);
    this.drawStatus();
    setTimeout(() => this.drawStatus(), unsavedAfter + 20);
  }

  askWhy(open) {
    const panel = this.root.querySelector("[data-desk-why]");
    panel.hidden = !open;
    panel.querySelector("select").focus();
  }

  /** The lab has acknowledged a form. */
  stored(assignment, sent, stored) {
    const shown = assignment === this.assignment && this.form;
    if (sent.intent === "draft" || stored.state === "draft") {
      if (!shown) return;
      if (sent.intent !== "draft") this.form.lock(false);
      if (!stored.study_open) this.note = this.texts.closed;
      return;
    }

    if (sent.intent === "submit" && !stored.study_open) {
      // A revision that came after the study was closed: the earlier submission counts.
      if (shown) this.form.lock(false);
      this.note = this.texts.closed;
      return;
    }

    if (sent.intent === "submit") this.offerUndo(assignment);
    if (shown) this.ask("AdvanceAsync", Number(assignment));
  }

  /** Asks the page for another question until it shows one: such a call can be lost with the connection, and asked twice it does no harm. */
  async ask(method, assignment) {
    const root = this.root;
    this.leaving = root;
    for (let asked = 0; this.root === root && !this.stopping.signal.aborted; asked++) {
      if (asked === reloadAfterAsks || isCircuitLost()) return loadAgain();

      this.page.invokeMethodAsync(method, assignment).catch(() => {});
      await new Promise(resolve => {
        this.wakeAsk = resolve;
        setTimeout(resolve, askAgainAfter);
      });
    }

    this.leaving = null;
  }

  offerUndo(assignment) {
    const bar = document.querySelector("[data-desk-undo]");
    const until = Date.now() + Number(bar.dataset.deskUndo) * 1000;
    this.undoable = { assignment, until };
    bar.hidden = false;
    setTimeout(() => {
      if (this.undoable?.until !== until) return;
      this.undoable = null;
      bar.hidden = true;
    }, until - Date.now());
  }

  async undo() {
    const undoable = this.undoable;
    if (!undoable) return;
    this.undoable = null;
    document.querySelector("[data-desk-undo]").hidden = true;
    let answer = null;
    while (answer === null && Date.now() < undoable.until) answer = await request(`api/v1/ratings/${undoable.assignment}/undo`, "POST");
    if (answer?.ok) await this.ask("ReopenAsync", Number(undoable.assignment));
    else if (this.form) this.say(this.texts.undoLate);
  }

  say(text) {
    this.note = text;
    this.drawStatus();
  }

  wake() {
    if (document.visibilityState !== "visible") return;
    this.deliveries.forEach(delivery => delivery.poke());
    this.compare();
  }

  /** Another tab or device may have written this question meanwhile. */
  async compare() {
    const { now, form } = this;
    if (isCircuitLost() && now?.pending === null && Date.now() - this.touched > idleBeforeReload) loadAgain();
    if (!form || now.pending !== null || now.problem !== null || document.visibilityState !== "visible") return;
    const answer = await request(now.address, "GET");
    if (!answer?.ok || now !== this.now || form !== this.form || now.pending !== null || this.leaving === this.root) return;
    if (!answer.body.client || now.known.some(stamp => stamp.client === answer.body.client && stamp.sequence >= answer.body.sequence)) return;
    now.stored = answer.body;
    now.problem = "conflict";
    this.drawStatus();
  }

  showStored() {
    this.entry = this.now.stored;
    this.now.accept(this.entry);
    this.form.adopt(this.entry);
    this.form.lock(false);
    this.say(null);
  }

  replaceStored() {
    if (this.now.pending === null) this.now.pending = { intent: "draft", form: this.form.values(), skip: {} };
    this.now.replace(this.now.stored);
    this.drawStatus();
  }

  drawStatus() {
    if (!this.form) return;
    const { now, texts } = this;
    const conflict = now.problem === "conflict";
    this.root.querySelector("[data-desk-conflict]").hidden = !conflict;
    if (conflict) this.root.querySelector("[data-desk-conflict] p").textContent = filled(texts[`conflict_${now.stored.state}`], timeOf(now.stored.at));
    if (now.problem !== null && now.problem !== "signedOut") this.form.lock(false);
    const status = this.root.querySelector("[data-desk-status]");
    const [state, text] = this.status(now, texts);
    if (status.dataset.state !== state) status.dataset.state = state;
    if (status.textContent !== text) status.textContent = text;
  }

  status({ pending, problem, message }, texts) {
    if (problem === "signedOut") return ["unsaved", texts.signedOut];
    if (problem === "gone") return ["unsaved", texts.gone];
    if (problem === "refused") return ["unsaved", filled(texts.refused, message)];
    if (problem === "conflict") return ["unsaved", ""];
    const handing = pending !== null && pending.intent !== "draft";
    if (pending !== null && Date.now() - pending.since >= unsavedAfter) return ["unsaved", handing ? texts.unsubmitted : texts.unsaved];
    if (pending !== null) return ["saving", this.note ?? (handing ? texts.submitting : texts.saving)];
    if (this.leaving === this.root) return ["submitted", texts.opening];
    return ["saved", this.note ?? (this.now.known.length > 0 ? texts.saved : "")];
  }
}

/** The lab was restarted: only loading the page again brings another question. */
function isCircuitLost() {
  return document.documentElement.dataset.circuit === "lost";
}

/** Loads the page again once the lab answers: before, the browser would show its own error page in place of the desk. */
async function loadAgain() {
  if (loadAgain.running) return;
  for (loadAgain.running = true; ; await pause(askAgainAfter)) {
    if (!(await request("health/live", "GET"))?.ok) continue;
    location.reload();
    await pause(patienceOfReload);
  }
}

function pause(milliseconds) {
  return new Promise(resolve => setTimeout(resolve, milliseconds));
}

/** A new question begins at its top, also for screen readers. */
function showTop() {
  document.querySelector("h1")?.focus({ preventScroll: true });
  window.scrollTo({ top: 0 });
}

function filled(text, ...values) {
  return text.replace(/\{(\d)\}/g, (_, index) => values[index] ?? "");
}

function timeOf(at) {
  return at ? new Date(at).toLocaleTimeString(document.documentElement.lang) : "";
}
