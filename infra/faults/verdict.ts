/** What a table or a view holds: by key, how often and with which sum. */
export type Counts = ReadonlyMap<string, { n: number; total: number }>;

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
  for (const [name, { groupOf, counts }] of views) {
    const due = sumBy(table, groupOf);
    for (const key of new Set([...due.keys(), ...counts.keys()])) {
      const [is, should] = [counts.get(key), due.get(key)];
      if (is?.n !== should?.n || is?.total !== should?.total) {
        const words = `${name} has ${is?.n ?? 0} (sum ${is?.total ?? 0}) for ${key}, its table ${should?.n ?? 0} (sum ${should?.total ?? 0})`;
        find("view_mismatches", 1, words);
      }
    }
  }
  return verdict;
}

function sumBy(counts: Counts, groupOf: (key: string) => string): Counts {
  const sums = new Map<string, { n: number; total: number }>();
  for (const [key, { n, total }] of counts) {
    const group = groupOf(key);
    const before = sums.get(group) ?? { n: 0, total: 0 };
    sums.set(group, { n: before.n + n, total: before.total + total });
  }
  return sums;
}
