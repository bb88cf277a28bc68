import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";

export type HttpEvent = APIGatewayProxyEventV2;
export type HttpResult = APIGatewayProxyStructuredResultV2;

/** A header's value, however its name is spelt; `name` in lower case. */
export function header({ headers }: Pick<HttpEvent, "headers">, name: string): string | undefined {
  const value = headers?.[name];
  if (value !== undefined) return value;
  return Object.entries(headers ?? {}).find(([key]) => key.toLowerCase() === name)?.[1];
}

/** The key a request carries as `Authorization: Bearer <key>`; empty without one. */
export const bearerOf = (event: HttpEvent): string =>
  /^Bearer +(\S+) *$/i.exec(header(event, "authorization") ?? "")?.[1] ?? "";
