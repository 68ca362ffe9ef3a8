import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { firstNames } from "../../examples/support/names.ts";
import { decodePng } from "../../examples/support/png.ts";
import { soundOf, tunes } from "../../examples/support/tunes.ts";
import { temperatures } from "../../examples/support/weather.ts";
import { read, root } from "../support/documents.ts";

const folder = `${root}examples/data/`;
const files = readdirSync(folder).filter((name) => name !== "README.md").sort();

it("every file of data is listed with its terms and checksum, and nothing else is", () => {
  const rows = read("examples/data/README.md").matchAll(/^\| (\S+\.\w+) \| .{10,} \| (?:CC0|CC BY 4\.0|\S.*) \| ([0-9a-f]{64}) \|$/gm);
  const listed = Array.from(rows, ([, name, sum]) => [name!, sum!]);
  const there = files.map((name) => [name, createHash("sha256").update(readFileSync(folder + name)).digest("hex")]);
  expect(listed.sort(([a], [b]) => a!.localeCompare(b!))).toEqual(there.sort(([a], [b]) => a!.localeCompare(b!)));
});

it("the digits are 1797 rows of 64 counts from 0 to 16 and a digit, about as many of each", () => {
  const rows = gunzipSync(readFileSync(`${folder}digits.csv.gz`)).toString("latin1").trim().split("\n").map((line) => line.split(",").map(Number));
  expect(rows.length).toBe(1797);
  expect(new Set(rows.map((row) => row.length))).toEqual(new Set([65]));
  expect(new Set(rows.flatMap((row) => row.slice(0, 64)))).toEqual(new Set(Array.from({ length: 17 }, (_, count) => count)));
  const counts = Array.from({ length: 10 }, (_, digit) => rows.filter((row) => row[64] === digit).length);
  expect(counts).toEqual([178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);
});

it("the photographs are grey", () => {
  const sizes = files.filter((name) => name.endsWith(".png")).map((name) => {
    const { width, height, channels } = decodePng(readFileSync(folder + name));
    return [name, channels, width, height];
  });
  expect(sizes).toEqual([
    ["brick.png", 1, 128, 128], ["camera.png", 1, 128, 128], ["cat.png", 1, 150, 100],
    ["coffee.png", 1, 150, 100], ["grass.png", 1, 128, 128], ["gravel.png", 1, 128, 128],
  ]);
});

it("the temperatures are those of every day of four years", () => {
  const days = temperatures();
  const years = [2012, 2013, 2014, 2015].map((year) => days.filter((day) => day.year === year));
  expect(years.map(({ length }) => length)).toEqual([366, 365, 365, 365]);
  expect(years.map((year) => year.reduce((sum, { highest }) => sum + highest, 0) / year.length)).toEqual([15.28, 16.06, 17.0, 17.43].map((mean) => expect.closeTo(mean, 2)));
  expect(days[0]).toEqual({ year: 2012, season: 0, highest: 12.8 });
  expect(days.every(({ highest, season }) => highest > -2 && highest < 36 && season < 1)).toBe(true);
});

it("the names are 8422 different ones in small letters, a few with hyphens, in alphabetical order", () => {
  const names = firstNames().map((name) => name.join(""));
  expect(names.length).toBe(8422);
  expect(names.filter((name) => !/^[a-z]+(-[a-z]+)?$/.test(name))).toEqual([]);
  expect(names.filter((name) => name.includes("-")).length).toBe(19);
  expect(names).toEqual([...new Set(names)].sort());
});

it("the tunes have full bars, but for an upbeat and the bars that make up for it, and end on the keynote", () => {
  const lengths = read("examples/data/tunes.txt").trim().split("\n\n").map((block) => {
    const [title, metre, notes] = block.split("\n") as [string, string, string];
    const full = metre === "6/8" ? 6 : 8;
    const bars = notes.split(" | ").map((bar) => bar.split(" ").reduce((sum, note) => sum + soundOf(note).length, 0));
    return [title.split(",")[0], bars.flatMap((length, bar) => (length === full ? [] : [[bar, length]]))];
  });
  expect(lengths.filter(([, strange]) => strange!.length > 0)).toEqual([["Auld lang syne", [[0, 2], [16, 6]]]]);
  expect(tunes().map(({ notes }) => notes.length)).toEqual([62, 42, 32, 44, 26, 24, 49, 27, 27, 56, 68, 53]);
  expect(new Set(tunes().map(({ notes }) => soundOf(notes.at(-1)!).pitch))).toEqual(new Set([0]));
});
