import { awsEndpointOf, awsJson } from "./aws.ts";
import type { Settings } from "./settings.ts";

/** A secret as AWS's pages want it for event sources: `username` and `password`, or `certificate` and `privateKey`. */
export type Secret = Record<string, string>;

/**
 * First match: `custom.eventSources.secrets`; then Secrets Manager, when an endpoint of it is known and it has the
 * secret. Undefined: the local broker is taken for one that wants no credentials.
 * @throws when Secrets Manager does not give it.
 */
export async function readSecret(
  arn: string,
  settings: Settings,
  env: NodeJS.ProcessEnv,
): Promise<Secret | undefined> {
  const given = settings.secrets[arn];
  if (given !== undefined) return given;
  const endpoint = awsEndpointOf(arn, settings.endpoints, env);
  if (endpoint === undefined) return undefined;
  const body = { SecretId: arn };
  const response = await awsJson(
    endpoint,
    "secretsmanager",
    "secretsmanager.GetSecretValue",
    "1.1",
    body,
  ).catch((error: Error) => {
    if (error.message.includes("ResourceNotFoundException")) return undefined;
    throw error;
  });
  if (response === undefined) return undefined;
  const { SecretString } = (await response.json()) as { SecretString?: string };
  try {
    return JSON.parse(SecretString ?? "") as Secret;
  } catch {
    throw new Error(`secret ${arn} is no JSON of strings, as AWS wants it for event sources`);
  }
}
