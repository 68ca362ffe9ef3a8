/**
 * The readable part of the project, as code that runs: the `ts` blocks of the pages and of the doc comments.
 *
 * In a block, `expression; // => value` compares and `expression; // throws RangeError: text` wants an error that begins so.
 * Numbers are compared to nine significant digits, tensors and typed arrays by their values. A block opened with
 * "ts nocheck: reason" is neither run nor type-checked.
 */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { expect } from "vitest";
import { Tensor } from "../../src/tensor/tensor.ts";
import { hostOver } from "./parsed.ts";

/** One fenced block of TypeScript, and the line of its opening fence. */
export interface Block {
  readonly path: string;
  readonly line: number;
  readonly code: string;
}

/** The repository's own folder, with a slash at its end. */
export const root: string = fileURLToPath(new URL("../../", import.meta.url));

export const read = (path: string): string => readFileSync(root + path, "utf8");

/** The paths of all files below a folder that end so, sorted; none where there is no such folder. */
export const list = (folder: string, end: string): readonly string[] =>
  existsSync(root + folder)
    ? readdirSync(root + folder, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(end)).sort().map((path) => `${folder}/${path}`)
    : [];

/** Every file whose blocks run. */
export const pages: readonly string[] = ["README.md", ...list("docs", ".md")].filter((path) => existsSync(root + path));
export const sources: readonly string[] = list("src", ".ts");

/** The text of a page, or of a source file without the stars that open the lines of its comments. */
const prose = (path: string, text: string): string => (path.endsWith(".ts") ? text.replace(/^[ \t]*\*(?!\/) ?/gm, "") : text);

const lineAt = (text: string, position: number): number => text.slice(0, position).split("\n").length;

interface Fence extends Block {
  /** What stands after the opening backticks. */
  readonly info: string;
}

function fencesOf(path: string, text: string): readonly Fence[] {
  const inner = prose(path, text);
  return [...inner.matchAll(/^([ \t]*)```([^\n`]*)\n([^]*?)^\1```/gm)].map((match) => ({
    path, line: lineAt(inner, match.index), info: match[2]!.trim(), code: match[3]!,
  }));
}

/** The blocks of a file that run. */
export const blocksOf = (path: string, text: string): readonly Block[] => fencesOf(path, text).filter(({ info }) => info === "ts");

/** Fences by which code would slip past the checks: another spelling of ts, or "nocheck" without a reason. */
export const uncheckedFences = (path: string, text: string): readonly string[] =>
  fencesOf(path, text)
    .filter(({ info }) => /^(tsx?|js|jsx|mjs|mts|typescript|javascript)\b/i.test(info) && info !== "ts" && !/^ts nocheck: \S{3,}/.test(info))
    .map(({ line, info }) => `${path}:${line} ${info}`);

/** Runs a block; what it claims wrongly is reported with file and line. */
export async function runBlock(block: Block): Promise<void> {
  const { code, imports } = await compile(block);
  const modules = new Map(await Promise.all(imports.map(async (name) => [name, await load(name)] as const)));
  const AsyncFunction = (async () => {}).constructor as new (...text: string[]) => (...values: unknown[]) => Promise<void>;
  await new AsyncFunction("require", "exports", "$gives", "$throws", code)((name: string) => modules.get(name), {}, gives, throws);
}

/** A module by the name under which a user imports it, taken from the sources. */
function load(name: string): Promise<unknown> {
  const { name: self, exports: entries } = JSON.parse(read("package.json")) as { name: string; exports: Record<string, { default?: string }> };
  if (name !== self && !name.startsWith(`${self}/`)) return import(/* @vite-ignore */ name);
  const target = entries[`.${name.slice(self.length)}`]?.default;
  if (target === undefined) throw new Error(`the package has no entry point ${name}`);
  return import(/* @vite-ignore */ root + target.replace("./dist/", "src/").replace(/\.js$/, ".ts"));
}

const mark = /^[ \t]*\/\/ (=>|throws) (.*)$/;

/**
 * The block as JavaScript: every marked statement becomes a call of `$gives` or `$throws`, every import a `require`, a default export an
 * assignment. Types are taken out by what vitest itself takes them out with, which takes a hundredth of the compiler's time.
 */
async function compile({ path, line, code }: Block): Promise<{ readonly code: string; readonly imports: readonly string[] }> {
  const file = ts.createSourceFile("block.ts", code, ts.ScriptTarget.Latest, true);
  const pieces: string[] = [];
  const imports: string[] = [];
  let marks = 0;
  let end = 0;
  const replace = (statement: ts.Statement, text: string): void => {
    pieces.push(code.slice(end, statement.getStart()), text);
    end = statement.end;
  };
  for (const statement of file.statements) {
    if (ts.isImportDeclaration(statement)) {
      const module = (statement.moduleSpecifier as ts.StringLiteral).text;
      const bindings = bindingsOf(statement, `require(${JSON.stringify(module)})`);
      if (bindings.length > 0) imports.push(module);
      replace(statement, bindings.join(" "));
    } else if (ts.isExportAssignment(statement)) replace(statement, `exports.default = ${statement.expression.getText()};`);
    const [, kind, claim] = mark.exec(code.slice(statement.end).split("\n", 1)[0]!) ?? [];
    if (kind === undefined || !ts.isExpressionStatement(statement)) continue;
    const place = JSON.stringify(`${path}:${line + lineAt(code, statement.end)}`);
    const expression = statement.expression.getText();
    replace(statement, kind === "=>"
      ? `await $gives(${place}, async () => (${expression}), () => (${claim}), ${JSON.stringify(claim)});`
      : `await $throws(${place}, async () => (${expression}), ${JSON.stringify(claim)});`);
    marks++;
  }
  const written = code.match(/\/\/ (=>|throws) /g)?.length ?? 0;
  if (written !== marks) throw new Error(`${path}:${line}: ${written - marks} marks stand behind no expression statement that ends on their line`);
  const { transformWithOxc } = await import("vite");
  return { code: (await transformWithOxc(pieces.join("") + code.slice(end), "block.ts", { target: "es2023", sourcemap: false })).code, imports };
}

/** What an import binds, taken from a module; nothing where it imports types alone. */
function bindingsOf({ importClause }: ts.ImportDeclaration, module: string): readonly string[] {
  if (importClause === undefined || importClause.phaseModifier === ts.SyntaxKind.TypeKeyword) return [];
  const { name, namedBindings: named } = importClause;
  const parts = named === undefined || ts.isNamespaceImport(named) ? []
    : named.elements.filter(({ isTypeOnly }) => !isTypeOnly).map((each) => `${each.propertyName?.text ?? each.name.text}: ${each.name.text}`);
  return [
    ...(name === undefined ? [] : [`const ${name.text} = ${module}.default;`]),
    ...(named !== undefined && ts.isNamespaceImport(named) ? [`const ${named.name.text} = ${module};`] : []),
    ...(parts.length > 0 ? [`const { ${parts.join(", ")} } = ${module};`] : []),
  ];
}

async function gives(place: string, got: () => Promise<unknown>, wanted: () => unknown, claim: string): Promise<void> {
  const signedZeros = /-0(?![.\d])/.test(claim);
  expect(plain(await got(), signedZeros), place).toStrictEqual(plain(wanted(), signedZeros));
}

async function throws(place: string, got: () => Promise<unknown>, claim: string): Promise<void> {
  const outcome = await got().then(() => "nothing was thrown", String);
  expect(outcome.slice(0, claim.length), place).toBe(claim);
}

/** Numbers to nine digits, tensors and typed arrays opened up. Zeros lose their sign, unless the claim itself shows one. */
function plain(value: unknown, signedZeros: boolean): unknown {
  const inner = (part: unknown): unknown => plain(part, signedZeros);
  if (value === 0) return signedZeros ? value : 0;
  if (typeof value === "number") return Number(value.toPrecision(9));
  if (value instanceof Tensor) return { tensor: value.shape, values: inner(value.values) };
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<number>, inner);
  if (Array.isArray(value)) return value.map(inner);
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, inner(part)]));
}

/** The complaints of the compiler about all blocks, under the project's own settings; empty where there are none. */
export function typeErrors(blocks: readonly Block[]): string {
  const { config } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile);
  const options = { ...ts.parseJsonConfigFileContent(config, ts.sys, root).options, noUnusedLocals: false };
  const texts = new Map(blocks.map(({ path, line, code }) => [`${root}${path}.${line}.ts`, `${"\n".repeat(line)}${code}\nexport {};`]));
  const program = ts.createProgram([...texts.keys()], options, hostOver(options, (name) => texts.get(name)));
  const complaints = [...texts.keys()].flatMap((name) => {
    const file = program.getSourceFile(name)!;
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
  });
  return complaints.map(({ file, start, messageText }) => {
    const where = `${file!.fileName.slice(root.length).replace(/\.\d+\.ts$/, "")}:${lineAt(file!.text, start!)}`;
    return `${where} ${ts.flattenDiagnosticMessageText(messageText, "\n")}`;
  }).join("\n");
}

/** Relative links and pictures of a page that lead nowhere, and headings that are not there. */
export function deadLinks(path: string, text: string): readonly string[] {
  const withoutCode = text.replace(/^([ \t]*)```[^]*?^\1```/gm, (code) => code.replace(/[^\n]/g, "")).replace(/`[^`\n]*`/g, "");
  const targets = [...withoutCode.matchAll(/\]\(<?([^)\s>]+)>?[^)]*\)|\b(?:src|href)="([^"]+)"|^\[[^\]]+\]: (\S+)/gm)];
  return targets.flatMap((match) => {
    const target = (match[1] ?? match[2] ?? match[3])!;
    if (/^[a-z]+:/i.test(target)) return [];
    const [file, heading] = target.split("#") as [string, string?];
    const place = `${path}:${lineAt(withoutCode, match.index)} ${target}`;
    const url = new URL(file || path.split("/").at(-1)!, `file://${root}${path}`);
    const found = fileURLToPath(url);
    if (!found.startsWith(root) || !existsSync(found)) return [`${place}: no such file`];
    return heading === undefined || !found.endsWith(".md") || headingsOf(readFileSync(found, "utf8")).includes(heading) ? [] : [`${place}: no such heading`];
  });
}

/** The anchors that a page's headings have on GitHub. */
const headingsOf = (text: string): readonly string[] =>
  [...text.matchAll(/^#+ (.+)$/gm)].map((match) => match[1]!.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, "").trim().replace(/\s/g, "-"));
