/** Declaration files of packages and of the language, parsed once for all programs of one spec file. */
import ts from "typescript";

const parsed = new Map<string, ts.SourceFile | undefined>();

/** A compiler host that reads texts of its own before the disk's, by absolute path. */
export function hostOver(options: ts.CompilerOptions, own: (path: string) => string | undefined): ts.CompilerHost {
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (path) => own(path) !== undefined || fileExists(path);
  host.readFile = (path) => own(path) ?? readFile(path);
  host.getSourceFile = (path, language, ...rest) => {
    if (!path.includes("/node_modules/")) return getSourceFile(path, language, ...rest);
    const format = typeof language === "object" ? language.impliedNodeFormat : undefined;
    const name = `${path} ${format}`;
    if (!parsed.has(name)) parsed.set(name, getSourceFile(path, language, ...rest));
    return parsed.get(name);
  };
  return host;
}
