import type { TicketSale, TrackedEvent } from "../sdk/event.ts";
import { createRandom, type Random } from "./random.ts";

/** What a visitor does next; a sale has its price. */
export type Visit = TrackedEvent | ({ event_type: "ticket_purchase" } & TicketSale);

const organizers = ["opera", "stadium", "jazz-cellar", "city-hall", "open-air", "museum"];
const currencies = ["EUR", "EUR", "EUR", "CHF", "USD"];
const searches = ["jazz", "tonight", "for children", "Zürich", "音楽", "free"];
const agents = [
  "Mozilla/5.0 (X11; Linux x86_64) Chrome/142",
  "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0) Safari/605",
];

/** The way to a ticket, with how many of a hundred go on from each step. */
const way = [
  ["event_view", 70],
  ["ticket_view", 60],
  ["checkout_start", 65],
  ["payment_info", 85],
] as const;

const openSessions = 40;

/** Endless visitors of a ticket shop, many at a time, in the order they act; the same seed gives the same ones. */
export function* traffic(seed: number): Generator<Visit, never> {
  const random = createRandom(seed);
  const sessions = Array.from({ length: openSessions }, () => session(random));
  for (;;) {
    const at = random(sessions.length);
    const next = sessions[at]?.next();
    if (next?.value && !next.done) yield next.value;
    else sessions[at] = session(random);
  }
}

function* session(random: Random): Generator<Visit, undefined> {
  const chance = (percent: number) => random(100) < percent;
  const pick = <T>(from: readonly T[]): T => from[random(from.length)] as T;
  const visitor = {
    session_id: `s-${hex(random)}${hex(random)}`,
    user_agent: pick(agents),
    // Some are not known until they buy.
    ...(chance(80) && { user_id: `u-${random(5000)}` }),
  };
  const act = (event_type: string, more: Partial<TrackedEvent> = {}): Visit => ({
    ...visitor,
    ...more,
    event_type,
  });
  yield act("page_view", {
    page_url: "https://tickets.example/",
    referrer: pick(["", "https://search.example/"]),
  });
  if (chance(40)) yield act("search", { properties: { query: pick(searches), results: random(50) } });
  for (let looks = 1 + random(3); looks > 0; looks--) {
    const number = random(60);
    const organizer_id = organizers[number % organizers.length] as string;
    const subject = { organizer_id, event_id: `concert-${number}` };
    yield act("page_view", { ...subject, page_url: `https://tickets.example/concerts/${number}` });
    if (chance(8)) yield act(pick(["share", "favorite"]), subject);
    let gone = false;
    for (const [step, percent] of way) {
      gone = !chance(percent);
      if (gone) break;
      yield act(step, subject);
    }
    if (gone || !chance(90)) continue;
    const user_id = `u-${random(5000)}`;
    const price = `${15 + (number % 20) * 5}.${pick(["00", "50", "90"])}`;
    const sale = {
      quantity: 1 + random(4),
      price,
      currency: pick(currencies),
      payment_method: pick(["card", "invoice"]),
    };
    yield { user_id, ...visitor, ...subject, ...sale, event_type: "ticket_purchase" };
    return undefined;
  }
  if (chance(10)) yield act("registration", { user_id: `u-${random(5000)}` });
  return undefined;
}

const hex = (random: Random) =>
  random(2 ** 32)
    .toString(16)
    .padStart(8, "0");
