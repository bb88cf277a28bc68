import { consumerGroup, readCdcConfig, topicOf } from "./config.ts";

/** The triggers of apply-changes, one for each table of sql/cdc.yml: serverless.yml asks for them. A mapping reads one topic. */
export async function events({ resolveVariable }) {
  const config = readCdcConfig();
  const source = {
    bootstrapServers: await resolveVariable("self:custom.sources.kafka"),
    accessConfigurations: await resolveVariable("self:custom.sources.kafkaAccess"),
  };
  return config.tables.map((table) => {
    const topic = topicOf(config, table);
    return { kafka: { ...source, topic, consumerGroupId: consumerGroup(topic), batchSize: 10_000 } };
  });
}
