/** Two habits at once, drawn at random among those that can show together. */
import { findOperation } from "../../src/oracle/case.ts";
import { catalog } from "../../src/oracle/catalog/index.ts";
import { alike, answerBy, killOfPair } from "../../src/oracle/kill-matrix.ts";
import type { PairKill } from "../../src/oracle/kill-matrix.ts";
import { variants } from "../../src/oracle/variants/index.ts";
import type { Variant } from "../../src/oracle/variants/index.ts";
import { composed } from "../../src/oracle/variants/variant.ts";
import { foldIn, key, uniform } from "../../src/tensor/random.ts";
import { drawn, tiersOf } from "./support.ts";

/** Two habits, and the operation that has both. */
export interface Pair {
  readonly outer: Variant;
  readonly inner: Variant;
  readonly operation: string;
}

const probesOf = (operation: string) => drawn(operation, tiersOf(catalog.find(({ name }) => name === operation)!)[0]!, 24);

/** Whether the two at once are neither of them, nor the reference: on some case they answer as nothing else does. */
export function showTogether({ outer, inner, operation }: Pair): boolean {
  const both = composed(outer, inner);
  const right: Variant = { ...outer, answer: () => undefined };
  return probesOf(operation).some((one) => answerBy(both, findOperation(operation), one) !== undefined
    && [outer, inner, right].every((other) => !alike(both, other, operation, [one])));
}

/** So many pairs, from a seed. */
export function drawnPairs(count: number, seed: number, operations: readonly string[] = []): readonly Pair[] {
  const wide = catalog.map(({ name }) => ({ name, own: variants.filter((variant) => variant.operations.includes(name)) }))
    .filter(({ name, own }) => own.length > 1 && (operations.length === 0 || operations.includes(name)));
  const found: Pair[] = [];
  for (let attempt = 0; found.length < count && attempt < 20 * count; attempt++) {
    const [a, b, c] = uniform(foldIn(key(seed), attempt), [3]).values as [number, number, number];
    const { name: operation, own } = wide[Math.floor(a * wide.length)]!;
    const outer = own[Math.floor(b * own.length)]!;
    const inner = own[Math.floor(c * own.length)]!;
    const isNew = outer !== inner && !found.some((pair) => pair.operation === operation && pair.outer === outer && pair.inner === inner);
    if (isNew && showTogether({ outer, inner, operation })) found.push({ outer, inner, operation });
  }
  return found;
}

/** What verification says of them, at a quarter of the default budget. */
export const outcomeOf = ({ outer, inner, operation }: Pair): Promise<PairKill> => killOfPair(outer, inner, operation, probesOf(operation), { cases: 50 });
