// The form of one question as the rater sees it. Its state lives here, in the browser, and is drawn on the scales that the
// page provides; nothing of it waits for the lab.

const none = "none";

export class RatingForm {
  /** @param root the question's element; its scales carry data-slot and data-criterion, in the order of the keys */
  constructor(root) {
    this.root = root;
    this.scales = [...root.querySelectorAll("fieldset[data-criterion]")];
    this.slots = new Set(this.scales.map(scale => scale.dataset.slot)).size;
    this.comment = root.querySelector("[data-desk-comment]");
    this.scores = new Map();
    this.current = 0;
  }

  /** Shows stored or remembered values in place of what is there. */
  adopt(values) {
    this.scores.clear();
    for (const score of values.scores) this.scores.set(`${score.slot}/${score.criterion}`, score.value ?? none);
    this.comment.value = values.comment ?? "";
    this.current = this.missing() ?? 0;
    this.draw();
  }

  /** The whole form as the lab reads it. */
  values() {
    const scores = [];
    for (const scale of this.scales) {
      const value = this.scores.get(keyOf(scale));
      if (value !== undefined) scores.push({ slot: Number(scale.dataset.slot), criterion: scale.dataset.criterion, value: value === none ? null : value });
    }
    return { scores, comment: this.comment.value.trim() === "" ? null : this.comment.value };
  }

  /** Scores the current scale, 0 being "cannot judge", and moves to the next; false where that is not offered. */
  press(point) {
    if (point === 0 && this.scales[this.current].dataset.none === undefined) return false;
    this.scores.set(keyOf(this.scales[this.current]), point === 0 ? none : point);
    this.move(1);
    return true;
  }

  /** A point was clicked, touched or selected with the space bar. */
  choose(scale, value) {
    this.current = this.scales.indexOf(scale);
    this.scores.set(keyOf(scale), value === none ? none : Number(value));
    this.draw();
  }

  go(index) {
    if (index < 0 || index === this.current) return;
    this.current = index;
    this.draw();
  }

  /** One criterion on or back, across the answers; stays at the ends. */
  move(by) {
    this.current = Math.min(Math.max(this.current + by, 0), this.scales.length - 1);
    this.draw();
  }

  /** The same criterion of the answer beside. */
  moveAnswer(by) {
    const criteria = this.scales.length / this.slots;
    const slot = Math.min(Math.max(Math.floor(this.current / criteria) + by, 0), this.slots - 1);
    this.current = slot * criteria + this.current % criteria;
    this.draw();
  }

  showSlot(slot) {
    this.go(this.scales.findIndex(scale => scale.dataset.slot === slot));
  }

  /** The first required scale without a score; null when there is none. */
  missing() {
    const index = this.scales.findIndex(scale => isMissing(scale, this.scores));
    return index < 0 ? null : index;
  }

  lock(locked) {
    this.root.setAttribute("aria-busy", String(locked));
    for (const control of this.root.querySelectorAll("fieldset[data-criterion] input, [data-desk-comment], [data-desk]")) control.disabled = locked;
  }

  /** Brings the current scale into view, with the focus on its chosen point. */
  reveal() {
    const scale = this.scales[this.current];
    const point = scale.querySelector("input:checked") ?? scale.querySelector("input");
    point.focus({ preventScroll: true });
    scale.scrollIntoView({ block: "nearest" });
  }

  draw() {
    const slot = this.scales[this.current].dataset.slot;
    this.scales.forEach((scale, index) => drawScale(scale, this.scores.get(keyOf(scale)), index === this.current));
    for (const answer of this.root.querySelectorAll("[data-answer]")) answer.classList.toggle("is-active", answer.dataset.answer === slot);
    for (const button of this.root.querySelectorAll("[data-show-slot]")) {
      button.setAttribute("aria-pressed", String(button.dataset.showSlot === slot));
      button.classList.toggle("is-whole", !this.scales.some(scale => scale.dataset.slot === button.dataset.showSlot && isMissing(scale, this.scores)));
    }
  }
}

function keyOf(scale) {
  return `${scale.dataset.slot}/${scale.dataset.criterion}`;
}

function isMissing(scale, scores) {
  return scale.dataset.required !== undefined && !scores.has(keyOf(scale));
}

function drawScale(scale, value, current) {
  for (const input of scale.querySelectorAll("input[type=radio]")) input.checked = input.value === String(value);
  scale.classList.toggle("is-current", current);
  const chosen = scale.querySelector("[data-chosen]");
  const anchor = scale.querySelector("input:checked ~ .scale-anchor")?.textContent;
  chosen.textContent = value === undefined ? chosen.dataset.empty : value === none ? chosen.dataset.none : `${value} · ${anchor}`;
}
