/**
 * Runs it for what it is given, one after another, each in a task of its own: between two of them the browser paints and hears the
 * keyboard. What waits already does not wait twice.
 */
export function inTurn<One>(run: (one: One) => void): (one: One) => void {
  const waiting = new Set<One>();
  const next = () => {
    const [first] = waiting;
    if (first === undefined) return;
    waiting.delete(first);
    if (waiting.size > 0) setTimeout(next);
    run(first);
  };
  return (one) => {
    if (waiting.size === 0) setTimeout(next);
    waiting.add(one);
  };
}
