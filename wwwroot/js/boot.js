// Before the first paint: the remembered theme, or the system's. A classic script, because modules run after the page is drawn.
(() => {
  if (document.documentElement.dataset.theme) return;
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.theme = dark ? "dark" : "light";
})();
