/** Bodies that keep no contract of ours: every kind a broker may hold, `undefined` for a tombstone. */
export function garbage(index: number): Buffer | null {
  const kinds: (() => Buffer | null)[] = [
    () => Buffer.alloc(0),
    () => Buffer.from([0xff, 0xfe, index & 255, 0x0a, 0x0a, 0x3b]),
    () => Buffer.from('{"username":"ann","message":'),
    () => Buffer.from("null"),
    () => Buffer.from("[[[[[[]]]]]]"),
    () => Buffer.from(`{"rating":${index},"unique_id":7,"username":[],"message":{}}`),
    () => Buffer.from('{"rating":1e999,"unique_id":"a","username":"","message":"x"}'),
    () => Buffer.from('{"rating":0,"unique_id":"a","username":"a","message":"\\ud800"}'),
    () => Buffer.from('{"__proto__":{"rating":3},"unique_id":"a","constructor":1}'),
    () => Buffer.from(`'); DROP TABLE user_messages; -- ${index}\n\n;`),
    () => Buffer.from('{"username":"ann","message":"hi","sent_at":"yesterday","rating":"3","unique_id":"x"}'),
    () => Buffer.from(`${"[".repeat(5000)}${"]".repeat(5000)}`),
    () => null,
  ];
  return (kinds[index % kinds.length] as () => Buffer | null)();
}
