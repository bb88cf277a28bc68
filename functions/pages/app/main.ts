import "uplot/dist/uPlot.min.css";
import "./style.css";
import { type Endpoint, openApi } from "./api.ts";
import { zoneOfBrowser } from "./clock.ts";
import { h } from "./dom.ts";
import { askForKey, forgetKey, takeKey } from "./key.ts";

const app = document.querySelector<HTMLElement>("#app") ?? document.body;

async function enter(): Promise<{ key: string; endpoints: Endpoint[] }> {
  const key = takeKey();
  if (key === undefined)
    return askForKey(app, "`sluice up` prints it, and an address that opens this page with it.");
  for (;;) {
    try {
      return { key, endpoints: await openApi(key).list() };
    } catch (error) {
      const { message } = error as Error;
      if (message === "locked") {
        forgetKey();
        return askForKey(app, "The server refuses the key it was given.");
      }
      app.replaceChildren(
        h(
          "main",
          { class: "gate" },
          h("h1", {}, "Sluice"),
          h("p", { role: "status" }, `${message} Asking again.`),
        ),
      );
      await new Promise((resolve) => setTimeout(resolve, 3000));
    }
  }
}

/** The browser may paint and hear the keyboard before what follows. */
const nextTask = () => new Promise<void>((resolve) => setTimeout(resolve));

// While the answer is on its way: a browser takes ten milliseconds for the charts' code.
const entering = enter();
await nextTask();
const { openPage } = await import("./page.ts");
const entered = await entering;
await nextTask();
openPage(app, zoneOfBrowser(), entered);
