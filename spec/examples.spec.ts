import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { decodePng } from "../examples/support/png.ts";
import type { Example } from "../examples/support/show.ts";
import { list, read, root } from "./support/documents.ts";
import { atLength, everything } from "./support/runs.ts";

// Examples import the package by its name; their own loader leads it to the sources.
const { loadExamples } = (await import(/* @vite-ignore */ `${root}examples/support/load.js`)) as {
  loadExamples: () => Promise<Readonly<Record<string, Example>>>;
};
const { shownOf, withShown } = (await import(/* @vite-ignore */ `${root}examples/support/page.js`)) as {
  shownOf: (page: string, name: string) => readonly string[] | undefined;
  withShown: (page: string, name: string, lines: readonly string[]) => string;
};
const examples = await loadExamples();

/** Examples that train longest are run, shortened, in the full test, and whole only where everything is run; `npm run pictures` runs them too. */
const longest = [
  "recall", "gru-against-lstm", "recurrent-table", "weather", "names", "missing-letter", "number-words", "melody",
  "cat", "digits", "dropout-and-pooling", "cnn-against-rnn", "training-table",
];
const folder = "docs/pictures";
const page = read("docs/examples.md");

/** SVG as its text. PNG as its size and a digest of its pixels, because versions of zlib may compress them to different bytes. */
function contentOf(file: string, content: Uint8Array | string): string {
  if (!file.endsWith(".png")) return String(content);
  const { width, height, channels, samples } = decodePng(content as Uint8Array);
  return `${width}×${height}×${channels} ${createHash("sha256").update(samples).digest("hex")}`;
}

/** What does not depend on how long something was trained: a line without its numbers, the title of a drawing or the size of a picture. */
const wording = (line: string): string => line.replace(/-?[\d.]+/g, "#").replace(/ +/g, " ");
const kindOf = (content: string): string => /<title>.*<\/title>|^\d\S+/.exec(content)![0];

const drawn = new Set<string>();

describe.each(Object.entries(examples))("the example %s", (name, { long = false, run, summary }) => {
  const whole = !long || everything || (atLength && !longest.includes(name));
  const lines: string[] = [];
  const pictures = new Map<string, Uint8Array | string>();

  const here = atLength || everything || !longest.includes(name);

  it.runIf(here)(`runs${whole ? "" : ", shortened"}, and draws pictures that are kept and shown`, () => {
    run({ print: (line) => void lines.push(line), picture: (file, content) => void pictures.set(file, content) }, !whole);
    expect(pictures.size).toBeGreaterThan(0);
    for (const file of pictures.keys()) {
      drawn.add(file);
      expect(existsSync(`${root}${folder}/${file}`), file).toBe(true);
      expect(page).toMatch(new RegExp(`!\\[[^\\]]{20,}\\]\\(pictures/${file.replace(".", "\\.")}\\)`));
    }
    expect(lines.join("\n")).not.toMatch(/NaN|undefined|Infinity/);
    expect(summary).toMatch(/^[A-Z].{20,130}\.$/);
  });

  it.runIf(here)(`prints ${whole ? "what its page shows" : "a shorter form of what its page shows"}`, () => {
    const shown = shownOf(page, name)!;
    if (whole) expect(lines).toEqual(shown);
    else expect(lines.map(wording).filter((line) => !shown.map(wording).includes(line))).toEqual([]);
  });

  it.runIf(here)(whole ? "draws the pictures that are kept" : "draws pictures of the same kinds", () => {
    for (const [file, content] of pictures) {
      const kept = contentOf(file, readFileSync(`${root}${folder}/${file}`));
      if (whole) expect(contentOf(file, content), file).toEqual(kept);
      else expect(kindOf(contentOf(file, content)), file).toBe(kindOf(kept));
    }
  });
});

describe("the examples", () => {
  it("are all in the table of contents", () => {
    const files = readdirSync(`${root}examples`).filter((file) => file.endsWith(".ts")).map((file) => file.replace(".ts", ""));
    expect(Object.keys(examples).sort()).toEqual(files.sort());
  });

  it("leave their own lines on the page, and nothing else", () => {
    const old = "# One\n```sh\nnpm run example a\n```\n\n```text\nx $1\n```\n# Two\n```sh\nnpm run example b\n```\nwords\n```text\ny\nz\n```\n";
    expect(shownOf(old, "b")).toEqual(["y", "z"]);
    expect(withShown(old, "a", ["$&", "2"])).toBe(old.replace("x $1", () => "$&\n2"));
    expect(shownOf(old, "c")).toBeUndefined();
  });

  it.runIf(atLength || everything)("have drawn all pictures that are kept", () => {
    expect(readdirSync(root + folder).filter((file) => !drawn.has(file))).toEqual([]);
  });

  it("are programs of at most 80 lines that import the package by its name", () => {
    for (const path of list("examples", ".ts").filter((each) => /^examples\/[\w-]+\.ts$/.test(each))) {
      const text = read(path);
      expect(text.trimEnd().split("\n").length, path).toBeLessThanOrEqual(80);
      expect(text, path).toContain('from "etalon/');
      expect(text, path).not.toContain("../src");
    }
  });

  it.runIf(atLength)("are listed by the command for a name that is none, with exit code 2, and without a name", () => {
    for (const words of [["constructor"], []]) {
      const { status, stdout, stderr } = spawnSync(process.execPath, ["examples/run.js", ...words], { cwd: root, encoding: "utf8" });
      const listed = stdout.trimEnd().split("\n").map((line) => line.replace(/ +/g, " "));
      expect(listed).toEqual(Object.entries(examples).map(([name, { summary }]) => `npm run example ${name} ${summary}`));
      expect([status, stderr]).toEqual(words.length === 0 ? [0, ""] : [2, "no example and no option: constructor\n\n"]);
    }
  });
});
