import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Files that run whole stacks for a minute and more: begun last, one of them would keep everybody waiting alone. */
const slow = [
  "infra/test/end-to-end.it",
  "infra/faults/faults.it",
  "infra/cdc/capture.it",
  "infra/faults/through-brokers.it",
  "infra/test/page.it",
  "infra/stack/up.it",
  "infra/test/product/oracle.it",
  "infra/event-sources/soak.it",
  "infra/test/injections.it",
  "infra/event-sources/security.it",
];

/** The slow files in this order, then the others as they would come. */
export default class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const found = slow.findIndex((name) => moduleId.endsWith(`${name}.test.ts`));
      return found === -1 ? slow.length : found;
    };
    return (await super.sort(files)).toSorted((one, other) => rank(one) - rank(other));
  }
}
