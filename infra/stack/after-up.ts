import { loadSettings } from "../settings.ts";
import { marks, stopMarked } from "./process.ts";
import { stopServices } from "./stop.ts";

// Run by the guard when an `up` vanished without stopping what it started; its id is the only argument.
const owner = process.argv[2];
if (!owner) throw new Error("which `up` to clean up after was not said");
const settings = loadSettings();
const stopped = await stopServices(settings, undefined, { owner });
// What never came to be on record: a download, or a program started in the very moment of the end.
await stopMarked(marks(settings, { owner }), 0);
console.log(`${new Date().toISOString()} \`sluice up\` vanished; stopped ${stopped.join(", ") || "nothing"}`);
