import { describe, expect, it } from "vitest";
import { findOperation } from "../../../src/oracle/case.ts";
import { gruCell, lstmCell, simpleRnnCell } from "../../../src/oracle/variants/recurrent-cells.ts";
import { hardSigmoidOf, limit, unrolled } from "../../../src/oracle/variants/recurrent-network.ts";
import { referenceTo } from "../../../src/oracle/variants/variant.ts";
import { runs } from "../../support/runs.ts";
import { distance, drawn } from "../support.ts";

describe("a recurrent network number by number", () => {
  it.each([["simpleRnn", simpleRnnCell], ["lstm", lstmCell()], ["gru", gruCell()]] as const)("is the reference where it has no habit: %s", (name, cell) => {
    for (const one of drawn(name, "rounding", runs(12))) {
      const operation = findOperation(name);
      const [right, found] = [referenceTo(operation, one), unrolled(cell)(operation, one)!];
      for (const kind of ["outputs", "gradients"] as const) {
        expect(Object.keys(found[kind]).sort()).toEqual(Object.keys(right[kind]).sort());
        for (const [each, { shape, values }] of Object.entries(right[kind])) {
          expect(found[kind][each]!.shape).toEqual(shape);
          // The reference rounds its states to float32 at every step, and their errors grow with the steps.
          expect(distance(found[kind][each]!.values, values)).toBeLessThan(1e-3);
        }
      }
    }
  });

  it("limits, and has hard sigmoids of any slope", () => {
    const [f, slope] = hardSigmoidOf(0.25);
    expect([-3, 1, 3].map(f)).toEqual([0, 0.75, 1]);
    expect([-3, 1, 3].map(slope)).toEqual([0, 0.25, 0]);
    const [limited, passes] = limit(2);
    expect([-3, 1, 3].map(limited)).toEqual([-2, 1, 2]);
    expect([-3, -2, 1, 2, 3].map(passes)).toEqual([0, 1, 1, 1, 0]);
    expect(limit(undefined)[0](9)).toBe(9);
  });
});
