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

/** Of the body: without its parameters, in lower case; `absent` when the client says nothing. */
export const mediaType = (event: HttpEvent, absent = ""): string =>
  (header(event, "content-type") ?? absent).split(";", 1)[0]?.trim().toLowerCase() ?? "";

/** The body as it was handed over, in base64 or not. serverless-offline hands over JSON that is `false` or `0` as the value itself. */
export function bodyText({ body }: Pick<HttpEvent, "body">): string {
  const given: unknown = body;
  return typeof given === "string" ? given : (JSON.stringify(given ?? undefined) ?? "");
}

/** The bytes of the body. */
export const bodyBytes = (event: Pick<HttpEvent, "body" | "isBase64Encoded">): Buffer =>
  Buffer.from(bodyText(event), event.isBase64Encoded ? "base64" : "utf8");
