import { type Endpoint, openApi } from "./api.ts";
import { h, say } from "./dom.ts";

const place = "sluice-key";

/** The key of this tab; one in the fragment (`#key=…`, which browsers send to no server) is taken out of the address first. */
export function takeKey(): string | undefined {
  const given = new URLSearchParams(location.hash.slice(1)).get("key");
  if (given) {
    sessionStorage.setItem(place, given);
    history.replaceState(null, "", location.pathname + location.search);
  }
  return sessionStorage.getItem(place) ?? undefined;
}

export const forgetKey = (): void => sessionStorage.removeItem(place);

/** Asks for the key until the server takes one. */
export function askForKey(
  host: HTMLElement,
  reason: string,
): Promise<{ key: string; endpoints: Endpoint[] }> {
  return new Promise((resolve) => {
    const input = h("input", {
      type: "password",
      id: "key",
      required: true,
      autocomplete: "off",
      spellcheck: "false",
      "aria-describedby": "key-note",
    });
    const note = h("p", { id: "key-note", role: "status" }, reason);
    const form = h(
      "form",
      {
        class: "gate",
        onsubmit: async (event: Event) => {
          event.preventDefault();
          const key = input.value.trim();
          try {
            const endpoints = await openApi(key).list();
            sessionStorage.setItem(place, key);
            resolve({ key, endpoints });
          } catch (error) {
            say(
              note,
              (error as Error).message === "locked"
                ? "The server refuses this key."
                : (error as Error).message,
            );
            input.select();
          }
        },
      },
      h("h1", {}, "Sluice"),
      h("label", { for: "key" }, "Read key"),
      input,
      h("button", { type: "submit" }, "Open"),
      note,
    );
    host.replaceChildren(form);
    input.focus();
  });
}
