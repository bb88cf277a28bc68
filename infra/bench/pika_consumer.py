"""The usual Python consumer: every message is inserted and acknowledged by itself. Prints the seconds it took."""
import json
import os
import sys
import time
from datetime import datetime

import clickhouse_connect
import pika

wanted = int(sys.argv[1])
client = clickhouse_connect.get_client(
    host="127.0.0.1",
    port=int(os.environ["CLICKHOUSE_PORT"]),
    username="default",
    password=os.environ["CLICKHOUSE_DEFAULT_PASSWORD"],
    compress=False,
)
connection = pika.BlockingConnection(pika.URLParameters(os.environ["RABBITMQ_URL"]))
channel = connection.channel()
channel.basic_qos(prefetch_count=100)
seen = 0


def on_message(channel, method, properties, body):
    global seen
    event = json.loads(body)
    at = datetime.fromisoformat(event["sent_at"].replace("Z", "+00:00"))
    client.insert(
        os.environ["BENCH_TABLE"],
        [[event["username"], event["message"], at]],
        column_names=["username", "message", "received_at"],
    )
    channel.basic_ack(method.delivery_tag)
    seen += 1
    if seen == wanted:
        channel.stop_consuming()


channel.basic_consume(os.environ["BENCH_QUEUE"], on_message)
began = time.monotonic()
channel.start_consuming()
print(time.monotonic() - began)
connection.close()
