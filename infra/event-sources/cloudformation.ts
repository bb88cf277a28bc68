/**
 * What AWS's event source mappings take and the framework's schema and compiler do not know yet: accepted in
 * serverless.yml, and written into the packaged template, so that local and deployed behaviour agree.
 */

import type { Mapping } from "./definition.ts";

type Properties = Record<string, unknown>;

export interface Resource {
  Type: string;
  Properties: Properties;
}

/** The framework's part that validates serverless.yml. */
export interface ConfigSchemaHandler {
  defineFunctionEventProperties(provider: string, event: string, schema: { properties: Properties }): void;
}

const retryProperties: Properties = {
  maximumRetryAttempts: { type: "integer", minimum: -1, maximum: 10_000 },
  maximumRecordAgeInSeconds: { type: "integer", anyOf: [{ const: -1 }, { minimum: 60, maximum: 604_800 }] },
  bisectBatchOnFunctionError: { type: "boolean" },
  functionResponseType: { const: "ReportBatchItemFailures" },
};

/** One property at a time: a framework version that knows some of them already still gets the others. */
export function extendSchema(handler: ConfigSchemaHandler): void {
  const extensions: [event: string, properties: Properties][] = [
    ["kafka", retryProperties],
    ["msk", { ...retryProperties, onFailureDestination: { type: "string" } }],
  ];
  for (const [event, properties] of extensions) {
    for (const [name, schema] of Object.entries(properties)) {
      try {
        handler.defineFunctionEventProperties("aws", event, { properties: { [name]: schema } });
      } catch (error) {
        if ((error as { code?: string }).code !== "SCHEMA_COLLISION") throw error;
      }
    }
  }
}

/** @throws where a function has two events that the framework gives one name: it would package one of them. */
export function refuseTwins(mappings: Mapping[]): void {
  const named = new Set<string>();
  for (const mapping of mappings) {
    const { functionKey, source } = mapping;
    const place = mapping.source === "rabbitmq" ? mapping.queue : mapping.topic;
    const name = [functionKey, source, source === "msk" && mapping.arn, place].join();
    if (named.has(name))
      throw new Error(
        `${functionKey}: the ${source} event on ${place} is there twice; the framework packages one.`,
      );
    named.add(name);
  }
}

/** @param prefix how the logical ids of a function's resources begin. */
export function patchTemplate(
  resources: Record<string, Resource>,
  functions: Record<string, { events?: Record<string, unknown>[] | null }>,
  prefix: (functionKey: string) => string,
): void {
  for (const [functionKey, { events }] of Object.entries(functions)) {
    for (const event of events ?? []) {
      for (const [kind, name] of Object.entries(kinds)) {
        const properties = event[kind] as Properties | undefined;
        if (typeof properties !== "object" || properties === null) continue;
        const start = `${prefix(functionKey)}EventSourceMapping${name}`;
        const found = Object.entries(resources).filter(
          ([id, resource]) => id.startsWith(start) && isOf(properties, resource),
        );
        for (const [, resource] of found) Object.assign(resource.Properties, addedBy(properties));
      }
    }
  }
}

const kinds = { kafka: "Kafka", msk: "MSK", rabbitmq: "RabbitMQ" };

function isOf({ topic, queue, arn }: Properties, { Properties: resource }: Resource): boolean {
  const [reads] = ((resource.Topics ?? resource.Queues) as unknown[] | undefined) ?? [];
  const sameSource = arn === undefined || JSON.stringify(resource.EventSourceArn) === JSON.stringify(arn);
  return reads === (topic ?? queue) && sameSource;
}

function addedBy(event: Properties): Properties {
  const { functionResponseType, onFailureDestination } = event;
  const added: Properties = {
    MaximumRetryAttempts: event.maximumRetryAttempts,
    MaximumRecordAgeInSeconds: event.maximumRecordAgeInSeconds,
    BisectBatchOnFunctionError: event.bisectBatchOnFunctionError,
    FunctionResponseTypes: functionResponseType === undefined ? undefined : [functionResponseType],
    DestinationConfig:
      onFailureDestination === undefined ? undefined : { OnFailure: { Destination: onFailureDestination } },
    // The framework takes a window of 0 for an unset one, which AWS makes half a second.
    MaximumBatchingWindowInSeconds: event.maximumBatchingWindow,
  };
  return Object.fromEntries(Object.entries(added).filter(([, value]) => value !== undefined));
}
