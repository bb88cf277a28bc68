import { HttpError } from "./http.ts";
import type { HttpEvent, HttpResult } from "./http-event.ts";
import type { KeyGrant } from "./keys/key.ts";
import type { Keys, Wanted } from "./keys.ts";

/**
 * Runs `work` for a request whose key may do what it wants. The use is counted, and the answer, be it a refusal, tells how many
 * requests the key has left. `name` is what the use is counted under: the target, or the path.
 * @throws HttpError 401, 403, 429 or 503 before any work, and what `work` throws.
 */
export async function withKey(
  keys: Keys,
  event: HttpEvent,
  { name, ...wanted }: Wanted & { name: string },
  work: (key: KeyGrant) => Promise<HttpResult>,
): Promise<HttpResult> {
  const { key, headers } = await keys.authorize(event, wanted);
  const writing = keys.writeUses();
  try {
    const result = await work(key);
    keys.used(key, name, result.statusCode ?? 200);
    return { ...result, headers: { ...headers, ...result.headers } };
  } catch (error) {
    keys.used(key, name, error instanceof HttpError ? error.status : 500);
    if (error instanceof HttpError) Object.assign(error.headers, headers);
    throw error;
  } finally {
    await writing;
  }
}

/**
 * The parameters of an endpoint with those that the key fixes.
 * @throws HttpError 403 when another value is asked for, or the endpoint has no such parameter and would show more than the key may see.
 */
export function withFixed(
  given: Record<string, string>,
  { fixed }: KeyGrant,
  known: Record<string, unknown>,
): Record<string, string> {
  for (const [name, value] of Object.entries(fixed)) {
    if (!Object.hasOwn(known, name))
      throw new HttpError(
        403,
        "This key may not do that",
        `It sees only ${name} = ${value}, and this endpoint does not ask for it.`,
      );
    if (given[name] !== undefined && given[name] !== value)
      throw new HttpError(403, "This key may not do that", `It sees only ${name} = ${value}.`);
  }
  return { ...given, ...fixed };
}
