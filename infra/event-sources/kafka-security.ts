import type { ConsumerOptions } from "@platformatic/kafka";
import type { Secret } from "./secrets.ts";

type Options = ConsumerOptions<Buffer, Buffer, Buffer, Buffer>;

/** How to reach a Kafka cluster; for every client of it. */
export interface KafkaClient {
  bootstrapBrokers: string[];
  sasl?: NonNullable<Options["sasl"]>;
  tls?: NonNullable<Options["tls"]>;
}

/** `accessConfigurations` of a `kafka` event, and what an `msk` event calls `saslScram512`: ARNs of secrets. */
export type AccessConfigurations = Partial<Record<Access, string[]>>;

type Access =
  | "saslPlainAuth"
  | "saslScram256Auth"
  | "saslScram512Auth"
  | "clientCertificateTlsAuth"
  | "serverRootCaCertificate";

const mechanisms = {
  saslPlainAuth: "PLAIN",
  saslScram256Auth: "SCRAM-SHA-256",
  saslScram512Auth: "SCRAM-SHA-512",
} as const;

/**
 * @param endpoint `host:port,host:port`, with `tls://` before it for TLS. A certificate among the secrets means TLS too.
 * @param secretOf undefined for what is not known here: a local broker seldom wants it.
 */
export async function openKafkaClient(
  endpoint: string,
  access: AccessConfigurations,
  secretOf: (arn: string) => Promise<Secret | undefined>,
): Promise<KafkaClient> {
  const read = async (kind: Access) => {
    const [arn] = access[kind] ?? [];
    return arn === undefined ? undefined : await secretOf(arn);
  };
  const client: KafkaClient = { bootstrapBrokers: endpoint.replace(/^tls:\/\//, "").split(",") };
  for (const [kind, mechanism] of Object.entries(mechanisms)) {
    const secret = await read(kind as Access);
    const { username, password } = secret ?? {};
    if (username !== undefined && password !== undefined) client.sasl = { mechanism, username, password };
  }
  const own = await read("clientCertificateTlsAuth");
  const authority = await read("serverRootCaCertificate");
  if (endpoint.startsWith("tls://") || own !== undefined || authority !== undefined) {
    client.tls = {
      ...(own?.certificate !== undefined && { cert: own.certificate }),
      ...(own?.privateKey !== undefined && { key: own.privateKey }),
      ...(own?.privateKeyPassword !== undefined && { passphrase: own.privateKeyPassword }),
      ...(authority?.certificate !== undefined && { ca: authority.certificate }),
    };
  }
  return client;
}
