// Every control of the topmost layer (menu, dialog or page), each marked on the page with its place in the list.
// A key names a control without its digits, so that one of many alike rows stands for all of them.
({ page, language }) => {
  const last = (selector, test = () => true) => [...document.querySelectorAll(selector)].filter(test).at(-1);
  const menu = last(".mud-popover-open", one => one.querySelector("a, button, [role=menuitem]"));
  const dialog = last("[role=dialog]");
  const layer = menu ?? dialog ?? document.body;
  const nameless = text => text.trim().replace(/\s+/g, " ").replace(/\d+/g, "#").slice(0, 60);
  const dialogName = dialog ? `dialog "${nameless(dialog.querySelector("h2, h3, h4, h5, h6")?.innerText ?? "")}"` : "";
  const menuName = menu ? `menu ${document.querySelector(".mud-menu:has([aria-expanded=true])")?.dataset.testid ?? ""}` : "";
  const layerName = [page, dialogName, menuName].filter(part => part.length > 0).join(" ");
  const controls = "a[href], button, input:not([type=hidden]), select, textarea, summary,"
    + "[role=button], [role=tab], [role=menuitem], [role=combobox]";
  const unseen = ".mud-popover:not(.mud-popover-open), .mud-drawer--closed, [aria-hidden=true], [inert], .js-plotly-plot";
  const roleOf = element => {
    const given = element.getAttribute("role");
    if (given) return given;
    const tag = element.tagName;
    if (tag === "A") return "link";
    if (tag === "SUMMARY") return "summary";
    if (tag === "SELECT") return "listbox";
    if (tag === "BUTTON") return "button";
    return { checkbox: "checkbox", radio: "radio", range: "slider", file: "file", number: "spinbutton" }[element.type] ?? "textbox";
  };
  // A box that is drawn by its label is clicked there.
  const target = element => {
    const box = element.getBoundingClientRect();
    return element.labels?.length && box.width <= 1 ? element.labels[0] : element;
  };
  const shown = element => {
    const at = target(element);
    const box = at.getBoundingClientRect();
    return box.width > 0 && box.height > 0 && at.checkVisibility({ visibilityProperty: true }) && !element.closest(unseen);
  };
  const nameOf = element => {
    const byId = document.getElementById(element.getAttribute("aria-labelledby")?.split(" ")[0] ?? "")?.innerText;
    const label = element.labels?.[0]?.innerText;
    return nameless(element.getAttribute("aria-label") || byId || label || element.innerText || element.title || element.placeholder || "");
  };
  // Links to pages of one kind are alike.
  const pattern = address => address.startsWith("data:") ? "data:" : address.replace(/=[^&#]*/g, "");
  const keyOf = element => {
    const inFrame = layer === document.body && element.closest(".mud-appbar, .mud-drawer, .skip-link") && !element.closest(".lab-breadcrumb");
    const around = element.closest(".mud-menu, [data-field]")?.dataset;
    const own = element.dataset.testid ?? element.dataset.action ?? (element.matches("button[lang]") ? element.lang : undefined);
    const field = own ?? around?.testid ?? around?.field;
    if (element.getAttribute("href")) return `${inFrame ? "frame" : layerName}: ${roleOf(element)} ${nameless(pattern(element.getAttribute("href")))}`;
    const value = element.type === "radio" ? ` ${nameless(element.name)} ${nameless(element.value)}` : "";
    return `${inFrame ? "frame" : layerName}: ${roleOf(element)}${value} ${field ? nameless(field) : `"${nameOf(element)}"`}`;
  };
  const stateOf = element => {
    if (element.matches(":disabled, [aria-disabled=true]") || element.closest(".mud-disabled")) return "disabled";
    if (element.readOnly && roleOf(element) === "textbox") return "disabled";
    if (element.type === "radio" && element.checked || element.getAttribute("aria-selected") === "true") return "chosen";
    if (element.matches(".mud-toggle-item[aria-checked=true], [aria-pressed=true], button[aria-current]")) return "chosen";
    return "ready";
  };
  const number = element => {
    const [value, least, most] = [Number(element.value), Number(element.min || -Infinity), Number(element.max || Infinity)];
    if (value === 0 || Number.isNaN(value)) return String(Math.min(1, most));
    if (2 * value <= most) return String(2 * value);
    return String(value / 2 >= least ? value / 2 : least);
  };
  // Another value than the present one, such as a person could enter.
  const sampleOf = element => {
    if (element.tagName === "SELECT") return [...element.options].find(option => !option.selected && !option.disabled)?.value ?? null;
    if (["number", "range"].includes(element.type) || ["decimal", "numeric"].includes(element.inputMode)) return number(element);
    if (element.type === "password") return "correct horse 7x";
    return element.value ? `${element.value} x` : element.placeholder || "x";
  };
  // In another language only the way back counts.
  const home = element => document.documentElement.lang === language || menu
    || element.closest("[data-testid=language-switch]") || element.matches("button[lang]");
  const found = [...layer.querySelectorAll(controls)].filter(element => shown(element) && home(element));
  const near = `:is(${controls}, label, [tabindex="0"])`;
  const hand = element => element !== null && getComputedStyle(element).cursor === "pointer";
  const free = element => !element.closest(near) && !element.querySelector(near) && !element.closest(unseen);
  const hasArea = element => element.getBoundingClientRect().width > 0 && element.getBoundingClientRect().height > 0;
  const mouseOnly = [...layer.querySelectorAll("*")].filter(element => hand(element) && !hand(element.parentElement) && free(element)
    && hasArea(element) && element.checkVisibility({ visibilityProperty: true }));
  document.querySelectorAll("[data-control]").forEach(element => element.removeAttribute("data-control"));
  found.forEach((element, place) => target(element).setAttribute("data-control", place));
  return JSON.stringify({
    name: layerName,
    mouseOnly: mouseOnly.map(element => `${layerName}: "${nameless(element.innerText || element.className)}"`),
    controls: found.map((element, place) => ({
      key: keyOf(element),
      place,
      role: roleOf(element),
      state: stateOf(element),
      sample: "value" in element ? sampleOf(element) : null,
      address: element.getAttribute("href"),
      isDownload: element.hasAttribute("download"),
      copies: element.dataset.copy ?? null,
    })),
  });
}
