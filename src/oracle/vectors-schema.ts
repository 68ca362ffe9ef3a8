/**
 * The JSON Schema of a file of vectors, which `etalon vectors` writes beside the files.
 *
 * @module
 */
import { deepFreeze } from "../tensor/tree.ts";
import { tiers } from "./lattice.ts";

const tensors = { type: "object", additionalProperties: { $ref: "#/$defs/tensor" } };
const text = { type: "string", minLength: 1 };

/** One object with exactly these fields. */
const fields = (properties: Readonly<Record<string, object>>, optional: readonly string[] = []): object => ({
  type: "object", properties, required: Object.keys(properties).filter((name) => !optional.includes(name)), additionalProperties: false,
});

/** JSON Schema, draft 2020-12. @internal */
export const vectorsSchema: object = deepFreeze({
  $schema: "https://json-schema.org/draft/2020-12/schema",
  title: "Vectors of one operation, written by etalon",
  ...fields({
    $schema: text,
    version: { const: 1 },
    operation: text,
    summary: text,
    precision: { const: "float32", description: "how the sums of a correct implementation may round" },
    seed: { type: "integer" },
    uncaught: { type: "array", items: text, description: "flags that no vector has" },
    flags: { type: "object", additionalProperties: { $ref: "#/$defs/flag" } },
    vectors: { type: "array", items: { $ref: "#/$defs/vector" } },
  }),
  $defs: {
    flag: fields({
      bugType: { enum: ["convention", "mistake"], description: "what others do for good reasons, or what nobody wants" },
      description: { ...text, description: 'completes "the answer equals the reference with …"' },
      source: { ...text, description: "where it was seen" },
    }),
    vector: fields({
      id: text,
      tier: { enum: tiers.slice(), description: "the kind of data" },
      flags: { type: "array", minItems: 1, items: text, description: "what it catches, by name" },
      inputs: { ...tensors, description: "exact float32 numbers" },
      options: { type: "object", description: "complete and explicit" },
      cotangents: { ...tensors, description: "exact float32 numbers: the gradients are those of Σ outputs·cotangents" },
      expected: { $ref: "#/$defs/answers", description: "doubles" },
      radius: { $ref: "#/$defs/answers", description: "how far from expected a correct answer may be, element by element" },
      normwiseRadius: { $ref: "#/$defs/answers", description: "likewise, where the algorithm is normwise: Winograd's, Fourier's, Strassen's" },
    }, ["cotangents", "normwiseRadius"]),
    answers: fields({ outputs: tensors, gradients: tensors }),
    tensor: fields({
      shape: { type: "array", items: { type: "integer", minimum: 0 } },
      values: { type: "array", items: { type: "number" }, description: "row-major" },
    }),
  },
});
