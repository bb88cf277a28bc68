import { tmpdir } from "node:os";
import { type Browser, chromium } from "playwright-core";
import { loadSettings } from "../settings.ts";
import { installPackage, mayInstall } from "../stack/debian.ts";
import { findProgram } from "../stack/programs.ts";

const names = ["chromium", "chromium-browser", "google-chrome"];
const folders = [
  "/Applications/Google Chrome.app/Contents/MacOS",
  "/Applications/Chromium.app/Contents/MacOS",
];

const find = () =>
  process.env.CHROMIUM ??
  [...names, "Google Chrome", "Chromium"].map((name) => findProgram(name, folders)).find(Boolean);

/**
 * The system's own Chromium; Debian's is installed where we may.
 * @throws Error saying what to install.
 */
export async function openBrowser(): Promise<Browser> {
  if (!find() && mayInstall()) {
    const settings = loadSettings({ SLUICE_HOME: tmpdir() });
    const signal = AbortSignal.timeout(240_000);
    await installPackage("chromium", [], { settings, note: () => undefined, signal, owner: undefined });
  }
  const executablePath = find();
  if (!executablePath)
    throw new Error(
      "The page's tests need Chromium: install it (Debian: apt-get install chromium), or set CHROMIUM to its program.",
    );
  // Root, as in a container, cannot have Chromium's sandbox.
  const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return await chromium.launch({ executablePath, args: [...args, "--enable-precise-memory-info"] });
}
