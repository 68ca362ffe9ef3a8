/**
 * A plugin of typedoc: the pages' formulas, TeX between dollars, become MathML, which browsers show without help.
 *
 * Only what the pages use is understood. Anything else ends the build, by an error that names the page.
 */

/** Kind of symbol, then pairs of what is written in TeX and what is shown. The kind decides on the space around it. */
const symbolsByKind = {
  letter: "\\delta δ \\eta η \\theta θ \\lambda λ \\sigma σ \\varepsilon ε \\partial ∂ \\infty ∞ \\top ⊤ \\prime ′",
  binary: "+ + - − * ∗ \\cdot ⋅ \\circ ∘ \\pm ± ± ±",
  relation: "= = < &lt; > &gt; : : \\ne ≠ \\le ≤ \\approx ≈ \\leftarrow ← \\mapsto ↦",
  open: "( ( [ [ \\lfloor ⌊",
  close: ") ) ] ] \\rfloor ⌋",
  bar: "| | \\| ‖ / /",
  punctuation: ", , ; ;",
  dots: "… … \\dots … \\ldots … \\cdots ⋯",
  space: "\\! -0.1667em \\, 0.1667em \\; 0.2778em \\quad 1em \\qquad 2em",
  function: "\\log log \\tanh tanh",
  limits: "\\max max \\sum ∑",
};

const symbols = new Map(Object.entries(symbolsByKind).flatMap(([kind, pairs]) =>
  [...pairs.matchAll(/(\S+) (\S+)/g)].map(([, written, shown]) => [written, { kind, shown }])));

/** \text, \mathrm and \mathrel come with what they hold; of an operator like "+=", the sign behind \mathrel too. */
const tokenPattern =
  /\\(?:text|mathrm)(?:\{[^{}]*\}|\s+[A-Za-z])|\\mathrel\{[^{}]*\}=?|\\(?:begin|end)\{\w+\}|\\[A-Za-z]+|\\.|\d+(?:\.\d+)?|\S/gu;

/** What opens a pair of tall brackets: what closes it, and how tall they are where it is not as tall as what they hold. */
const pairs = new Map([["\\left", ["\\right", ""]], ["\\bigl", ["\\bigr", "1.2em"]], ["\\Bigl", ["\\Bigr", "1.8em"]]]);

const thinSpace = '<mspace width="0.1667em"/>';
const escaped = (text) => text.replace(/[&<>]/g, (character) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[character]);

/** The MathML of a TeX formula, set in a paragraph of its own where it is `display`. */
export function toMathML(tex, display) {
  const tokens = [...(tex.match(tokenPattern) ?? []), "the end"];
  let position = 0;
  const next = () => tokens[position++];
  const unexpected = (wanted, token) => new SyntaxError(`formula: expected ${wanted}, got ${token} in ${tex}`);

  /** What stands before the first of some tokens, which is read too. */
  const rowUntil = (...ends) => {
    const nodes = [];
    while (!ends.includes(tokens[position])) nodes.push(withScripts(atom()));
    return { row: row(nodes), end: next() };
  };

  /** One symbol, or a group in braces. */
  const argument = () => atom().markup;

  const bracketed = ([closing, height]) => {
    const size = height === "" ? "" : ` minsize="${height}" maxsize="${height}"`;
    const bracket = (form) => {
      const token = next();
      if (!["open", "close", "bar"].includes(symbols.get(token)?.kind)) throw unexpected("a bracket", token);
      return `<mo form="${form}" stretchy="true"${size}>${symbols.get(token).shown}</mo>`;
    };
    return `<mrow>${bracket("prefix")}${rowUntil(closing).row}${bracket("postfix")}</mrow>`;
  };

  const cases = () => {
    const rows = [[]];
    for (let end = ""; end !== "\\end{cases}";) {
      const cell = rowUntil("&", "\\\\", "\\end{cases}");
      rows.at(-1).push(`<mtd style="text-align: left">${cell.row}</mtd>`);
      end = cell.end;
      if (end === "\\\\") rows.push([]);
    }
    return `<mrow><mo>{</mo><mtable>${rows.map((cells) => `<mtr>${cells.join("")}</mtr>`).join("")}</mtable></mrow>`;
  };

  const atom = () => {
    const token = next();
    const [, command, held] = /^\\(text|mathrm|mathrel)(?:\{|\s+)([^{}]+)/.exec(token) ?? [];
    const ordinary = (markup) => ({ kind: "letter", markup });
    if (command === "text") return ordinary(`<mtext>${escaped(held).replace(/^ | $/g, "\u00a0")}</mtext>`);
    if (command === "mathrm") return ordinary(`<mi mathvariant="normal">${escaped(held)}</mi>`);
    if (command === "mathrel") return { kind: "relation", markup: `<mo>${escaped(held + (token.endsWith("=") ? "=" : ""))}</mo>` };
    if (symbols.has(token)) return symbolNode(symbols.get(token));
    if (pairs.has(token)) return ordinary(bracketed(pairs.get(token)));
    if (/^\p{L}$/u.test(token)) return ordinary(`<mi>${token}</mi>`);
    if (/^[\p{N}.]+$/u.test(token)) return ordinary(`<mn>${token}</mn>`);
    switch (token) {
      case "{": return ordinary(rowUntil("}").row);
      case "\\frac": return ordinary(`<mfrac>${argument()}${argument()}</mfrac>`);
      case "\\tfrac": return ordinary(`<mstyle displaystyle="false"><mfrac>${argument()}${argument()}</mfrac></mstyle>`);
      case "\\sqrt": return ordinary(`<msqrt>${argument()}</msqrt>`);
      case "\\hat": return ordinary(`<mover accent="true">${argument()}<mo stretchy="false">^</mo></mover>`);
      case "\\tilde": return ordinary(`<mover accent="true">${argument()}<mo stretchy="false">~</mo></mover>`);
      case "\\begin{cases}": return ordinary(cases());
      default: throw unexpected("a known symbol or command", token);
    }
  };

  const withScripts = (base) => {
    const scripts = {};
    while (["_", "^"].includes(tokens[position])) {
      const mark = next();
      if (scripts[mark] !== undefined) throw unexpected(`one ${mark}`, "two");
      scripts[mark] = argument();
    }
    if (Object.keys(scripts).length === 0) return base;
    const given = Object.keys(scripts).sort().join("");
    const tags = base.kind === "limits" ? { _: "munder", "^": "mover", "^_": "munderover" } : { _: "msub", "^": "msup", "^_": "msubsup" };
    return { ...base, markup: `<${tags[given]}>${base.markup}${scripts._ ?? ""}${scripts["^"] ?? ""}</${tags[given]}>` };
  };

  return `<math${display ? ' display="block"' : ""}>${rowUntil("the end").row}</math>`;
}

function symbolNode({ kind, shown }) {
  const attributes = {
    open: ' form="prefix" stretchy="false"', close: ' form="postfix" stretchy="false"', bar: ' stretchy="false" lspace="0" rspace="0"',
    dots: ' lspace="0.1667em" rspace="0.1667em"', limits: shown === "∑" ? "" : ' movablelimits="true" lspace="0" rspace="0"',
  }[kind] ?? "";
  const isName = kind === "letter" || kind === "function";
  return { kind, markup: kind === "space" ? `<mspace width="${shown}"/>` : isName ? `<mi>${shown}</mi>` : `<mo${attributes}>${shown}</mo>` };
}

/** Nodes side by side. A sign without a left operand is a prefix; functions keep a little distance from letters. */
function row(nodes) {
  const isOrdinary = (node) => ["letter", "close", "dots"].includes(node?.kind);
  const markups = nodes.map(({ kind, markup }, i) => {
    const before = nodes.slice(0, i).findLast((node) => node.kind !== "space");
    if (kind === "binary" && !isOrdinary(before)) return markup.replace("<mo>", '<mo form="prefix">');
    if (kind !== "function") return markup;
    const after = nodes[i + 1]?.kind;
    return `${isOrdinary(nodes[i - 1]) ? thinSpace : ""}${markup}${after === "letter" || after === "function" ? thinSpace : ""}`;
  });
  return markups.length === 1 ? markups[0] : `<mrow>${markups.join("")}</mrow>`;
}

/** Teaches a markdown-it parser $…$ and $$…$$. A dollar before a space or a digit's price closes nothing; code is never looked into. */
export function addFormulas(parser, report) {
  parser.inline.ruler.before("escape", "formula", (state, silent) => {
    const pattern = /\$\$([^$`]+)\$\$|\$(?![\s$])([^$`]*[^\s$`\\])\$(?!\d)/y;
    pattern.lastIndex = state.pos;
    const match = pattern.exec(state.src);
    if (match === null) return false;
    if (!silent) {
      const [whole, displayed, inline] = match;
      const token = state.push("html_inline", "", 0);
      try {
        token.content = toMathML(displayed ?? inline, displayed !== undefined);
      } catch (error) {
        report(error.message);
        token.content = escaped(whole);
      }
    }
    state.pos += match[0].length;
    return true;
  });
}

export function load(app) {
  let page = "";
  app.renderer.on("beginPage", ({ url, model }) => { page = `${model.name} (${url})`; });
  const report = (message) => app.logger.error(`${page}: ${message}`);
  app.on("bootstrapEnd", () => app.options.setValue("markdownItLoader", (parser) => addFormulas(parser, report)));
}
