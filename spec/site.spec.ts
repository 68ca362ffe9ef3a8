import { createRequire } from "node:module";
import { describe, expect, it, test } from "vitest";
import { atLength } from "./support/runs.ts";
import { list, pages, read, root, sources } from "./support/documents.ts";

/** The part of markdown-it that is used here. */
interface Parser {
  render(text: string): string;
}

interface Formulas {
  toMathML(tex: string, display: boolean): string;
  addFormulas(parser: Parser, report: (message: string) => void): void;
  load(app: unknown): void;
}

const { addFormulas, load, toMathML } = (await import(/* @vite-ignore */ `${root}docs/site/formulas.js`)) as Formulas;
const MarkdownIt = createRequire(import.meta.resolve("typedoc"))("markdown-it") as new () => Parser;

/** A text as HTML, and what was reported on the way. */
function rendered(text: string): { readonly html: string; readonly reports: readonly string[] } {
  const reports: string[] = [];
  const parser = new MarkdownIt();
  addFormulas(parser, (message) => reports.push(message));
  return { html: parser.render(text), reports };
}

/** What typedoc takes as Markdown in a file: a page whole, of a source file the doc comments. */
const markdownOf = (path: string): string => {
  const text = read(path);
  const comments = [...text.matchAll(/\/\*\*([^]*?)\*\//g)].map(([, comment]) => comment!.replace(/^[ \t]*\* ?/gm, ""));
  return path.endsWith(".ts") ? comments.join("\n\n") : text.replace(/^---\n[^]*?\n---\n/, "");
};

describe("formulas", () => {
  it.each([
    ["x", false, "<math><mi>x</mi></math>"],
    ["12.25", true, '<math display="block"><mn>12.25</mn></math>'],
    ["a < b", false, "<math><mrow><mi>a</mi><mo>&lt;</mo><mi>b</mi></mrow></math>"],
    ["x_i^2", false, "<math><msubsup><mi>x</mi><mi>i</mi><mn>2</mn></msubsup></math>"],
    ["x^2_i", false, "<math><msubsup><mi>x</mi><mi>i</mi><mn>2</mn></msubsup></math>"],
    ["\\frac{1}{\\sqrt n}", false, "<math><mfrac><mn>1</mn><msqrt><mi>n</mi></msqrt></mfrac></math>"],
    ["\\sum_i x", true, '<math display="block"><mrow><munder><mo>∑</mo><mi>i</mi></munder><mi>x</mi></mrow></math>'],
    ["\\text{a & b}", false, "<math><mtext>a &amp; b</mtext></math>"],
    ["\\mathrm d\\theta", false, '<math><mrow><mi mathvariant="normal">d</mi><mi>θ</mi></mrow></math>'],
    ["x \\mathrel{+}= y", false, "<math><mrow><mi>x</mi><mo>+=</mo><mi>y</mi></mrow></math>"],
    ["\\tilde x", false, '<math><mover accent="true"><mi>x</mi><mo stretchy="false">~</mo></mover></math>'],
    ["a - b", false, "<math><mrow><mi>a</mi><mo>−</mo><mi>b</mi></mrow></math>"],
    ["a = -b", false, '<math><mrow><mi>a</mi><mo>=</mo><mo form="prefix">−</mo><mi>b</mi></mrow></math>'],
    ["s \\log p", false, '<math><mrow><mi>s</mi><mspace width="0.1667em"/><mi>log</mi><mspace width="0.1667em"/><mi>p</mi></mrow></math>'],
    ["\\left\\lfloor a \\right\\rfloor", false,
      '<math><mrow><mo form="prefix" stretchy="true">⌊</mo><mi>a</mi><mo form="postfix" stretchy="true">⌋</mo></mrow></math>'],
    ["\\Bigl(a\\Bigr)^{\\!\\top}", false, '<math><msup><mrow><mo form="prefix" stretchy="true" minsize="1.8em" maxsize="1.8em">(</mo><mi>a</mi>'
      + '<mo form="postfix" stretchy="true" minsize="1.8em" maxsize="1.8em">)</mo></mrow><mrow><mspace width="-0.1667em"/><mi>⊤</mi></mrow></msup></math>'],
    ["\\begin{cases} 1 & x \\\\ 0 & y \\end{cases}", false, "<math><mrow><mo>{</mo><mtable>"
      + '<mtr><mtd style="text-align: left"><mn>1</mn></mtd><mtd style="text-align: left"><mi>x</mi></mtd></mtr>'
      + '<mtr><mtd style="text-align: left"><mn>0</mn></mtd><mtd style="text-align: left"><mi>y</mi></mtd></mtr></mtable></mrow></math>'],
  ])("%s", (tex, display, markup) => {
    expect(toMathML(tex, display)).toBe(markup);
  });

  it.each([
    ["a \\foo b", "formula: expected a known symbol or command, got \\foo in a \\foo b"],
    ["\\textbf{a}", "formula: expected a known symbol or command, got \\textbf in \\textbf{a}"],
    ["\\mathrm\\theta", "formula: expected a known symbol or command, got \\mathrm in \\mathrm\\theta"],
    ["\\frac{a}", "formula: expected a known symbol or command, got the end in \\frac{a}"],
    ["a }", "formula: expected a known symbol or command, got } in a }"],
    ["\\left x", "formula: expected a bracket, got x in \\left x"],
    ["\\Bigl( x", "formula: expected a known symbol or command, got the end in \\Bigl( x"],
    ["x_1_2", "formula: expected one _, got two in x_1_2"],
    ["a § b", "formula: expected a known symbol or command, got § in a § b"],
  ])("refuses %s", (tex, message) => {
    expect(() => toMathML(tex, false)).toThrow(new SyntaxError(message));
  });

  it("are found in text, and set apart between two dollars", () => {
    expect(rendered("For $x$,\n\n$$y$$").html).toBe('<p>For <math><mi>x</mi></math>,</p>\n<p><math display="block"><mi>y</mi></math></p>\n');
    expect(rendered("$$a =\nb$$").html).toContain('<math display="block"><mrow><mi>a</mi><mo>=</mo><mi>b</mi></mrow></math>');
  });

  it.each(["`$x$`", "```\n$x$\n```", "    $x$", "from $5 to $10", "US$ 5 and US$ 6", "\\$x\\$", "`$a` and `b$`", "costs $5, see `$x`"])(
    "are not seen in %j", (text) => {
      const { html, reports } = rendered(text);
      expect(html).not.toContain("<math");
      expect(html).toContain("$");
      expect(reports).toEqual([]);
    });
});

test.runIf(atLength)("every formula of the pages and doc comments is understood", () => {
  const results = [...pages, ...sources].map((path) => ({ path, ...rendered(markdownOf(path)) }));
  expect(results.flatMap(({ path, reports }) => reports.map((report) => `${path}: ${report}`))).toEqual([]);
  expect(results.filter(({ html }) => html.includes("<math")).length).toBeGreaterThan(10);
  const outsideOfCode = results.map(({ path, html }) => ({ path, text: html.replace(/<code[^]*?<\/code>/g, "") }));
  expect(outsideOfCode.filter(({ text }) => text.includes("$")).map(({ path }) => path)).toEqual([]);
});

test("what is not understood ends the build, by an error that names page and command", () => {
  const errors: string[] = [];
  const parser = new MarkdownIt();
  const handlers = new Map<string, (event: unknown) => void>();
  const on = (name: string, handler: (event: unknown) => void): void => void handlers.set(name, handler);
  const setValue = (option: string, loader: (parser: Parser) => void): void => {
    expect(option).toBe("markdownItLoader");
    loader(parser);
  };
  load({ on, renderer: { on }, options: { setValue }, logger: { error: (message: string) => errors.push(message) } });
  handlers.get("bootstrapEnd")!({});
  handlers.get("beginPage")!({ url: "documents/Softmax.html", model: { name: "Softmax" } });
  expect(parser.render("A $\\planted$ one.")).toContain("$\\planted$");
  expect(errors).toEqual(["Softmax (documents/Softmax.html): formula: expected a known symbol or command, got \\planted in \\planted"]);
});

test("every page has a title and belongs to its folder's chapter of the site", () => {
  const { typedocOptions } = JSON.parse(read("package.json")) as { typedocOptions: { groupOrder: readonly string[] } };
  const fronts = list("docs", ".md").map((path) => {
    const front = /^---\ntitle: .+\ngroup: (.+)\n---\n/.exec(read(path));
    return { folder: path.slice(0, path.lastIndexOf("/")), path, front };
  });
  expect(fronts.filter(({ front }) => front === null).map(({ path }) => path)).toEqual([]);
  const chapters = new Set(fronts.map(({ folder, front }) => `${folder}: ${front![1]!}`));
  expect(chapters.size).toBe(new Set(fronts.map(({ folder }) => folder)).size);
  expect(fronts.filter(({ front }) => !typedocOptions.groupOrder.includes(front![1]!)).map(({ path }) => path)).toEqual([]);
});
