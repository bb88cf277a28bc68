/** What a table or a view holds: by key, how often and with which sum. */
export type Counts = ReadonlyMap<string, Count>;

interface Count {
  n: number;
  total: number;
}

export interface Truth {
  /** Each fact once. */
  facts: ReadonlySet<string>;
  /** Facts whose publisher gave no id: at least once. */
  anonymous: ReadonlySet<string>;
  /** Positions of what cannot become a row. */
  garbage: ReadonlySet<string>;
}

/** What the server holds of one run. */
export interface Holdings {
  table: Counts;
  /** By name: views keyed by fact, and views over groups of facts. */
  views: ReadonlyMap<string, { groupOf: (key: string) => string; counts: Counts }>;
  /** How often each position is in the quarantine. */
  quarantine: ReadonlyMap<string, number>;
}

export interface Verdict {
  lost: number;
  duplicated: number;
  view_mismatches: number;
  /** One sentence for each error, the first ones. */
  findings: string[];
}

/** Compares by key: a lost and a doubled record do not make up for each other. */
export function judge({ facts, anonymous, garbage }: Truth, { table, views, quarantine }: Holdings): Verdict {
  const verdict: Verdict = { lost: 0, duplicated: 0, view_mismatches: 0, findings: [] };
  const find = (what: "lost" | "duplicated" | "view_mismatches", count: number, sentence: string) => {
    verdict[what] += count;
    if (verdict.findings.length < 20) verdict.findings.push(sentence);
  };
  for (const key of [...facts, ...anonymous]) {
    const n = table.get(key)?.n ?? 0;
    if (n === 0) find("lost", 1, `${key} is not in the table`);
    if (n > 1 && facts.has(key)) find("duplicated", n - 1, `${key} is in the table ${n} times`);
  }
  for (const [key, { n }] of table) {
    if (!facts.has(key) && !anonymous.has(key))
      find("duplicated", n, `${key} is in the table, and nobody sent it`);
  }
  for (const position of garbage) {
    const n = quarantine.get(position) ?? 0;
    if (n === 0) find("lost", 1, `${position} is neither a row nor quarantined`);
    if (n > 1) find("duplicated", n - 1, `${position} is quarantined ${n} times`);
  }
  for (const [position, n] of quarantine) {
    if (!garbage.has(position))
      find("duplicated", n, `${position} is quarantined, and nothing was wrong with it`);
  }
  // A row that cannot be told from its copies is never looked for, so a view may miss a copy of it that the table has.
  const least = new Map([...table].map(([key, count]) => [key, anonymous.has(key) ? onceOf(count) : count]));
  for (const [name, { groupOf, counts }] of views) {
    const [low, high] = [sumBy(least, groupOf), sumBy(table, groupOf)];
    for (const key of new Set([...high.keys(), ...counts.keys()])) {
      const [is, from, to] = [counts, low, high].map((sums) => sums.get(key) ?? { n: 0, total: 0 }) as Three;
      if (is.n >= from.n && is.n <= to.n && is.total >= from.total && is.total <= to.total) continue;
      const words = `${name} has ${is.n} (sum ${is.total}) for ${key}, its table ${to.n} (sum ${to.total})`;
      find("view_mismatches", 1, words);
    }
  }
  return verdict;
}

type Three = [Count, Count, Count];

const onceOf = ({ n, total }: Count): Count => ({ n: 1, total: total / n });

function sumBy(counts: Counts, groupOf: (key: string) => string): Counts {
  const sums = new Map<string, Count>();
  for (const [key, { n, total }] of counts) {
    const group = groupOf(key);
    const before = sums.get(group) ?? { n: 0, total: 0 };
    sums.set(group, { n: before.n + n, total: before.total + total });
  }
  return sums;
}
