import type { Fact } from "./traffic.ts";

/**
 * What every figure must be, counted in the plainest way from what was sent: no word of it is the product's. Each is a list of
 * lines `key … = figures`, sorted.
 */
export function expectFigures(sent: Fact[]): Record<string, string[]> {
  const facts = [...firstOfEach(sent).values()];
  const about = facts.filter((fact) => fact.about !== "");
  const sales = facts.filter(({ sale }) => sale !== undefined);
  return {
    events: [`${facts.length} rows`],
    page_views: [`${count(facts, "page_view")} rows`],
    ticket_sales: [`${sales.length} rows, ${sum(sales, tickets)} tickets`],
    events_hourly_mv: lines(
      facts,
      ({ at, organizer, about, type }) => [floor(at, hour), organizer, about, type],
      (group) => [group.length, users(group), sessions(group)],
    ),
    organizer_daily_metrics_mv: lines(
      facts,
      ({ at, organizer }) => [day(at), organizer],
      (group) => [
        group.length,
        users(group),
        sessions(group),
        ...["page_view", "ticket_purchase", "event_view", "registration"].map((type) => count(group, type)),
      ],
    ),
    event_performance_mv: lines(
      about,
      ({ at, organizer, about }) => [day(at), organizer, about],
      (group) => [
        group.length,
        users(group),
        sessions(group),
        ...["event_view", "ticket_purchase", "share", "favorite"].map((type) => count(group, type)),
        average(group.map(({ duration }) => duration)),
      ],
    ),
    user_funnel_mv: lines(
      about.filter(({ user, type }) => user !== undefined && funnel.includes(type)),
      ({ at, organizer, about }) => [day(at), organizer, about],
      (group) => {
        const reached = [...Map.groupBy(group, ({ user }) => user).values()].map((one) =>
          furthest(one, funnel, 24 * hour),
        );
        return [...funnel.map((_, step) => reached.filter((level) => level > step).length), reached.length];
      },
    ),
    realtime_dashboard_mv: lines(
      facts,
      ({ at, organizer }) => [floor(at, 300_000), organizer],
      (group) => [
        group.length,
        users(group),
        sessions(group),
        ...["page_view", "ticket_purchase", "error"].map((type) => count(group, type)),
        average(group.map(({ loadTime }) => loadTime)),
      ],
    ),
    metrics_daily: metrics(facts, sales).sort(),
    events_daily: lines(
      facts,
      ({ at, organizer }) => [dayIn("Europe/Berlin", at), organizer],
      (group) => [group.length, users(group), sessions(group)],
    ),
    revenue_daily: lines(
      sales,
      ({ at, organizer, sale }) => [dayIn("Europe/Berlin", at), organizer, sale?.currency ?? ""],
      (group) => [money(revenue(group)), group.length, sum(group, tickets), users(group)],
    ),
  };
}

/** How many users did each of the steps within the window, of one organizer's events. */
export function expectFunnel(sent: Fact[], organizer: string, steps: string[], window: number): number[] {
  const known = [...firstOfEach(sent).values()].filter(
    (fact) => fact.organizer === organizer && fact.user !== undefined,
  );
  const reached = [...Map.groupBy(known, ({ user }) => user).values()].map((one) =>
    furthest(one, steps, window),
  );
  return steps.map((_, step) => reached.filter((level) => level > step).length);
}

const [hour, funnel] = [
  3_600_000,
  ["event_view", "ticket_view", "checkout_start", "payment_info", "ticket_purchase"],
];

/** What is sent again under its id is no event of its own. */
function firstOfEach(sent: Fact[]): Map<string, Fact> {
  const first = new Map<string, Fact>();
  for (const fact of sent) if (!first.has(fact.id)) first.set(fact.id, fact);
  return first;
}

/** From each first step on, the next step as early as it was done: how many steps at most. Moments that are equal are in order. */
function furthest(facts: Fact[], steps: string[], window: number): number {
  const moments = steps.map((step) => facts.filter(({ type }) => type === step).map(({ at }) => at));
  const reach = (begin: number): number => {
    let at = begin;
    for (const [step, when] of moments.entries()) {
      const next = Math.min(...when.filter((moment) => moment >= at && moment <= begin + window));
      if (next === Number.POSITIVE_INFINITY) return step;
      at = step === 0 ? begin : next;
    }
    return steps.length;
  };
  return Math.max(0, ...(moments[0] ?? []).map(reach));
}

function metrics(facts: Fact[], sales: Fact[]): string[] {
  const keys = ({ at, organizer, about }: Fact) =>
    [...new Set(["", about])].map((one) => [day(at), organizer, one].join(" | "));
  const groups = new Map<string, Fact[]>();
  for (const fact of facts) {
    for (const key of keys(fact)) {
      const group = groups.get(key);
      if (group) group.push(fact);
      else groups.set(key, [fact]);
    }
  }
  const isSold = new Set(sales);
  const found: string[] = [];
  for (const [key, group] of groups) {
    const sold = group.filter((fact) => isSold.has(fact));
    const figures: [string, number | string][] = [
      ["total_events", group.length],
      ["unique_users", users(group)],
      ["unique_sessions", sessions(group)],
      ["page_views", count(group, "page_view")],
      ["event_views", count(group, "event_view")],
      ["registrations", count(group, "registration")],
      ["ticket_purchases", count(group, "ticket_purchase")],
      ["transactions", sold.length],
      ["tickets_sold", sum(sold, tickets)],
    ];
    for (const [name, value] of figures) if (value !== 0) found.push(`${key} | ${name} |  = ${value}`);
    for (const [currency, some] of Map.groupBy(sold, ({ sale }) => sale?.currency))
      found.push(`${key} | revenue | ${currency} = ${money(revenue(some))}`);
  }
  return found;
}

function lines(
  facts: Fact[],
  key: (fact: Fact) => string[],
  figures: (group: Fact[]) => (number | string)[],
): string[] {
  const groups = Map.groupBy(facts, (fact) => key(fact).join(" | "));
  return [...groups].map(([name, group]) => `${name} = ${figures(group).join(" ")}`).sort();
}

const different = (values: (string | undefined)[]) =>
  new Set(values.filter((value) => value !== undefined)).size;
const users = (group: Fact[]) => different(group.map(({ user }) => user));
const sessions = (group: Fact[]) => different(group.map(({ session }) => session));
const count = (group: Fact[], wanted: string) => group.filter(({ type }) => type === wanted).length;
const sum = (group: Fact[], of: (fact: Fact) => number) => group.reduce((total, fact) => total + of(fact), 0);
const tickets = ({ sale }: Fact) => sale?.quantity ?? 0;
const revenue = (group: Fact[]) =>
  group.reduce((total, { sale }) => total + (sale ? sale.tenThousandths * BigInt(sale.quantity) : 0n), 0n);
const money = (units: bigint) => `${units / 10_000n}.${String(units % 10_000n).padStart(4, "0")}`;

function average(thousandths: (number | undefined)[]): string {
  const told = thousandths.filter((value) => value !== undefined);
  return told.length === 0 ? "null" : (told.reduce((a, b) => a + b, 0) / 1000 / told.length).toFixed(6);
}

const iso = (millis: number) => new Date(millis).toISOString().slice(0, 19).replace("T", " ");
const floor = (millis: number, to: number) => iso(Math.floor(millis / to) * to);
const day = (millis: number) => iso(millis).slice(0, 10);

const calendars = new Map<string, Intl.DateTimeFormat>();
function dayIn(timeZone: string, millis: number): string {
  const known = calendars.get(timeZone) ?? new Intl.DateTimeFormat("en-CA", { timeZone });
  calendars.set(timeZone, known);
  return known.format(millis);
}
