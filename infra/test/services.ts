/** The real services that integration tests run against, started once a run. */
export interface TestServices {
  clickhouseUrl: string;
  brokers: string[];
  rabbitmqUrl: string;
  /** Passwords of the ClickHouse users, by name. */
  passwords: { default: string; rmq: string; reader: string };
}

declare module "vitest" {
  interface ProvidedContext {
    services: TestServices;
  }
}
