import { describe, expect, it } from "vitest";
import type { Judgement } from "../../src/oracle/judgement.ts";
import { newTally } from "../../src/oracle/tally.ts";

const right = (ratio: number): Judgement => ({ faults: [], ratios: { output: ratio, "gradient of input": ratio / 2 }, missing: [] });
const wrong = (kind: "value" | "died" | "hung" | "flooded" | "garbled"): Judgement => ({ faults: [{ kind, where: "answer", message: "no" }], ratios: {}, missing: ["gradient of bias"] });
const counted = (...judgements: readonly Judgement[]) => {
  const tally = newTally();
  judgements.forEach(tally.count);
  return tally;
};

describe("the tally of a tier", () => {
  it("begins with nothing", () => {
    expect(newTally().report("structure")).toEqual({ tier: "structure", cases: 0, failed: 0, skipped: {}, missing: {}, worst: { ratio: 0, where: "" } });
  });

  it("keeps the worst ratio of all, and where it was", () => {
    expect(counted(right(0.25), right(0.75), right(0.5)).report("rounding")).toMatchObject({ cases: 3, failed: 0, worst: { ratio: 0.75, where: "output" } });
  });

  it("counts refusals by their reason, and not as cases", () => {
    const refusal = (skipped: string): Judgement => ({ faults: [], ratios: {}, missing: [], skipped });
    expect(counted(refusal("a"), refusal("b"), refusal("a"), right(0)).report("structure")).toMatchObject({ cases: 1, skipped: { a: 2, b: 1 } });
  });

  it("counts an answer with nothing in it as a refusal", () => {
    expect(counted({ faults: [], ratios: {}, missing: ["output"] }).report("structure")).toMatchObject({ cases: 0, missing: {}, skipped: { "answered with no output at all": 1 } });
  });

  it("says where fewer than half of what was wanted was answered, for what was refused", () => {
    const few = (wanted: number, ...judgements: readonly Judgement[]) => {
      const tally = newTally(wanted);
      judgements.forEach(tally.count);
      return tally.report("structure").few;
    };
    const refusal: Judgement = { faults: [], ratios: {}, missing: [], skipped: "a" };
    expect(few(3, right(0), refusal, refusal)).toEqual({ wanted: 3, asked: 3 });
    expect([few(2, right(0), refusal), few(3, right(0))]).toEqual([undefined, undefined]);
  });

  it("counts what was left out, by name", () => {
    expect(counted({ faults: [], ratios: { output: 0 }, missing: ["gradient of input"] }, wrong("value")).report("structure").missing).toEqual({ "gradient of input": 1, "gradient of bias": 1 });
  });

  it("counts the laws that were tried, by name, whether they held or not", () => {
    const tried = counted({ ...right(0), law: "again" }, { ...right(0), law: "moved" }, { ...wrong("value"), law: "again" }, wrong("died"), right(0));
    expect(tried.report("laws").laws).toEqual({ again: 2, moved: 1 });
    expect(counted(right(0)).report("laws")).not.toHaveProperty("laws");
  });

  it("counts cases that prove nothing, if they are right", () => {
    expect(counted({ ...right(0), vacuous: true }, { ...wrong("value"), vacuous: true }, right(0)).report("structure")).toMatchObject({ cases: 3, failed: 1, vacuous: 1 });
    expect(counted({ ...wrong("value"), vacuous: true }).report("structure")).not.toHaveProperty("vacuous");
  });

  it("counts faults and deaths: what died, hung or flooded costs a restart, what was garbled does not", () => {
    const tally = counted(wrong("value"), wrong("died"), wrong("hung"), wrong("flooded"), wrong("garbled"), right(0));
    expect([tally.cases(), tally.report("structure").failed, tally.deaths()]).toEqual([6, 5, 3]);
  });
});
