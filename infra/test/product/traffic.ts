import type { Random } from "../../generate/random.ts";

/** One event as a client sends it, and what its content means: the oracle knows nothing of what is sent but this. */
export interface Fact {
  id: string;
  type: string;
  /** Epoch milliseconds by a right clock. */
  at: number;
  organizer: string;
  user: string | undefined;
  session: string | undefined;
  /** What it is about. */
  about: string;
  /** Thousandths. */
  loadTime: number | undefined;
  duration: number | undefined;
  sale: { quantity: number; tenThousandths: bigint; currency: string } | undefined;
}

/** By the clock of the server, while all of it is sent. */
export const sentAt = Date.UTC(2026, 10, 15, 12);

/** Where figures change over: a month with its day and hour, nights when clocks are set, five minutes, half a minute. */
const borders = [
  "2026-03-01T00:00:00Z",
  "2026-03-28T23:00:00Z",
  "2026-03-29T01:00:00Z",
  "2026-03-29T22:00:00Z",
  "2026-10-24T22:00:00Z",
  "2026-10-25T01:00:00Z",
  "2026-10-25T23:00:00Z",
  "2026-04-15T12:05:00Z",
  "2026-04-15T12:00:30Z",
].map((text) => Date.parse(text));
const steps = [-30_001, -30_000, -1, 0, 1, 29_999, 30_000];

const journey = ["event_view", "ticket_view", "checkout_start", "payment_info", "ticket_purchase"];
const others = [
  "page_view",
  "page_view",
  "page_load",
  "page_duration",
  "share",
  "favorite",
  "error",
  "registration",
];

/** Events of so many sessions, most of them some way through a funnel, some in another order; `name` keeps runs apart. */
export function makeFacts(random: Random, count: number, name: string): Fact[] {
  const facts: Fact[] = [];
  for (let session = 0; facts.length < count; session++) {
    const organizer = `${name} o${random(5)}`;
    const user = random(8) === 0 ? undefined : `${name} u${random(Math.ceil(count / 12))}`;
    const about = random(10) === 0 ? "" : `${name} e${random(20)}`;
    const start = startOf(random);
    const far = random(journey.length + 1);
    const types = [
      ...journey.slice(0, far),
      ...Array.from({ length: random(4) }, () => pick(random, others)),
    ];
    let at = start;
    for (const [index, type] of types.entries()) {
      at += index === 0 ? 0 : pick(random, steps.filter((step) => step >= 0).concat(random(900_000)));
      const back = random(10) === 0 ? random(1_200_000) : 0;
      facts.push({
        id: `${name} ${facts.length}`,
        type,
        at: at - back,
        organizer,
        user,
        session: random(5) === 0 ? undefined : `${name} s${session}`,
        about,
        loadTime: type === "page_load" && random(5) > 0 ? random(9_999_999) : undefined,
        duration: type === "page_duration" && random(5) > 0 ? random(9_999_999) : undefined,
        sale: type === "ticket_purchase" && random(10) > 0 ? makeSale(random) : undefined,
      });
    }
  }
  return facts.slice(0, count);
}

const startOf = (random: Random): number =>
  random(3) === 0
    ? pick(random, borders) + pick(random, steps)
    : Date.UTC(2026, 1, 15) + random(2 ** 31) * 10 + random(1000);

const makeSale = (random: Random) => ({
  quantity: 1 + random(9),
  tenThousandths: BigInt(random(10) === 0 ? random(10_000_000) : random(100_000) * 100),
  currency: pick(random, ["EUR", "USD", "KWD"]),
});

const pick = <One>(random: Random, from: readonly One[]): One => from[random(from.length)] as One;

/** The event as it travels: in one of the ways in which clients say the same. */
export function toBody(random: Random, fact: Fact): Record<string, unknown> {
  // Half a minute is not taken for a wrong clock.
  const wrong = random(10) === 0 ? (30_000 + random(2 ** 31)) * (random(2) === 0 ? 1 : -1) : 0;
  const properties: Record<string, unknown> = {
    browser: pick(random, ["Firefox", "Größe 👋", ""]),
    n: random(5),
  };
  if (fact.type === "page_load") properties.load_time = thousandths(fact.loadTime) ?? "slow";
  if (fact.type === "page_duration") properties.duration = thousandths(fact.duration) ?? null;
  const asProperty = fact.about !== "" && random(2) === 0;
  if (asProperty) properties.event_id = fact.about;
  return {
    id: fact.id,
    event_type: fact.type,
    timestamp: momentIn(random, fact.at + wrong),
    ...(wrong !== 0 && { sent_at: momentIn(random, sentAt + wrong) }),
    organizer_id: fact.organizer,
    user_id: fact.user ?? pick(random, [null, undefined]),
    session_id: fact.session,
    ...(!asProperty && { event_id: fact.about }),
    properties,
    ...(fact.sale && {
      quantity: fact.sale.quantity,
      price: `${fact.sale.tenThousandths / 10_000n}.${String(fact.sale.tenThousandths % 10_000n).padStart(4, "0")}`,
      currency: random(2) === 0 ? fact.sale.currency : fact.sale.currency.toLowerCase(),
    }),
  };
}

const thousandths = (value: number | undefined) => (value === undefined ? undefined : value / 1000);

function momentIn(random: Random, millis: number): string | number {
  const zone = pick(random, [0, 120, -330]);
  const local = new Date(millis + zone * 60_000).toISOString().slice(0, -1);
  const sign = zone < 0 ? "-" : "+";
  const minutes = Math.abs(zone);
  const offset = [Math.floor(minutes / 60), minutes % 60]
    .map((part) => String(part).padStart(2, "0"))
    .join(":");
  return pick(random, [millis, new Date(millis).toISOString(), `${local}${sign}${offset}`]);
}
