/** A file the page loads. Its name changes with its text. */
export interface Asset {
  name: string;
  type: "js" | "css";
  text: string;
}

export interface File {
  type: string;
  cache: string;
  text: string;
}

const types = { js: "text/javascript; charset=utf-8", css: "text/css; charset=utf-8" };

/** Every path the page is made of. */
export function layOut(assets: readonly Asset[]): Map<string, File> {
  const files = assets.map(({ name, type, text }): [string, File] => [
    `/assets/${name}`,
    { type: types[type], cache: "public, max-age=31536000, immutable", text },
  ]);
  return new Map([
    ["/", { type: "text/html; charset=utf-8", cache: "no-cache", text: document(assets) }],
    ...files,
  ]);
}

/** Nothing is loaded from elsewhere, no text becomes markup (no innerHTML: Trusted Types without a policy), nobody frames it. */
export const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

const icon =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect width='16' height='16' rx='3' fill='%230b6e99'/%3E%3Cpath d='M3 5.5c2.5-2 5 2 10 0M3 10.5c2.5-2 5 2 10 0' stroke='%23fff' stroke-width='1.6' fill='none' stroke-linecap='round'/%3E%3C/svg%3E";

const document = (assets: readonly Asset[]) => {
  const links = assets.map(({ name, type }) =>
    type === "js"
      ? `<script type="module" src="/assets/${name}"></script>`
      : `<link rel="stylesheet" href="/assets/${name}">`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>Sluice</title>
<link rel="icon" href="${icon}">
${links.join("\n")}
</head>
<body>
<noscript>This page is drawn by a script. The same figures: npx sluice ask, or GET /v1/endpoints.</noscript>
<div id="app"><header class="top"><span class="brand">Sluice</span></header></div>
</body>
</html>
`;
};
