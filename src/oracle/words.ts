/**
 * Words of reports and errors: counted things, the names nearest to a mistyped one, and names that are not known.
 *
 * @module
 */
import { wrongValue } from "../tensor/shape.ts";

/** A number with what it counts: "1 case", "2 cases". @internal */
export const howMany = (count: number, one: string, more: string = `${one}s`): string => `${count} ${count === 1 ? one : more}`;

/** More suggestions than this help nobody. */
const mostNear = 5;
/** Who types fewer letters, or more, means no name in particular. */
const [fewestTyped, longestTyped] = [3, 40];

/**
 * The names that were most likely meant by one that is none of them: those that hold it but for the fewest letters changed, added or left out, at
 * most one in four. Capitals, digits and signs between words do not count.
 *
 * @returns the nearest first, a few; none where nothing is near
 *
 * @internal
 */
export function nearestNames(typed: string, names: readonly string[]): readonly string[] {
  const part = typed.slice(0, longestTyped + 1).toLowerCase().replace(/[^a-z]/g, "");
  if (part.length < fewestTyped || typed.length > longestTyped) return [];
  const all = names.map((name) => ({ name, distance: distanceWithin(part, name.toLowerCase()) }));
  const least = Math.min(part.length / 4, ...all.map(({ distance }) => distance));
  return all.filter(({ distance }) => distance <= least).map(({ name }) => name).sort((a, b) => a.length - b.length).slice(0, mostNear);
}

/** The fewest letters to change, add or leave out until some part of a text reads like the one given. */
function distanceWithin(part: string, text: string): number {
  let before = Array.from({ length: text.length + 1 }, () => 0);
  for (const letter of part) {
    const row = [before[0]! + 1];
    for (let i = 1; i <= text.length; i++) row.push(Math.min(before[i]! + 1, row[i - 1]! + 1, before[i - 1]! + (text[i - 1] === letter ? 0 : 1)));
    before = row;
  }
  return Math.min(...before);
}

/** What an error says was expected in the place of a name that no operation has: the nearest ones, or all where nothing is near. @internal */
export function operationMeant(typed: string, names: readonly string[]): string {
  const near = nearestNames(typed, names);
  return `an operation of the catalog (${near.length === 0 ? names.join(", ") : `did you mean ${near.join(" or ")}?`})`;
}

/** Refuses names that are none of those that are known. @internal */
export function checkOnly(name: string, what: string, known: readonly string[], given: object): void {
  const stranger = Object.keys(given).find((each) => !known.includes(each));
  if (stranger !== undefined) throw wrongValue(name, `only ${what}${known.join(", ") || "(none)"}`, stranger);
}
