import { randomUUID } from "node:crypto";
import { type HttpEvent, header } from "./http-event.ts";

/** serverless-offline gives every request this one. */
const offline = "offlineContext_resourceId";

const made = new WeakMap<object, string>();

/** The client's `X-Request-Id` when it is a plain token, else the gateway's, else one made for this event; always the same for one event. */
export function requestId(event: HttpEvent): string {
  const given = header(event, "x-request-id");
  if (given !== undefined && /^[\w.:-]{1,128}$/.test(given)) return given;
  const known = event.requestContext?.requestId ?? "";
  if (known !== "" && known !== offline) return known;
  const before = made.get(event);
  if (before !== undefined) return before;
  const id = randomUUID();
  made.set(event, id);
  return id;
}
