/**
 * The ways in which variants of gates are made.
 *
 * @module
 */
import { map } from "../../tensor/tensor.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { Case } from "../case.ts";
import { detour, renamed, reread } from "./detour.ts";
import type { Detour } from "./detour.ts";
import type { Variant } from "./variant.ts";

/** Parts of gates read as those of other gates; none where a gate that is read was not sent, as the forget gate of a coupled cell. @internal */
export const regated = (readAs: Readonly<Record<string, string>>, parts: readonly string[] = ["wx", "wh", "bias"]): Variant["answer"] => detour((one) => {
  const gates = Object.keys(readAs);
  if (gates.some((gate) => Object.keys(one.inputs).every((name) => !name.endsWith(`.${gate}.wx`)))) return undefined;
  return renamed(one, (name) => {
    const [way, gate, part] = name.split(".") as [string, string?, string?];
    return gate !== undefined && part !== undefined && parts.includes(part) && readAs[gate] !== undefined ? `${way}.${readAs[gate]}.${part}` : name;
  });
});

const negative = (tensor: Tensor): Tensor => map(tensor, (value) => -value);

/** A gate whose weights have the opposite sign is 1 minus itself. @internal */
export const complemented = (one: Case, gate: string): Detour | undefined => reread(one, (name) => name.includes(`.${gate}.`), negative, negative);

/** Only where an option has that value. @internal */
export const where = (option: string, value: unknown, answer: Variant["answer"]): Variant["answer"] =>
  (operation, one) => (one.options[option] === value ? answer(operation, one) : undefined);

/** Only where something is limited to ±clip. @internal */
export const whereClipped = (answer: Variant["answer"]): Variant["answer"] =>
  (operation, one) => (one.options["clip"] === undefined ? undefined : answer(operation, one));
