import { AwsClient } from "aws4fetch";

/**
 * Where an AWS service, or its emulator, is reached from here. First match: `endpoints` by ARN; then
 * `AWS_ENDPOINT_URL_<SERVICE>`; then `AWS_ENDPOINT_URL`. Undefined: nowhere.
 */
export function awsEndpointOf(
  arn: string,
  endpoints: Record<string, string>,
  env: NodeJS.ProcessEnv,
): string | undefined {
  const service = arn.split(":")[2];
  const variable = service === "secretsmanager" ? "SECRETS_MANAGER" : service?.toUpperCase();
  const endpoint = endpoints[arn] || env[`AWS_ENDPOINT_URL_${variable}`] || env.AWS_ENDPOINT_URL;
  return endpoint?.replace(/\/$/, "");
}

/**
 * A signed request; the credentials are those of the environment, or any.
 * @throws on an answer that is not a success.
 */
export async function awsRequest(url: string, service: string, init: RequestInit): Promise<Response> {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION } = process.env;
  const client = new AwsClient({
    accessKeyId: AWS_ACCESS_KEY_ID ?? "test",
    secretAccessKey: AWS_SECRET_ACCESS_KEY ?? "test",
    ...(AWS_SESSION_TOKEN !== undefined && { sessionToken: AWS_SESSION_TOKEN }),
    region: AWS_REGION ?? "us-east-1",
    service,
    retries: 0,
  });
  const response = await client.fetch(url, init);
  if (response.ok) return response;
  throw new Error(
    `${service} at ${url} answered ${response.status}: ${(await response.text()).slice(0, 200)}`,
  );
}

/** A request to a service that speaks AWS's JSON protocol. */
export const awsJson = (
  endpoint: string,
  service: string,
  target: string,
  version: "1.0" | "1.1",
  body: object,
) =>
  awsRequest(`${endpoint}/`, service, {
    method: "POST",
    headers: { "content-type": `application/x-amz-json-${version}`, "x-amz-target": target },
    body: JSON.stringify(body),
  });
