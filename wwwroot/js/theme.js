// Light or dark: an attribute for the style sheet, a cookie for the next visit.
const year = 365 * 24 * 60 * 60;

export function isDark() {
  return document.documentElement.dataset.theme === "dark";
}

export function use(theme) {
  document.documentElement.dataset.theme = theme;
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `lab-theme=${theme}; path=/; max-age=${year}; samesite=lax${secure}`;
}
