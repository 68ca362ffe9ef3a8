/** What the specifications of the command line share: the program translated to a folder of its own, and child processes of it. */
import { spawn, spawnSync } from "node:child_process";
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root: string = fileURLToPath(new URL("../../", import.meta.url));

export const candidates: string = join(root, "examples/candidates");

export interface Build {
  /** The folder that takes the place of dist. */
  readonly dist: string;
  /** The command's own file. */
  readonly etalon: string;
}

/**
 * Every source as JavaScript, types unchecked (the compiler's run does that), below the clone so that its packages are found. The folder
 * is named after what it was made of: specs that run at the same time share it, and changed sources get another one. Types are taken out by
 * what vitest itself takes them out with, which takes a hundredth of the compiler's time.
 */
export async function build(): Promise<Build> {
  const sources = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts")).sort();
  const texts = [join(root, "package.json"), ...sources.map((path) => join(root, "src", path))].map((path) => readFileSync(path, "utf8"));
  const name = createHash("sha256").update(JSON.stringify([sources, texts])).digest("hex").slice(0, 16);
  const folder = join(root, ".build/cli", name);
  if (!existsSync(folder)) {
    mkdirSync(dirname(folder), { recursive: true });
    const fresh = mkdtempSync(`${folder}-`);
    const { transformWithOxc } = await import("vite");
    const typescript = { rewriteImportExtensions: "rewrite", onlyRemoveTypeImports: true } as const;
    for (const [i, path] of sources.entries()) {
      const target = join(fresh, "dist", path.replace(/\.ts$/, ".js"));
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, (await transformWithOxc(texts[i + 1]!, path, { target: "es2023", typescript, sourcemap: false })).code);
    }
    copyFileSync(join(root, "package.json"), join(fresh, "package.json"));
    try {
      renameSync(fresh, folder);
    } catch {
      rmSync(fresh, { recursive: true, force: true }); // another spec was faster
    }
  }
  return { dist: join(folder, "dist"), etalon: join(folder, "dist/cli/etalon.js") };
}

export interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the command to its end. */
export function etalon(built: Build, words: readonly string[], input: string | Buffer = ""): Outcome {
  const { status, stdout, stderr } = spawnSync(process.execPath, [built.etalon, ...words], {
    cwd: root, input, encoding: "utf8", maxBuffer: 2 ** 30, env: { ...process.env, npm_lifecycle_event: "" },
  });
  return { code: status, out: stdout, err: stderr };
}

/** Starts the command and lets it run. */
export const start = (built: Build, words: readonly string[]): ChildProcessWithoutNullStreams =>
  spawn(process.execPath, [built.etalon, ...words], { cwd: root });

/** Whether there is a Python to run the candidates that are written in it. */
export const hasPython: boolean = spawnSync("python3", ["--version"]).status === 0;

/** Said by every test that needs Python where there is none. */
export const withoutPython = "did not run: there is no python3 here";

/** The processes whose command line holds a text. */
export const processesWith = (text: string): readonly string[] =>
  spawnSync("ps", ["-eo", "pid,args"], { encoding: "utf8" }).stdout.split("\n").filter((line) => line.includes(text) && !line.includes("ps -eo"));
