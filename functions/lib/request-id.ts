import { randomUUID } from "node:crypto";
import { type HttpEvent, header } from "./http-event.ts";

const made = new WeakMap<object, string>();

/** The client's `X-Request-Id` when it is a plain token, else the gateway's, else one made for this event; always the same for one event. */
export function requestId(event: HttpEvent): string {
  const given = header(event, "x-request-id");
  if (given !== undefined && /^[\w.:-]{1,128}$/.test(given)) return given;
  const known = event.requestContext?.requestId ?? made.get(event);
  if (known) return known;
  const id = randomUUID();
  made.set(event, id);
  return id;
}
