/** How often drawn cases have what hides mistakes when it is left out. */
import type { Case } from "../../../src/oracle/case.ts";

/** The share of cases with each property; printed, so that a change of the space shows. */
export function shares(cases: readonly Case[], properties: Readonly<Record<string, (one: Case) => boolean>>): Readonly<Record<string, number>> {
  const found = Object.fromEntries(Object.entries(properties).map(([name, has]) => [name, cases.filter(has).length / cases.length]));
  console.info(`${cases[0]!.operation}: ${Object.entries(found).map(([name, share]) => `${name} ${Math.round(100 * share)} %`).join(", ")}`);
  return found;
}
