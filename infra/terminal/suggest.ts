/** The candidate most like the word by shared pairs of letters (Dice's coefficient), if any is like it at all. */
export function suggest(word: string, candidates: string[]): string | undefined {
  const scored = candidates.map((candidate) => ({ candidate, score: likeness(word, candidate) }));
  const best = scored.toSorted((a, b) => b.score - a.score)[0];
  return best && best.score >= 0.5 ? best.candidate : undefined;
}

function likeness(a: string, b: string): number {
  const [left, right] = [pairs(a), pairs(b)];
  const shared = [...left].filter((pair) => right.has(pair)).length;
  return (2 * shared) / (left.size + right.size || 1);
}

const pairs = (word: string) =>
  new Set(Array.from(word.toLowerCase().slice(1), (letter, i) => word[i]?.toLowerCase() + letter));
