import type { Settings } from "../settings.ts";
import { isGiven } from "./obtain.ts";
import type { Service } from "./service.ts";

/** Where a service is reached. Credentials are left out of an address that was given to us. */
export function whereabouts(service: Service, settings: Settings): { url: string } | { brokers: string[] } {
  const where = service.address(settings);
  if (!("url" in where) || !isGiven(service, settings)) return where;
  return { url: where.url.replace(/\/\/[^/?#]*@/, "//") };
}
