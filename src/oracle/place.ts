/**
 * Places: how the outputs and gradients of an answer are called where something is said of them.
 *
 * @module
 */

/** One output or gradient of an answer. @internal */
export interface Place {
  readonly kind: "outputs" | "gradients";
  readonly name: string;
}

/** How a gradient is called in reports. @internal */
export const gradientOf = (name: string): string => `gradient of ${name}`;

/** How a fault names a place. @internal */
export const whereOf = ({ kind, name }: Place): string => (kind === "outputs" ? name : gradientOf(name));

/** Where a fault's name points. @internal */
export const placeOf = (where: string): Place =>
  where.startsWith(gradientOf("")) ? { kind: "gradients", name: where.slice(gradientOf("").length) } : { kind: "outputs", name: where };

const between = " and ";

/** How two places are called that a law holds against each other. @internal */
export const bothPlaces = (one: string, other: string): string => `${one}${between}${other}`;

/** The places that a fault names: one, or both that a law holds against each other. @internal */
export const placesIn = (where: string): readonly string[] => where.split(between);
