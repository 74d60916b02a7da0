// Keeps what is written into a long form in the tab's storage until the form is finished: a reload, a change of language or a
// lost connection loses nothing. Passwords and files are never kept.

const prefix = "form/";
const patience = 5000;
const kept = "input:not([type=password]):not([type=file]):not([type=hidden]), textarea, select";

// What was written before the page had asked for keeping; this module is loaded with every page.
const written = new WeakSet();
document.addEventListener("input", event => written.add(event.target), true);

const keepers = new Map();

/**
 * Restores the form below the element that selector names and keeps it from now on. fields: false leaves the controls to the page.
 * @returns {{restored: boolean, state: string | null} | null} whether there was a kept form, and what the page itself had kept with
 * it; null when the form was closed before its script had come
 */
export function keep(selector, key, fields) {
  const root = document.querySelector(selector);
  if (root === null) return null;
  stop(key);
  const keeper = new Keeper(root, prefix + key, fields);
  keepers.set(key, keeper);
  return keeper.restored;
}

/** Keeps what no field of the page holds. */
export function setState(key, state) {
  keepers.get(key)?.setState(state);
}

/** The form has done its work: nothing of it is kept. */
export function finish(key) {
  stop(key);
  sessionStorage.removeItem(prefix + key);
}

/** The form is left; what is kept of it stays. */
export function stop(key) {
  keepers.get(key)?.stop();
  keepers.delete(key);
}

/** The rest of the keys of unfinished forms whose key begins so. */
export function unfinished(start) {
  return Object.keys(sessionStorage).filter(key => key.startsWith(prefix + start)).map(key => key.slice((prefix + start).length));
}

class Keeper {
  constructor(root, key, fields) {
    this.root = root;
    this.key = key;
    this.form = read(key);
    this.restored = { restored: this.form !== null, state: this.form?.state ?? null };
    this.form ??= { fields: {}, state: null };
    this.note = event => this.remember(event.target);
    if (!fields) return;
    root.addEventListener("input", this.note);
    root.addEventListener("change", this.note);
    for (const control of root.querySelectorAll(kept)) if (written.has(control)) this.remember(control);
    if (this.restored.restored) this.restore();
  }

  remember(control) {
    const name = control.matches?.(kept) ? nameOf(control) : null;
    if (name === null || this.restoring) return;
    this.form.fields[name] = valueOf(control);
    write(this.key, this.form);
  }

  setState(state) {
    this.form.state = state;
    write(this.key, this.form);
  }

  /** Fills the fields in, also those that a restored choice brings onto the page. */
  restore() {
    const open = new Map(Object.entries(this.form.fields));
    const fill = () => {
      this.restoring = true;
      for (const control of this.root.querySelectorAll(kept)) {
        const name = nameOf(control);
        if (!open.has(name) || control.disabled || (control.type === "radio" && identityOf(control) !== open.get(name))) continue;
        put(control, open.get(name));
        open.delete(name);
      }

      this.restoring = false;
    };
    this.observer = new MutationObserver(fill);
    this.observer.observe(this.root, { childList: true, subtree: true });
    setTimeout(() => this.observer.disconnect(), patience);
    fill();
  }

  stop() {
    this.observer?.disconnect();
    this.root.removeEventListener("input", this.note);
    this.root.removeEventListener("change", this.note);
  }
}

/** What a control is called on every load of the page; null for one that has no lasting name. Radios share their group's. */
function nameOf(control) {
  return control.type === "radio" ? control.name || null : identityOf(control);
}

function identityOf(control) {
  const name = control.dataset.testid || control.closest("[data-field]")?.dataset.field || control.name || control.id;
  return name && !/^mud/.test(name) ? name : null;
}

function valueOf(control) {
  return control.type === "radio" ? identityOf(control) : control.type === "checkbox" ? control.checked : control.value;
}

function put(control, value) {
  if (control.type === "radio" || control.type === "checkbox") {
    if (control.checked !== (value !== false)) control.click();
    return;
  }

  if (control.value === value) return;
  control.value = value;
  control.dispatchEvent(new Event("input", { bubbles: true }));
  control.dispatchEvent(new Event("change", { bubbles: true }));
}

function read(key) {
  try {
    return JSON.parse(sessionStorage.getItem(key));
  } catch {
    return null;
  }
}

function write(key, form) {
  try {
    sessionStorage.setItem(key, JSON.stringify(form));
  } catch {
    // Full or forbidden: the form stays on the page as it would without a keeper.
  }
}
