import { existsSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import type { AnyLayer } from "../src/learning/layer.ts";
import { Tensor, adopt, raw, tensor } from "../src/tensor/tensor.ts";
import { mapTree } from "../src/tensor/tree.ts";
import { read, root } from "./support/documents.ts";
import { drawFrom, trials } from "./support/exports.ts";
import type { Draw, Trial } from "./support/exports.ts";
import { examine, partsOf, snapshot } from "./support/immutability.ts";
import { runs } from "./support/runs.ts";

/** The file behind every entry point, by the entry point's name. */
const entries = Object.entries((JSON.parse(read("package.json")) as { exports: Record<string, { default?: string }> }).exports)
  .flatMap(([name, { default: target }]) =>
    name === "." || target === undefined ? [] : [[name.slice(2), target.replace("./dist/", "src/").replace(/\.js$/, ".ts")] as const])
  .filter(([, path]) => existsSync(root + path));

const isConstructor = (value: unknown): boolean => value === Tensor;

async function tryLayer(layer: AnyLayer, input: unknown, draw: Draw): Promise<void> {
  const params: unknown = await examine(layer.init, [draw.key]);
  const [output] = (await examine((...args: [unknown, unknown, never]) => layer.apply(...args)[0], [params, input, draw.key]), layer.apply(params, input, draw.key));
  const dOutput = mapTree(output as unknown, (leaf) => draw.tensor(...leaf.shape));
  await examine((p: unknown, x: unknown, dy: unknown) => layer.apply(p, x, draw.key)[1](dy), [params, input, dOutput]);
}

async function tryExport(exported: unknown, trial: Trial, draw: Draw): Promise<void> {
  let result = exported;
  if (typeof exported === "function") {
    const made = isConstructor(exported) ? (...args: never[]) => new (exported as new (...args: never[]) => unknown)(...args) : exported;
    result = await examine(made as (...args: never[]) => unknown, trial.args!, trial.lasting as never);
  } else {
    // What is not frozen could be changed for everyone.
    expect([...partsOf(exported)].filter((part) => !Object.isFrozen(part)).map((part) => Object.keys(part))).toEqual([]);
  }
  if (trial.input !== undefined) await tryLayer(result as AnyLayer, trial.input, draw);
  if (trial.then !== undefined) await examine(trial.then as (...args: never[]) => unknown, [result]);
}

for (const [chapter, path] of entries) {
  const exported = (await import(/* @vite-ignore */ root + path)) as Readonly<Record<string, unknown>>;
  describe(`what etalon/${chapter} exports`, () => {
    it("is tried without exception", () => {
      expect(Object.keys(exported).filter((name) => trials[chapter]?.[name] === undefined)).toEqual([]);
      expect(Object.keys(trials[chapter]!).filter((name) => !(name in exported))).toEqual([]);
    });
    for (const [name, trial] of Object.entries(trials[chapter]!).filter(([name]) => name in exported)) {
      test(`${name} changes nothing and gives nothing away`, () =>
        fc.assert(fc.asyncProperty(fc.integer({ min: 0, max: 2 ** 40 }), async (seed) => {
          const draw = drawFrom(seed);
          await tryExport(exported[name], trial(draw), draw);
        }), { numRuns: runs(3) }));
    }
  });
}

describe("the check of immutability", () => {
  const outcome = (f: (...args: never[]) => unknown, ...args: readonly unknown[]): Promise<string> => examine(f, args).then(() => "passes", (error: Error) => error.message);

  it("passes what makes a fresh result", async () => {
    expect(await outcome((x: number[]) => x.map((value) => 2 * value), [1, 2])).toBe("passes");
    expect(await outcome((x: Tensor) => adopt(x.shape, raw(x)), tensor([1]))).toBe("passes");
  });

  it("sees an argument that is written to, whatever it is", async () => {
    expect(await outcome((x: number[]) => { x[0] = 2; }, [1])).toContain("arguments after the call");
    expect(await outcome((x: Float32Array) => { x[0] = 2; }, new Float32Array(1))).toContain("arguments after the call");
    expect(await outcome((x: Tensor) => { raw(x)[0] = 2; }, tensor([1]))).toContain("arguments after the call");
    expect(await outcome((x: { a: { b: number } }) => { x.a.b = 2; }, { a: { b: 1 } })).toContain("arguments after the call");
    expect(await outcome((x: Tensor) => { raw(x)[0] = -0; }, tensor([0]))).toContain("arguments after the call");
  });

  it("sees a store that is handed out, itself or as a view", async () => {
    expect(await outcome((x: Tensor) => raw(x), tensor([1]))).toContain("stores within reach of the result");
    expect(await outcome((x: Tensor) => ({ part: [raw(x).subarray(0, 1)] }), tensor([1]))).toContain("stores within reach of the result");
    expect(await outcome(() => { const t = tensor([1]); return { t, data: raw(t) }; })).toContain("stores within reach of the result");
  });

  it("sees memory that argument and result share", async () => {
    expect(await outcome((x: Float32Array) => x.subarray(1), new Float32Array(2))).toContain("memory that the result shares with the arguments");
    expect(await outcome((x: { a: number[] }) => ({ b: x.a }), { a: [1] })).toContain("arguments after the result was changed");
  });

  it("sees a result that is kept, and state", async () => {
    const kept = [1, 2];
    expect(await outcome(() => kept)).toContain("the second answer");
    let count = 0;
    expect(await outcome(() => count++)).toContain("the second answer");
  });

  it("takes tensors with other numbers for different", () => {
    expect(snapshot({ a: [tensor([1])] })).not.toEqual(snapshot({ a: [tensor([2])] }));
  });
});
