import { h } from "./dom.ts";

const keys = [
  ["1 to 6", "the views"],
  ["p", "pause and resume"],
  ["c", "compare with the period before"],
  ["d", "dark or light"],
  ["/", "search or filter"],
  ["?", "these keys"],
] as const;

/** The keys of the page, in a dialog. */
export function openHelp(): HTMLDialogElement {
  const rows = keys.map(([key, what]) => h("p", { class: "help-row" }, h("kbd", {}, key), what));
  const close = h("button", { type: "button", onclick: () => dialog.close() }, "Close");
  const dialog = h(
    "dialog",
    { "aria-labelledby": "help-title" },
    h("h2", { id: "help-title" }, "Keys"),
    ...rows,
    close,
  );
  return dialog;
}
