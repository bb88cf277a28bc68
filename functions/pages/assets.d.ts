/** The page for browsers, bundled and minified: infra/page-bundle.ts makes it while functions are bundled. */
declare module "virtual:page-assets" {
  export const assets: import("./document.ts").Asset[];
}

declare module "*.css";
