import { describe, expect, it } from "vitest";
import { atLength } from "../support/runs.ts";
import { findPython } from "./pytorch.ts";
import { askNetworks, farthest, recordedNetworks } from "./recurrent-networks.ts";
import type { Network } from "./recurrent-networks.ts";

const cells = ["tanh", "relu", "lstm", "gru"] as const;

/** Nine steps through three layers, forward and back; sums differ in their order alone. The worst of 2000 networks was off by 2.4e-15. */
const inDouble = 1e-13;
/** The same with states and gradients of every step stored in float32. The worst of 2000 networks was off by 6e-7. */
const inSingle = 2 ** -18;

function expectSame(networks: readonly Network[]): { readonly double: number; readonly single: number } {
  const worst = (wide: boolean, bound: number): number => {
    const found = networks.map((network) => ({ ...farthest(network, wide), network }));
    expect(found.filter(({ error }) => !(error <= bound)).map(({ where, network }) => `${where} in ${JSON.stringify(network)}`)).toEqual([]);
    return Math.max(...found.map(({ error }) => error));
  };
  return { double: worst(true, inDouble), single: worst(false, inSingle) };
}

const hasState = ({ state }: Network): boolean => Object.values(state).some(({ values }) => values.some((value) => value !== 0));

const features = (networks: readonly Network[]): Readonly<Record<string, number>> => {
  const share = (has: (network: Network) => boolean): number => networks.filter(has).length / networks.length;
  return {
    "one layer": share(({ layers }) => layers === 1), "two layers": share(({ layers }) => layers === 2), "three layers": share(({ layers }) => layers === 3),
    "two directions": share(({ ways }) => ways.length === 2), lengths: share(({ lengths }) => lengths !== undefined),
    "lengths that differ": share(({ lengths = [] }) => new Set(lengths).size > 1), "several samples": share(({ input }) => input.shape[1]! > 1),
    "a first state": share(hasState),
  };
};

const rare = (networks: readonly Network[], least: number): readonly string[] =>
  Object.entries(features(networks)).filter(([, share]) => share < least).map(([feature]) => feature);

describe("recurrent networks of one to three layers, as PyTorch once computed them in float64", () => {
  const sample = recordedNetworks();

  it("are of every kind", () => {
    const kinds = sample.map(({ cell, layers, ways }) => `${cell} ${layers} ${ways.length}`);
    expect([...new Set(kinds)].sort()).toEqual(cells.flatMap((cell) => [1, 2, 3].flatMap((layers) => [1, 2].map((ways) => `${cell} ${layers} ${ways}`))).sort());
    expect(rare(sample, 0.1)).toEqual([]);
  });

  for (const cell of cells) {
    it(`${cell}: outputs, last states and all gradients are the same`, () => {
      expectSame(sample.filter((network) => network.cell === cell));
    });
  }

  it("a change of one weight, of one length or of the order of two states would be noticed", () => {
    const one = sample.find((network) => network.cell !== "relu" && network.lengths !== undefined && hasState(network) && network.ways.length === 2)!;
    const first = Object.keys(one.params)[0]!;
    const [weight, ...weights] = one.params[first]!.values as [number, ...number[]];
    const [state, other] = Object.keys(one.state) as [string, string];
    const changed: readonly Partial<Network>[] = [
      { params: { ...one.params, [first]: { ...one.params[first]!, values: [weight + 2 ** -12, ...weights] } } },
      { lengths: one.lengths!.map((length) => (length === Math.max(...one.lengths!) ? length - 1 : length)) },
      { state: { ...one.state, [state]: one.state[other]!, [other]: one.state[state]! } },
    ];
    for (const change of changed) expect(farthest({ ...one, ...change }, true).error).toBeGreaterThan(inDouble);
  });
});

const python = atLength ? findPython() : undefined;

describe.runIf(python !== undefined)("recurrent networks, asked of PyTorch now (where it is installed; in the full run)", () => {
  it("outputs, last states and all gradients of 600 random networks are the same", ({ annotate }) => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const networks = askNetworks(python!, seed, 600);
    expect(rare(networks, 0.2)).toEqual([]);
    for (const cell of cells) {
      const own = networks.filter((network) => network.cell === cell);
      const { double, single } = expectSame(own);
      void annotate(`${cell}: ${own.length} networks, worst ${double.toExponential(1)}, in float32 ${single.toExponential(1)}; seed ${seed}`);
    }
  });
});
