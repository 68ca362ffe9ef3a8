/**
 * `etalon vectors`: files of vectors in a folder, with their schema.
 *
 * @module
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { catalog } from "../oracle/catalog/index.ts";
import { findOperation } from "../oracle/case.ts";
import { vectorsSchema } from "../oracle/vectors-schema.ts";
import { vectorsOf, vectorsText } from "../oracle/vectors.ts";
import { howMany } from "../oracle/words.ts";
import type { VectorsCommand } from "./arguments.ts";

/**
 * Writes one file an operation, and the schema of all; the folder is made where there is none.
 *
 * @param say - gets one line a file
 * @returns whether every variant is caught by some vector
 * @throws RangeError for an operation that does not exist, before anything is written
 *
 * @internal
 */
export function writeVectors({ folder, operations = catalog.map(({ name }) => name), seed = 1 }: VectorsCommand, say: (line: string) => void): boolean {
  operations.forEach(findOperation);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "schema.json"), `${JSON.stringify(vectorsSchema, null, 1)}\n`);
  return operations.map((operation) => {
    const file = vectorsOf(operation, seed);
    const { vectors, flags, uncaught } = file;
    const all = Object.keys(flags).length;
    writeFileSync(join(folder, `${operation}.json`), vectorsText(file));
    const missed = uncaught.length === 0 ? "" : `, but not ${uncaught.join(", ")}`;
    say(`${operation}.json: ${howMany(vectors.length, "vector catches", "vectors catch")} ${all - uncaught.length} of ${howMany(all, "variant")}${missed}`);
    return uncaught.length === 0;
  }).every((complete) => complete);
}
