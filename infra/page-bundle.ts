import { createHash } from "node:crypto";
import { join } from "node:path";
import { build, type Plugin } from "esbuild";
import { projectRoot } from "./settings.ts";

/** What functions/pages imports; it becomes the page's script and style sheet, made for browsers. */
const name = "virtual:page-assets";

const noFormat = 'var noFormat=class{format=String;resolvedOptions(){return{timeZone:"UTC"}}};';

/** @returns the module's source, and the files whose change makes it another. */
async function bundlePage(): Promise<{ contents: string; watchFiles: string[] }> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: projectRoot,
    entryPoints: { app: "functions/pages/app/main.ts" },
    outdir: "assets",
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: "esm",
    platform: "browser",
    target: "es2023",
    // uPlot makes formats while it loads, 20 ms of a browser's processor, that the page never uses: it writes dates and figures itself.
    define: { "Intl.DateTimeFormat": "noFormat", "Intl.NumberFormat": "noFormat" },
    banner: { js: noFormat },
    logLevel: "silent",
  });
  const assets = outputFiles.map(({ path, text }) => {
    const [, type] = /\.(js|css)$/.exec(path) ?? [];
    const hash = createHash("sha256").update(text).digest("hex").slice(0, 12);
    return { name: `app-${hash}.${type}`, type, text };
  });
  return {
    contents: `export const assets = ${JSON.stringify(assets)};`,
    watchFiles: Object.keys(metafile.inputs).map((path) => join(projectRoot, path)),
  };
}

const esbuildPlugin: Plugin = {
  name,
  setup(esbuild) {
    esbuild.onResolve({ filter: new RegExp(`^${name}$`) }, () => ({ path: name, namespace: name }));
    esbuild.onLoad({ filter: /.*/, namespace: name }, bundlePage);
  },
};

/** The same for tests that import the handler. */
export const vitestPlugin = {
  name,
  resolveId: (id: string) => (id === name ? `\0${name}` : undefined),
  load: async (id: string) => (id === `\0${name}` ? (await bundlePage()).contents : undefined),
};

/** For `custom.esbuild.plugins` of serverless.yml: `sls package` and `sls offline` bundle the page as they bundle a function. */
export default [esbuildPlugin];
