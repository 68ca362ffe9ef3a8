/**
 * JSON files that are named on the command line.
 *
 * @module
 */
import { readFileSync } from "node:fs";

/**
 * What a file of JSON holds.
 *
 * @throws Error with the path where there is no such file or it is no JSON
 *
 * @internal
 */
export function readJson(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (thrown) {
    throw new Error(`etalon: expected a file of JSON, got none to read at ${path} (${(thrown as { readonly code?: string }).code})`, { cause: thrown });
  }
  try {
    return JSON.parse(text) as unknown;
  } catch (thrown) {
    throw new Error(`etalon: expected a file of JSON, got ${path}, which says ${(thrown as Error).message}`, { cause: thrown });
  }
}
