/**
 * The Lambda event of a `rabbitmq` event source mapping, both ways.
 * Wire format: https://docs.aws.amazon.com/lambda/latest/dg/with-mq.html
 */

/** One message as a queue holds it. Properties a publisher left out are absent. */
export interface RabbitMQMessage {
  queue: string;
  /** `/` is the default virtual host. */
  vhost: string;
  redelivered: boolean;
  properties: {
    contentType?: string;
    contentEncoding?: string;
    headers?: Record<string, unknown>;
    deliveryMode?: number;
    priority?: number;
    correlationId?: string;
    replyTo?: string;
    expiration?: string;
    messageId?: string;
    /** Epoch seconds. */
    timestamp?: number;
    type?: string;
    userId?: string;
    appId?: string;
    clusterId?: string;
  };
  body: Buffer;
}
