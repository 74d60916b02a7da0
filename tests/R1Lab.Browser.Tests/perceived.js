// What a reader perceives of the page: its texts, the states and values of its controls, its colours.
// Digits do not count, nor what moves by itself: tips under the mouse and the progress of a run.
() => {
  const quiet = text => text.replace(/[\d.,:%]+/g, "#").replace(/\s+/g, " ");
  const aria = ["checked", "expanded", "selected", "pressed", "current", "sort", "disabled", "invalid", "label"].map(state => `aria-${state}`);
  const states = [...aria, "disabled", "open"];
  const valueOf = one => one.type === "checkbox" || one.type === "radio" ? one.checked : one.type === "file" ? one.files.length : one.value;
  const all = (selector, read) => [...document.querySelectorAll(selector)].map(read);
  const text = all(".mud-tooltip, .run-chip", one => one.innerText).reduce((rest, part) => rest.replace(part, ""), document.body.innerText);
  return [
    quiet(text),
    all(states.map(state => `[${state}]`).join(), one => quiet(states.map(state => one.getAttribute(state) ?? "").join("|"))).join("\n"),
    all("input, select, textarea", valueOf).join("\n"),
    all(".js-plotly-plot", one => `${one.layout?.yaxis?.type} ${one.layout?.xaxis?.title?.text}`).join("\n"),
    all("[class*=mud-direction]", one => one.getAttribute("class")).join("\n"),
    location.href,
    document.documentElement.dataset.theme,
    document.documentElement.lang,
  ].join("\n\n");
}
