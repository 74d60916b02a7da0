// Every text of the page that a reader at this width could not read whole: outside the window and outside every region
// that scrolls and can be reached by keys, or with no room at all.
// Text that is hidden on purpose (from everyone, or for screen readers only) is left out.
() => {
  const width = document.documentElement.clientWidth;
  const found = [];
  const unseen = ".mud-popover:not(.mud-popover-open), .mud-drawer--closed, [hidden], .mud-skeleton, .skip-link, .js-plotly-plot,"
    + "[aria-hidden=true]";
  const nameOf = element => `${element.tagName.toLowerCase()}.${element.className?.baseVal ?? element.className}`;
  const hidden = element => {
    for (let at = element; at && at !== document.body; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (style.display === "none" || style.visibility === "hidden" || style.opacity === "0") return true;
      if (style.clipPath.startsWith("inset")) return true;
      if (at.matches(unseen)) return true;
      if (at.tagName === "DETAILS" && !at.open && !element.closest("summary")) return true;
    }
    return false;
  };
  const reachable = element => element.tabIndex >= 0
    || element.querySelector("a[href], button:not([disabled]), input, select, textarea, [tabindex='0']") !== null;
  const region = element => {
    for (let at = element.parentElement; at && at !== document.body; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (/(auto|scroll)/.test(style.overflowX) && at.scrollWidth > at.clientWidth + 1) return at;
    }
    return null;
  };
  // The beginning shows, and a click or a title says the rest.
  const shortened = element => {
    for (let at = element; at && at !== document.body; at = at.parentElement) {
      const own = at.getBoundingClientRect();
      if (getComputedStyle(at).textOverflow === "ellipsis") return own.width >= 48 && own.left >= -1 && own.right <= width + 1;
    }
    return false;
  };
  const clipped = (element, box) => {
    for (let at = element; at && at !== document.body; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (style.overflowX === "hidden" || style.overflowX === "clip") {
        const own = at.getBoundingClientRect();
        if (box.right > own.right + 2 || box.left < own.left - 2) return true;
      }
      if (/(auto|scroll)/.test(style.overflowX)) return false;
    }
    return false;
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const text = node.data.trim();
    const element = node.parentElement;
    if (text.length === 0 || !element || hidden(element)) continue;
    if (["SCRIPT", "STYLE", "NOSCRIPT", "OPTION", "TITLE", "title"].includes(element.tagName)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const box = range.getBoundingClientRect();
    const say = why => found.push(`${why}: "${text.slice(0, 40)}" in ${nameOf(element)}`);
    const own = element.getBoundingClientRect();
    if (box.width < 1 || box.height < 1 || own.width < 1 && getComputedStyle(element).display !== "contents") {
      say("no room");
      continue;
    }
    if (shortened(element)) continue;
    const scroller = region(element);
    if (scroller && !reachable(scroller)) say("in a region that keys cannot scroll");
    if (!scroller && (box.right > width + 1 || box.left < -1)) say(`outside by ${Math.round(Math.max(box.right - width, -box.left))} px`);
    else if (!scroller && clipped(element, box)) say("cut");
  }
  if (document.documentElement.scrollWidth > width + 1) {
    const wide = [...document.body.querySelectorAll("*")].filter(one => one.getBoundingClientRect().right > width + 1 && !region(one));
    const excess = document.documentElement.scrollWidth - width;
    found.push(`the page scrolls sideways by ${excess} px: ${wide.slice(0, 4).map(nameOf).join(" | ")}`);
  }
  return [...new Set(found)];
}
