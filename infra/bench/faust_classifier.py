"""The classification of ratings as faust-streaming users write it: JSON in, JSON out, one message at a time."""
import os
from datetime import datetime, timezone

import faust

app = faust.App(
    os.environ["BENCH_GROUP"],
    broker=f"kafka://{os.environ['KAFKA_BROKERS']}",
    store="memory://",
    web_enabled=False,
    consumer_auto_offset_reset="earliest",
    topic_partitions=8,
)


class Rating(faust.Record):
    rating: int
    unique_id: str


ratings = app.topic(os.environ["BENCH_TOPIC"], value_type=Rating)
shadow = app.topic("shadow", value_serializer="json")


def type_of(rating):
    return next((divisor for divisor in (15, 3, 5) if rating % divisor == 0), 0)


@app.agent(ratings)
async def classify(stream):
    async for rating in stream:
        at = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
        await shadow.send(
            key=rating.unique_id,
            value={"type": type_of(rating.rating), "unique_id": rating.unique_id, "emit_timestamp": at},
        )


if __name__ == "__main__":
    app.main()
