import { gunzipSync } from "node:zlib";
import type { Context } from "aws-lambda";
import { expect, test } from "vitest";
import type { HttpEvent } from "../lib/http.ts";
import { createHandler, handler } from "./handler.ts";

const page = createHandler([
  { name: "app-1.js", type: "js", text: "alert(1)" },
  { name: "app-2.css", type: "css", text: "p { color: red }" },
]);

const get = async (rawPath: string, headers: Record<string, string> = {}, ask = page) =>
  ask({ rawPath, headers } as HttpEvent, {} as Context);

test("the page names its script and its style sheet, and each of them is there", async () => {
  const { body = "", headers } = await get("/");
  expect(headers?.["content-type"]).toContain("text/html");
  const paths = [...body.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path]) => path as string);
  expect(paths).toEqual(["/assets/app-1.js", "/assets/app-2.css"]);
  const types = await Promise.all(paths.map(async (path) => (await get(path)).headers?.["content-type"]));
  expect(types).toEqual(["text/javascript; charset=utf-8", "text/css; charset=utf-8"]);
});

test("every file forbids what is not its own, the page's own inline scripts too", async () => {
  for (const path of ["/", "/assets/app-1.js"]) {
    const { headers } = await get(path);
    const policy = String(headers?.["content-security-policy"]);
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    expect(headers?.["x-content-type-options"]).toBe("nosniff");
  }
});

test("who takes gzip gets gzip; who has the file gets 304", async () => {
  const packed = await get("/assets/app-1.js", { "Accept-Encoding": "gzip, br" });
  expect(packed).toMatchObject({ isBase64Encoded: true, headers: { "content-encoding": "gzip" } });
  expect(gunzipSync(Buffer.from(packed.body ?? "", "base64")).toString()).toBe("alert(1)");
  const etag = String(packed.headers?.etag);
  expect(await get("/assets/app-1.js", { "if-none-match": etag })).toMatchObject({ statusCode: 304 });
  expect(await get("/assets/app-2.css", { "if-none-match": etag })).toMatchObject({ statusCode: 200 });
});

test("another path is 404, and no file of the function", async () => {
  for (const path of ["/assets/handler.js", "/assets/../handler.js", "/assets/", "/assets/__proto__"])
    expect(await get(path), path).toMatchObject({ statusCode: 404 });
});

test("all of the real page is under 60 KB on the wire", async () => {
  const { body = "" } = await get("/", {}, handler);
  const paths = ["/", ...[...body.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path]) => path as string)];
  expect(paths).toHaveLength(3);
  const files = await Promise.all(paths.map((path) => get(path, { "accept-encoding": "gzip" }, handler)));
  const bytes = files.reduce((sum, { body = "" }) => sum + Buffer.from(body, "base64").length, 0);
  expect(bytes).toBeLessThan(60 * 1024);
});
