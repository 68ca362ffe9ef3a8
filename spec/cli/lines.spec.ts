import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lineReader } from "../../src/cli/lines.ts";
import { runs } from "../support/runs.ts";

/** The lines of pieces of a stream. */
function linesOf(pieces: readonly (string | Buffer)[], longest = Infinity): { readonly lines: readonly string[]; readonly floods: number } {
  const lines: string[] = [];
  let floods = 0;
  const reader = lineReader((line) => lines.push(line), () => longest, () => floods++);
  pieces.forEach((piece) => reader.push(Buffer.from(piece)));
  reader.end();
  return { lines, floods };
}

describe("the lines of a stream", () => {
  it("end with \\n or \\r\\n; the last one needs no end; blank ones count", () => {
    expect(linesOf(["one\r\ntwo\n\nthree"]).lines).toEqual(["one", "two", "", "three"]);
    expect(linesOf(["one\n"]).lines).toEqual(["one"]);
    expect(linesOf([]).lines).toEqual([]);
  });

  it("are the same whatever the pieces, characters of several bytes included", () => {
    const text = fc.array(fc.string({ unit: "grapheme", maxLength: 8 }).map((line) => line.replace(/[\r\n]/g, "")), { minLength: 1, maxLength: 6 });
    fc.assert(fc.property(text, fc.array(fc.nat(40)), fc.boolean(), (lines, cuts, windows) => {
      const bytes = Buffer.from(lines.map((line) => line + (windows ? "\r\n" : "\n")).join(""));
      const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
      const pieces = ends.map((end, i) => bytes.subarray(i === 0 ? 0 : ends[i - 1], end));
      expect(linesOf(pieces).lines).toEqual(lines);
    }), { numRuns: runs(200) });
  });

  it("come as soon as they end", () => {
    const lines: string[] = [];
    const reader = lineReader((line) => lines.push(line));
    reader.push(Buffer.from("a\nb"));
    expect(lines).toEqual(["a"]);
    reader.push(Buffer.from("c\n"));
    expect(lines).toEqual(["a", "bc"]);
  });

  it("are given up once where one of them is too long, and nothing comes after", () => {
    expect(linesOf(["ok\n", "x".repeat(8), "y".repeat(8), "z\nmore\n", "w".repeat(20)], 10)).toEqual({ lines: ["ok"], floods: 1 });
    expect(linesOf(["x".repeat(10), "\n"], 10)).toEqual({ lines: ["xxxxxxxxxx"], floods: 0 });
  });

  it("keep what they were when a buffer is cut: a long line in many pieces", () => {
    const long = "0123456789".repeat(20_000);
    const pieces = Array.from({ length: long.length / 1000 }, (_, i) => long.slice(i * 1000, (i + 1) * 1000));
    expect(linesOf([...pieces, "\nend"]).lines).toEqual([long, "end"]);
  });
});
