import { secondaryWords } from "./errors.ts";

/** No answer of GitHub takes longer: it gives up itself after ten seconds. */
const timeoutMs = 30_000;

/**
 * `fetch` for octokit, mended in two places. octokit takes a body that is cut short for an empty one: here the whole body
 * is read first, so that a cut is an error and is retried. And its throttling knows a secondary rate limit by its words alone: here
 * every refusal with `retry-after`, and a 429 that says nothing, has them.
 */
export const openFetch = (): typeof fetch => async (input, init) => {
  const response = await fetch(input, { ...init, signal: AbortSignal.timeout(timeoutMs) });
  const { status, headers } = response;
  const body = await response.arrayBuffer();
  if (!isSecondary(status, headers)) return again(response, body);
  const told = Buffer.from(body).toString();
  if (told.toLowerCase().includes(secondaryWords)) return again(response, body);
  const message = `${messageOf(told)} (a ${secondaryWords})`;
  return new Response(JSON.stringify({ message }), {
    status,
    headers: { ...Object.fromEntries(headers), "content-type": "application/json" },
  });
};

const isSecondary = (status: number, headers: Headers) =>
  (status === 403 || status === 429) &&
  (headers.has("retry-after") || (status === 429 && headers.get("x-ratelimit-remaining") !== "0"));

/** A response of these statuses may have no body (https://fetch.spec.whatwg.org/#null-body-status). */
const bodiless = [204, 205, 304];

const again = ({ status, headers }: Response, body: ArrayBuffer) =>
  new Response(bodiless.includes(status) ? null : body, { status, headers });

function messageOf(text: string): string {
  try {
    return String(JSON.parse(text).message ?? "refused");
  } catch {
    return "refused";
  }
}
