/**
 * Trees of tensors: parameters and gradients are plain nested objects and arrays with tensors at their leaves.
 *
 * @module
 */
import { isPlainObject, show, wrongKind, wrongValue } from "./shape.ts";
import { Tensor } from "./tensor.ts";

const isBranch = (node: unknown): node is Readonly<Record<string, unknown>> => Array.isArray(node) || isPlainObject(node);

/**
 * Applies a function to every tensor of a tree, together with the tensors at the same place of further trees of its form.
 *
 * @param f - called with the leaves of all trees at one place, those of the first tree first
 * @throws RangeError where the trees differ in form, TypeError where a leaf is not a tensor
 *
 * @example
 * ```ts
 * import { add, mapTree, tensor } from "etalon/tensor";
 * const params = { kernel: tensor([1, 2]), bias: [tensor(3)] };
 * const step = { kernel: tensor([10, 20]), bias: [tensor(30)] };
 * mapTree(params, (w, d) => add(w, d!), step).kernel.values; // => [11, 22]
 * mapTree(params, (w) => w, { kernel: tensor([1, 2]) }); // throws RangeError: mapTree: expected a tree with kernel, bias, got kernel
 * ```
 */
export function mapTree<Tree>(tree: Tree, f: (leaf: Tensor, ...others: readonly Tensor[]) => Tensor, ...others: readonly unknown[]): Tree {
  const visit = (node: unknown, rest: readonly unknown[], path: string): unknown => {
    if (node instanceof Tensor) {
      const stranger = rest.find((other) => !(other instanceof Tensor));
      if (stranger !== undefined || rest.includes(undefined)) throw wrongKind("mapTree", `a Tensor at ${path || "the root"}`, show(stranger));
      return f(node, ...(rest as readonly Tensor[]));
    }
    if (!isBranch(node)) throw wrongKind("mapTree", `a Tensor, an array or a plain object at ${path || "the root"}`, show(node));
    const names = Object.keys(node);
    for (const other of rest) {
      const got = isBranch(other) && Array.isArray(other) === Array.isArray(node) ? Object.keys(other) : [];
      if (got.length !== names.length || names.some((name) => !got.includes(name))) {
        throw wrongValue("mapTree", `a tree with ${names.join(", ") || "no branches"}${path && ` at ${path}`}`, got.join(", ") || show(other));
      }
    }
    const child = (name: string): unknown =>
      visit(node[name], rest.map((other) => (other as Readonly<Record<string, unknown>>)[name]), path ? `${path}.${name}` : name);
    return Array.isArray(node) ? node.map((_, i) => child(String(i))) : Object.fromEntries(names.map((name) => [name, child(name)]));
  };
  return visit(tree, others, "") as Tree;
}

/**
 * Every tensor of a tree with the dotted path that leads to it, in the order of the fields.
 *
 * @example
 * ```ts
 * import { leavesOf, tensor } from "etalon/tensor";
 * leavesOf({ out: { weight: tensor([1]), bias: tensor([2]) } }).map(([path]) => path); // => ["out.weight", "out.bias"]
 * ```
 */
export function leavesOf(tree: unknown): readonly (readonly [path: string, leaf: Tensor])[] {
  const visit = (node: unknown, path: string): (readonly [string, Tensor])[] => {
    if (node instanceof Tensor) return [[path, node]];
    if (!isBranch(node)) throw wrongKind("leavesOf", `a Tensor, an array or a plain object at ${path || "the root"}`, show(node));
    return Object.entries(node).flatMap(([name, child]) => visit(child, path ? `${path}.${name}` : name));
  };
  return visit(tree, "");
}

/**
 * Every array, plain object and typed array of a value copied, so that who gets it can change nothing elsewhere; tensors stay as they are.
 *
 * @internal
 */
export function deepCopy<T>(value: T): T {
  const copies = new Map<unknown, unknown>();
  const copy = (part: unknown): unknown => {
    if (copies.has(part)) return copies.get(part);
    if (ArrayBuffer.isView(part)) return (part as Float64Array).slice();
    if (!isBranch(part)) return part;
    const fresh: unknown[] | Record<string, unknown> = Array.isArray(part) ? [] : {};
    copies.set(part, fresh);
    return Object.assign(fresh, Object.fromEntries(Object.entries(part).map(([name, child]) => [name, copy(child)])));
  };
  return copy(value) as T;
}

/** Freezes every array and plain object of a constant, so that nobody can change it for everyone. @internal */
export function deepFreeze<T>(value: T): T {
  if (isBranch(value) && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}
