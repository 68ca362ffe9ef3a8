/** The first names of the data folder. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

/** 8422 first names, as letters in lower case. */
export const firstNames = (): readonly (readonly string[])[] =>
  gunzipSync(readFileSync(new URL("../data/names.txt.gz", import.meta.url))).toString("latin1").trim().split("\n").map((name) => [...name]);
