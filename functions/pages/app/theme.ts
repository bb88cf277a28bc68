/** Lines have these colours, told apart by colour-blind people too (Okabe and Ito's, darkened or lightened for the ground). */
export const lineColors = 8;

const known = new Map<string, string>();

/** A colour of the style sheet, as it is in the theme of now. Looked up once a theme: the browser has to work out its styles for it. */
export function color(name: string): string {
  const key = `${themeNow()} ${name}`;
  const found = known.get(key) ?? lookUp(name);
  known.set(key, found);
  return found;
}

function lookUp(name: string): string {
  const probe = document.createElement("span");
  probe.style.color = `var(--${name})`;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

export const fade = (rgb: string, alpha: number): string =>
  rgb.replace(
    /^rgba?\(([^)]+?)\)$/,
    (_, parts: string) => `rgba(${parts.split(",").slice(0, 3).join(",")}, ${alpha})`,
  );

export type Theme = "light" | "dark";

const systemDark = matchMedia("(prefers-color-scheme: dark)");

export const themeNow = (): Theme =>
  (document.documentElement.dataset.theme as Theme | undefined) ?? (systemDark.matches ? "dark" : "light");

/** Takes the reader's choice of last time; without one the system's theme holds. Calls back when the colours change. */
export function openTheme(onChange: () => void): { toggle(): void } {
  const chosen = localStorage.getItem("sluice-theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
  systemDark.addEventListener("change", onChange);
  return {
    toggle() {
      const next = themeNow() === "dark" ? "light" : "dark";
      document.documentElement.dataset.theme = next;
      localStorage.setItem("sluice-theme", next);
      onChange();
    },
  };
}
