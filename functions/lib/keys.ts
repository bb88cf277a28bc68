import type { ClickHouseClient } from "@clickhouse/client";
import { isEqual } from "./equal.ts";
import { HttpError } from "./http.ts";
import { bearerOf, type HttpEvent, header } from "./http-event.ts";
import { idOf, isKey, type KeyGrant, type KeyKind } from "./keys/key.ts";
import { Keyring } from "./keys/keyring.ts";
import { Rates } from "./keys/rate.ts";
import { Uses } from "./keys/uses.ts";

/** What a request wants: to read an endpoint, or to write to a source. Without a target: what every key of the kind may. */
export interface Wanted {
  kind: KeyKind;
  target?: string;
}

/** A request whose key is known and may do what it wants. */
export interface Authorized {
  key: KeyGrant;
  /** Rate limit headers, for the answer. */
  headers: Record<string, string>;
}

export interface Keys {
  /** @throws HttpError 401 without a valid key, 403 when it may not do this, 429 when it asks too often, 503 when that cannot be told. */
  authorize(event: HttpEvent, wanted: Wanted): Promise<Authorized>;
  /** Counts one answered request; `target` is the endpoint, the source or the path. */
  used(key: KeyGrant, target: string, status: number): void;
  /** Writes the counts when it is time to. Await it beside other work, before the answer: nothing runs after it. */
  writeUses(): Promise<void>;
}

export interface KeyOptions {
  /** As a user who may read `sluice.api_keys` and write `sluice.api_key_uses`. */
  client: ClickHouseClient;
  /** The two keys of the environment: valid without ClickHouse, without limits. An absent one is no key. */
  local: Partial<Record<KeyKind, string>>;
  now?: () => number;
}

/** One for an execution environment; both kinds of key, stored ones (`sluice keys`) and the two of the environment. */
export function openKeys({ client, local, now = Date.now }: KeyOptions): Keys {
  const ring = new Keyring(client, now);
  const rates = new Rates(now);
  const uses = new Uses(client, now);

  const identify = async (given: string): Promise<KeyGrant | undefined> => {
    const known = localGrants.find(({ kind }) => local[kind] && isEqual(given, local[kind]));
    if (known) return known;
    const id = idOf(given);
    if (id === undefined) return undefined;
    const stored = await ring.find(id);
    return isKey(given, stored?.hash) ? stored : undefined;
  };

  return {
    async authorize(event, wanted) {
      const key = await identify(bearerOf(event));
      if (!key) throw unknownKey(wanted.kind);
      const headers = rates.take(key.id, key.perMinute);
      const reason = refusal(key, wanted, header(event, "origin"));
      if (reason) throw new HttpError(403, "This key may not do that", reason, { headers });
      return { key, headers };
    },
    used: ({ id }, target, status) => uses.note(id, target, status),
    writeUses: () => uses.write(),
  };
}

const localGrant = (kind: KeyKind): KeyGrant => ({
  id: `local-${kind}`,
  kind,
  endpoints: [],
  sources: [],
  origins: [],
  fixed: {},
  perMinute: 0,
});
const localGrants = [localGrant("read"), localGrant("write")];

const unknownKey = (kind: KeyKind) =>
  new HttpError(
    401,
    `A ${kind} key is required`,
    `Send \`Authorization: Bearer <key>\`: SLUICE_${kind.toUpperCase()}_KEY, or one of \`sluice keys create\`.`,
    { headers: { "www-authenticate": "Bearer" } },
  );

/** Why a key may not do this; nothing when it may. */
function refusal(key: KeyGrant, { kind, target }: Wanted, origin: string | undefined): string | undefined {
  if (key.kind !== kind) return `It is a ${key.kind} key, and this takes a ${kind} key.`;
  const allowed = kind === "read" ? key.endpoints : key.sources;
  if (target !== undefined && allowed.length > 0 && !allowed.includes(target))
    return `It is for ${allowed.join(", ")} alone.`;
  if (key.origins.length > 0 && (origin === undefined || !key.origins.includes(origin)))
    return "It is for pages of certain origins alone.";
  return undefined;
}
