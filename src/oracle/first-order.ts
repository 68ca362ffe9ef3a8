/**
 * First-order error bounds of whole computations: how far honest code may be from the true value when it rounds at every step.
 *
 * A computation is written down as a tape of nodes. Each has its true value, its *own* error, the most that honest code may go wrong in this one
 * step, and its derivatives by the earlier nodes that it is made of. What goes wrong at a node reaches a result along all paths between the two,
 * and there paths may cancel:
 *
 *     |ŷ − y| ≤ Σ_nodes |∂y/∂node| · own(node)   + what is of second order in u
 *
 * The derivatives ∂y/∂node come from one sweep from the result back to the beginning. Sums of absolute values along every path, as balls and
 * running errors have them, hold to every order but grow exponentially through the steps of a recurrent network.
 *
 * It is a bound to first order: products of two errors are left out, which are u times smaller, but where both factors of a product may be 0
 * and nothing else of it is left. For those it is widened as n·u is to γ_n, by 1 / (1 − n·u), with n roundings one on top of another: for
 * n = 64 by 4·10⁻⁶ in float32, by a third in bfloat16. Where n·u reaches 1 the first order says nothing, and the bound is infinite. The
 * widening is no proof, but measured: see the specification of recurrent radii.
 *
 * Source: Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., sections 3.1 and 3.8 (first-order bounds of computations step by
 * step); Linnainmaa, "Taylor expansion of the accumulated rounding error" (1976), for derivatives by local errors, the reverse sweep.
 *
 * @module
 */
import { gamma } from "./error-bound.ts";

/** A number of a tape, by its place. @internal */
export type Node = number;

/** A product of nodes; one alone is itself. @internal */
export type Term = readonly Node[];

/** A computation that is being written down. @internal */
export interface Tape {
  /** The unit roundoff of the code whose errors are bounded. */
  readonly unit: number;
  /** What a product may lose when it underflows. */
  readonly tiny: number;
  /** A number that the code was given. */
  readonly exact: (value: number) => Node;
  readonly value: (node: Node) => number;
  /** Some function of earlier nodes: its value, its own error, and its derivatives by them. */
  readonly step: (value: number, own: number, parents: readonly Node[], derivatives: readonly number[]) => Node;
  /**
   * A sum of products in any order: a term takes part in one rounding for each further factor but 1, and in one for each further term; in two where one
   * further term has zeros beside it, through which a compensated sum adds once more what it lost.
   *
   * @param more - additions of what is not there, such as a second bias
   */
  readonly sum: (terms: readonly Term[], more?: number) => Node;
  /** −x, which rounds nothing. */
  readonly negative: (node: Node) => Node;
  /** How far honest code may be from a node's value, to first order. */
  readonly error: (node: Node) => number;
  /** Whether honest code may find a node on the other side of a number at which something changes. */
  readonly mayCross: (node: Node, kink: number) => boolean;
}

/** How fine the numbers are that code is given: coarser code may round them even where it multiplies with 1. */
const givenUnit = 2 ** -24;

/**
 * An empty tape for code of a unit roundoff.
 *
 * @param depth - how many roundings may lie one on top of another
 *
 * @internal
 */
export function newTape({ unit, tiny }: { readonly unit: number; readonly tiny: number }, depth: number): Tape {
  const widening = gamma(depth, unit) / (depth * unit);
  const values: number[] = [];
  const own: number[] = [];
  /** The error summed in absolute values along every path: never less than the error, and 0 for what is exact. */
  const atMost: number[] = [];
  /** Where a node's parents begin; those of the next one follow. */
  const starts: number[] = [0];
  const parents: number[] = [];
  const derivatives: number[] = [];
  let adjoints = new Float64Array(1024);

  /** Closes a node whose parents have been written down. What is infinite is so without error. */
  const close = (value: number, ownError: number): Node => {
    const node = values.length;
    const isInfinite = Math.abs(value) === Infinity;
    const error = isInfinite ? 0 : ownError;
    if (isInfinite) derivatives.length = parents.length = starts[node]!;
    let most = error;
    for (let i = starts[node]!; i < parents.length; i++) most += Math.abs(derivatives[i]!) * atMost[parents[i]!]!;
    values.push(value);
    own.push(error);
    atMost.push(Number.isNaN(most) ? Infinity : most);
    starts.push(parents.length);
    return node;
  };

  const link = (parent: Node, derivative: number): void => {
    if (atMost[parent] === 0 || derivative === 0) return;
    parents.push(parent);
    derivatives.push(derivative);
  };

  const exact = (value: number): Node => close(value, 0);
  const zero = exact(0);
  const isNothing = (node: Node): boolean => values[node] === 0 && atMost[node] === 0;
  const isOne = (node: Node): boolean => unit < 2 * givenUnit && Math.abs(values[node]!) === 1 && atMost[node] === 0;

  /** The error to first order, without what widens it. */
  const narrow = (node: Node): number => {
    if (adjoints.length < values.length) adjoints = new Float64Array(2 * values.length);
    let total = 0;
    adjoints[node] = 1;
    for (let i = node; i >= 0; i--) {
      const adjoint = adjoints[i]!;
      if (adjoint === 0) continue;
      adjoints[i] = 0;
      total += Math.abs(adjoint) * own[i]!;
      for (let j = starts[i]!; j < starts[i + 1]!; j++) adjoints[parents[j]!]! += adjoint * derivatives[j]!;
    }
    return Number.isNaN(total) ? Infinity : total;
  };

  const error = (node: Node): number => {
    const total = narrow(node);
    return total === 0 ? 0 : widening * total;
  };

  const mayVanish = (node: Node): boolean => Math.abs(values[node]!) <= atMost[node]!;

  /** What errors make of a product of which two factors or more may be 0: its derivatives by each may then be 0 as well. */
  const vanishing = (term: Term): number => (term.filter(mayVanish).length < 2 ? 0
    : term.reduce((product, factor) => product * (mayVanish(factor) ? narrow(factor) : Math.abs(values[factor]!)), 1));

  const productWithout = (term: Term, left: number): number => {
    let product = 1;
    for (let i = 0; i < term.length; i++) if (i !== left) product *= values[term[i]!]!;
    return product;
  };

  const step: Tape["step"] = (value, error, from, by) => {
    from.forEach((parent, i) => link(parent, by[i]!));
    return close(value, error);
  };

  return {
    unit, tiny, exact, error, step,
    negative: (node) => step(-values[node]!, 0, [node], [-1]),
    value: (node) => values[node]!,
    sum: (terms, more = 0) => {
      const there = terms.filter((term) => !term.some(isNothing));
      if (there.length === 0) return zero;
      if (there.length === 1 && there[0]!.length === 1) return there[0]![0]!;
      const additions = Math.max(there.length - 1 + more, there.length === 2 && terms.length > 2 ? 2 : 0);
      let [total, rounded] = [0, 0];
      for (const term of there) {
        const product = productWithout(term, -1);
        total += product;
        const products = Math.max(0, term.filter((factor) => !isOne(factor)).length - 1);
        rounded += (additions + products) * unit * Math.abs(product);
        if (products > 0) rounded += products * tiny + vanishing(term);
        for (let i = 0; i < term.length; i++) link(term[i]!, productWithout(term, i));
      }
      return close(total, rounded);
    },
    mayCross: (node, kink) => {
      const distance = Math.abs(values[node]! - kink);
      return atMost[node]! > 0 && distance <= atMost[node]! && distance <= error(node);
    },
  };
}
