/**
 * The rules of the house, as a check over the syntax of the sources: which room may import which, what no file may hold, what every
 * export must say, and that no argument is ever written to.
 */
import ts from "typescript";
import { hostOver } from "./parsed.ts";

/** What each room may import from, beside itself. */
export const rooms: Readonly<Record<string, readonly string[]>> = {
  tensor: [],
  learning: ["tensor"],
  cnn: ["tensor", "learning"],
  rnn: ["tensor", "learning"],
  oracle: ["tensor", "learning", "cnn", "rnn"],
  cli: ["tensor", "learning", "cnn", "rnn", "oracle"],
};

/** Deviations that the house allows, each by place and with its reason; one that is no longer needed is itself a fault. */
export interface Allowances {
  /** Packages that a file may import: "src/a.ts package". */
  readonly packages: Readonly<Record<string, string>>;
  /** Functions that fill a buffer of their caller's: "src/a.ts function parameter". */
  readonly fills: Readonly<Record<string, string>>;
  /** Module-level `let`s and classes: "src/a.ts name". */
  readonly declarations: Readonly<Record<string, string>>;
  /** Errors thrown outside of the grammar: "src/a.ts function". */
  readonly throws: Readonly<Record<string, string>>;
}

export const nothingAllowed: Allowances = { packages: {}, fills: {}, declarations: {}, throws: {} };

const longestLine = 160;
const mostLinesOfCode = 240;

/** Methods that change the array, map or set that they are called on. */
const mutators: ReadonlySet<string> = new Set([
  "add", "clear", "copyWithin", "delete", "fill", "pop", "push", "reverse", "set", "shift", "sort", "splice", "unshift",
]);

/** Calls whose result is not the caller's to write to. */
const borrows: ReadonlySet<string> = new Set(["doubles", "raw", "rawOf"]);

/** Methods that return a view of what they are called on. */
const views: ReadonlySet<string> = new Set(["subarray", "values", "entries"]);

/**
 * A program over sources that are given as texts by their path from the repository's root, such as "src/cnn/window.ts". The rules ask whose a
 * name is, which it knows without the language's own library and without what lies on the disk; types need both.
 */
export function programOf(root: string, texts: ReadonlyMap<string, string>, alone = false): ts.Program {
  const options: ts.CompilerOptions = {
    noEmit: true, strict: true, noUncheckedIndexedAccess: true, exactOptionalPropertyTypes: true,
    target: ts.ScriptTarget.ES2023, ...(alone ? { noLib: true } : { lib: ["lib.es2023.d.ts"] }), types: [], skipLibCheck: true,
    module: ts.ModuleKind.NodeNext, allowImportingTsExtensions: true,
  };
  const host = hostOver(options, (path) => (path.startsWith(root) ? texts.get(path.slice(root.length)) : undefined));
  if (alone) host.fileExists = (path) => path.startsWith(root) && texts.has(path.slice(root.length));
  return ts.createProgram([...texts.keys()].map((path) => root + path), options, host);
}

/** Every breach of the rules in the given file, as "path:line what is wrong"; `used` collects the allowances that were called upon. */
export function breaches(program: ts.Program, root: string, path: string, allowed: Allowances, used: Set<string> = new Set()): readonly string[] {
  const file = program.getSourceFile(root + path)!;
  const checker = program.getTypeChecker();
  const found: string[] = [];
  const say = (node: ts.Node, what: string): void => {
    found.push(`${path}:${file.getLineAndCharacterOfPosition(node.getStart()).line + 1} ${what}`);
  };
  const allows = (kind: keyof Allowances, place: string): boolean => {
    const entry = `${path} ${place}`;
    if (!Object.hasOwn(allowed[kind], entry)) return false;
    used.add(`${kind}: ${entry}`);
    return true;
  };

  /** `within`: whether what the expression holds is changed, rather than which value a name stands for. */
  const checkWrite = (target: ts.Expression, how: string, within = false): void => {
    const owner = ownerOf(target, checker, within);
    if (owner === undefined || allows("fills", `${functionName(target)} ${owner.name}`)) return;
    say(target, `${functionName(target)} ${how} ${owner.kind} ${owner.name}`);
  };

  const room = path.split("/")[1]!;
  const visit = (node: ts.Node): void => {
    if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier !== undefined) checkImport(node, node.moduleSpecifier);
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) checkImport(node, node.arguments[0]!);
    if (ts.isClassLike(node) && !allows("declarations", node.name?.text ?? "")) say(node, `declares the class ${node.name?.text ?? "(unnamed)"}`);
    if (node.kind === ts.SyntaxKind.ThisKeyword && ts.findAncestor(node, ts.isClassLike) === undefined) say(node, "uses this");
    if (ts.isExportAssignment(node) || isModified(node, ts.SyntaxKind.DefaultKeyword)) say(node, "has a default export");
    if (ts.isVariableStatement(node) && node.parent === file && !(node.declarationList.flags & ts.NodeFlags.Const)) {
      for (const { name } of node.declarationList.declarations) {
        if (!allows("declarations", name.getText())) say(node, `keeps module-level state in ${name.getText()}`);
      }
    }
    if (ts.isVariableDeclarationList(node) && !(node.flags & ts.NodeFlags.BlockScoped)) say(node, "declares a var");
    if (ts.isThrowStatement(node)) {
      const called = ts.isCallExpression(node.expression) ? node.expression.expression.getText() : "";
      // The command line speaks to a person, about processes and files.
      const inGrammar = called === "wrongValue" || called === "wrongKind" || room === "cli";
      if (!inGrammar && !allows("throws", functionName(node))) say(node, "throws other than by wrongValue or wrongKind");
    }
    if (ts.isBinaryExpression(node) && isAssignment(node.operatorToken.kind)) checkWrite(node.left, "writes to");
    if ((ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node))
      && (node.operator === ts.SyntaxKind.PlusPlusToken || node.operator === ts.SyntaxKind.MinusMinusToken)) checkWrite(node.operand, "writes to");
    if (ts.isDeleteExpression(node)) checkWrite(node.expression, "deletes from");
    if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression) && mutators.has(node.expression.name.text)) {
      checkWrite(node.expression.expression, `calls ${node.expression.name.text} on`, true);
    }
    ts.forEachChild(node, visit);
  };

  function checkImport(node: ts.Node, specifier: ts.Expression): void {
    const from = ts.isStringLiteral(specifier) ? specifier.text : specifier.getText();
    if (!from.startsWith(".")) {
      const ofNode = from.startsWith("node:") && room === "cli";
      if (!ofNode && !allows("packages", from)) say(node, `imports ${from}`);
      return;
    }
    const other = new URL(from, `file:///${path}`).pathname.split("/")[2]!;
    const reachable = room.endsWith(".ts") ? Object.keys(rooms).filter((name) => name !== "cli") : [room, ...rooms[room]!];
    if (!reachable.includes(other)) say(node, `${room} imports from ${other}`);
  }

  visit(file);
  if (/^src\/(\w+\/)?index\.ts$/.test(path)) {
    for (const statement of file.statements) {
      const whole = ts.isExportDeclaration(statement) && statement.exportClause === undefined;
      if (!ts.isExportDeclaration(statement) || statement.moduleSpecifier === undefined) say(statement, "does more than re-export");
      else if (whole && path !== "src/index.ts") say(statement, "does not list its exports by hand");
    }
  } else {
    const handedOut = publicNames(program, root, path);
    for (const statement of file.statements) if (isModified(statement, ts.SyntaxKind.ExportKeyword)) checkExport(statement, handedOut, checker, say);
  }
  if (!/^(#!.*\n)?\/\*\*[^]*?@module\b/.test(file.text)) found.push(`${path}:1 does not begin with a comment on the module`);
  file.text.split("\n").forEach((line, i) => {
    if (line.length > longestLine) found.push(`${path}:${i + 1} has ${line.length} characters`);
    if (/\b(TODO|FIXME|XXX)\b/.test(line)) found.push(`${path}:${i + 1} puts something off`);
  });
  const code = file.text.split("\n").length > mostLinesOfCode ? linesOfCode(file) : 0;
  if (code > mostLinesOfCode) found.push(`${path}:1 has ${code} lines of code, more than ${mostLinesOfCode}: two concepts?`);
  return found;
}

/** The names that the chapter's own index, or another entry point, hands out from a file; undefined where there is no index. */
export function publicNames(program: ts.Program, root: string, path: string): ReadonlySet<string> | undefined {
  const index = program.getSourceFile(`${root}${path.split("/").slice(0, 2).join("/")}/index.ts`);
  if (index === undefined || path.endsWith("/oracle/arbitraries.ts")) return undefined;
  return new Set(index.statements.flatMap((statement) => {
    if (!ts.isExportDeclaration(statement) || statement.moduleSpecifier === undefined) return [];
    const from = new URL((statement.moduleSpecifier as ts.StringLiteral).text, `file:///${index.fileName.slice(root.length)}`).pathname.slice(1);
    const names = statement.exportClause;
    return from === path && names !== undefined && ts.isNamedExports(names) ? names.elements.map(({ name, propertyName }) => (propertyName ?? name).text) : [];
  }));
}

/** An export is documented; a public function shows an example, and every option says what it means. */
function checkExport(statement: ts.Statement, handedOut: ReadonlySet<string> | undefined, checker: ts.TypeChecker, say: (node: ts.Node, what: string) => void): void {
  const declared = ts.isVariableStatement(statement) ? statement.declarationList.declarations[0]! : (statement as ts.DeclarationStatement);
  const name = declared.name?.getText() ?? "(unnamed)";
  if (overloadBefore(statement)) return;
  const comments = ts.getJSDocCommentsAndTags(statement).filter((comment) => !/@module\b/.test(comment.getText()));
  const tags = ts.getJSDocTags(declared).map((tag) => tag.tagName.text);
  if (comments.length === 0) return say(statement, `exports ${name} without a doc comment`);
  const internal = tags.includes("internal");
  if (handedOut !== undefined && handedOut.has(name) === internal) {
    say(statement, internal ? `marks ${name} as @internal, but the chapter's index exports it` : `exports ${name}, neither @internal nor in the chapter's index`);
  }
  if (internal) return;
  const isValue = ts.isFunctionDeclaration(declared) || ts.isVariableDeclaration(declared);
  const isFunction = isValue && checker.getTypeAtLocation(declared).getCallSignatures().length > 0;
  if (isFunction && !tags.includes("example")) say(statement, `exports ${name} without an @example`);
  const fields = !name.endsWith("Options") ? []
    : ts.isInterfaceDeclaration(declared) ? declared.members
    : ts.isTypeAliasDeclaration(declared) && ts.isTypeLiteralNode(declared.type) ? declared.type.members : [];
  for (const field of fields) {
    if (ts.getJSDocCommentsAndTags(field).length === 0) say(field, `leaves ${name}.${field.name?.getText() ?? "(unnamed)"} without a doc comment`);
  }
}

/** Whether a function is a further overload of, or the body behind, the documented one just before it. */
function overloadBefore(statement: ts.Statement): boolean {
  const { statements } = statement.getSourceFile();
  const before = statements[statements.indexOf(statement) - 1];
  return ts.isFunctionDeclaration(statement) && before !== undefined && ts.isFunctionDeclaration(before)
    && before.body === undefined && before.name?.text === statement.name?.text;
}

interface Owner {
  readonly kind: "parameter" | "module-level" | "borrowed";
  readonly name: string;
}

/**
 * Whose an expression such as a, a.b[0] or a.subarray(1) is, if not the function's own. A local name may be given another value, but
 * what it holds belongs to whom it was taken from.
 */
function ownerOf(expression: ts.Expression, checker: ts.TypeChecker, within: boolean): Owner | undefined {
  if (ts.isPropertyAccessExpression(expression) || ts.isElementAccessExpression(expression)) return ownerOf(expression.expression, checker, true);
  if (ts.isNonNullExpression(expression) || ts.isParenthesizedExpression(expression) || ts.isAsExpression(expression) || ts.isSatisfiesExpression(expression)) {
    return ownerOf(expression.expression, checker, within);
  }
  if (ts.isArrayLiteralExpression(expression)) return expression.elements.map((element) => ownerOf(element, checker, within)).find((owner) => owner);
  if (ts.isCallExpression(expression)) {
    const called = expression.expression;
    if (ts.isIdentifier(called) && borrows.has(called.text)) return { kind: "borrowed", name: expression.getText() };
    return ts.isPropertyAccessExpression(called) && views.has(called.name.text) ? ownerOf(called.expression, checker, true) : undefined;
  }
  const symbol = ts.isIdentifier(expression) ? checker.getSymbolAtLocation(expression) : undefined;
  const declaration = symbol?.valueDeclaration ?? symbol?.declarations?.[0];
  if (declaration === undefined) return undefined;
  const name = expression.getText();
  if (ts.isImportSpecifier(declaration)) return { kind: "module-level", name };
  const whole = ts.findAncestor(declaration, (node) => ts.isParameter(node) || ts.isVariableDeclaration(node));
  if (whole === undefined) return undefined;
  if (ts.isParameter(whole)) return { kind: "parameter", name };
  const { initializer, parent } = whole as ts.VariableDeclaration;
  if (parent.parent.parent === parent.getSourceFile()) return within || parent.flags & ts.NodeFlags.Const ? { kind: "module-level", name } : undefined;
  const source = within && initializer !== undefined ? partOf(declaration, initializer) : undefined;
  return source && named(ownerOf(source, checker, true), name);
}

const named = (owner: Owner | undefined, name: string): Owner | undefined => owner && { ...owner, name: `${owner.name} (as ${name})` };

/** The expression that a declared name stands for: of [a, b] = [x, y] the name b stands for y. */
function partOf(declaration: ts.Declaration, initializer: ts.Expression): ts.Expression | undefined {
  if (!ts.isBindingElement(declaration) || !ts.isArrayLiteralExpression(initializer)) return initializer;
  const pattern = declaration.parent;
  return ts.isArrayBindingPattern(pattern) ? initializer.elements[pattern.elements.indexOf(declaration)] : undefined;
}

/** The name of the function at module level around a node. */
function functionName(node: ts.Node): string {
  let name = "(module)";
  for (let at: ts.Node = node; !ts.isSourceFile(at); at = at.parent) {
    if ((ts.isFunctionDeclaration(at) || ts.isVariableDeclaration(at) || ts.isMethodDeclaration(at)) && at.name !== undefined) name = at.name.getText();
  }
  return name;
}

const isAssignment = (kind: ts.SyntaxKind): boolean => kind >= ts.SyntaxKind.FirstAssignment && kind <= ts.SyntaxKind.LastAssignment;

const isModified = (node: ts.Node, kind: ts.SyntaxKind): boolean =>
  ts.canHaveModifiers(node) && (ts.getModifiers(node)?.some((modifier) => modifier.kind === kind) ?? false);

/** Lines that hold more than a comment. */
function linesOfCode(file: ts.SourceFile): number {
  const lines = new Set<number>();
  const visit = (node: ts.Node): void => {
    if (ts.isJSDoc(node)) return;
    const children = node.getChildren(file).filter((child) => !ts.isJSDoc(child));
    if (children.length === 0 && node.getWidth(file) > 0) {
      lines.add(file.getLineAndCharacterOfPosition(node.getStart(file)).line);
      lines.add(file.getLineAndCharacterOfPosition(node.getEnd()).line);
    }
    children.forEach(visit);
  };
  visit(file);
  return lines.size;
}
