/** Somebody who commits: how often, beside the others, and where on earth their working day is. */
export interface Author {
  login: string;
  weight: number;
  /** Hours east of Greenwich. */
  zone: number;
}

export const inventedAuthors: Author[] = [
  { login: "ada", weight: 21, zone: 1 },
  { login: "bruno", weight: 17, zone: -3 },
  { login: "chidi", weight: 14, zone: 1 },
  { login: "dara", weight: 12, zone: 7 },
  { login: "elif", weight: 9, zone: 3 },
  { login: "finn", weight: 8, zone: 0 },
  { login: "grace", weight: 6, zone: -8 },
  { login: "hiro", weight: 5, zone: 9 },
  { login: "inés", weight: 4, zone: -5 },
  { login: "jonas", weight: 2, zone: 2 },
  { login: "kavya", weight: 1, zone: 5.5 },
  { login: "dependency-bot", weight: 3, zone: 0 },
];

export const repos = [
  { value: "sluice/api", weight: 5 },
  { value: "sluice/web", weight: 4 },
  { value: "sluice/pipelines", weight: 3 },
  { value: "sluice/docs", weight: 1 },
];

export const branches = [
  { value: "main", weight: 12 },
  { value: "develop", weight: 3 },
  { value: "release/2.4", weight: 1 },
  { value: "feature/search", weight: 2 },
  { value: "fix/slow-login", weight: 1 },
];

export const verbs = ["Fix", "Add", "Remove", "Simplify", "Speed up", "Rename", "Document", "Test", "Revert"];

export const things = [
  "the retry of cut connections",
  "paging of long lists",
  "the search index",
  "time zones in weekly reports",
  "a flaky test",
  "the cache of avatars",
  "login with two factors",
  "the settings page",
  "dead code after the migration",
  "rounding of prices",
  "names with umlauts (Größe, façade, 松)",
  "the health check",
];

/** Below the first line of some. */
export const bodies = [
  "Seen on a slow line: the second request came before the first had ended.",
  "Closes #42.",
];

/** How busy each hour of a working day is, from midnight on; a weekend has a sixth of it. */
export const hours = [1, 1, 0, 0, 0, 0, 1, 3, 8, 14, 18, 16, 8, 12, 17, 18, 14, 9, 5, 4, 5, 5, 4, 2];
