/**
 * Loading a candidate's module, JavaScript or TypeScript.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { pathToFileURL } from "node:url";

/**
 * The default export of a module.
 *
 * TypeScript is run by Node itself where it can, else by the development tools of a clone of etalon.
 *
 * @throws Error where there is no such file or it cannot be run
 *
 * @internal
 */
export async function loadModule(path: string): Promise<unknown> {
  const file = resolve(path);
  if (!existsSync(file)) throw new Error(`etalon: expected a candidate's module, got no file at ${path}`);
  try {
    return ((await import(pathToFileURL(file).href)) as { readonly default?: unknown }).default;
  } catch (thrown) {
    if ((thrown as { readonly code?: string }).code !== "ERR_UNKNOWN_FILE_EXTENSION") throw unloadable(path, thrown);
    return loadTypeScript(file, path);
  }
}

/** What a module that throws or does not parse says, with its path, which its own error need not name. */
const unloadable = (path: string, thrown: unknown): Error =>
  new Error(`etalon: expected a module that loads, got ${path}, which says ${String(thrown)}`, { cause: thrown });

async function loadTypeScript(file: string, path: string): Promise<unknown> {
  const tools = "vite"; // comes with the development tools; not a dependency
  let runnerImport: (file: string, config: object) => Promise<{ readonly module: { readonly default?: unknown } }>;
  try {
    ({ runnerImport } = (await import(tools)) as { readonly runnerImport: typeof runnerImport });
  } catch {
    throw new Error(`etalon: expected a module that this Node can run, got ${path}; compile it to JavaScript, or use Node 22.18 or later`);
  }
  try {
    return (await runnerImport(file, { root: dirname(file), configFile: false, logLevel: "silent" })).module.default;
  } catch (thrown) {
    throw unloadable(path, thrown);
  }
}
