/**
 * What a JSON value breaks of a JSON Schema (draft 2020-12), one sentence for each breach. Knows the keywords that the project's own schemas
 * use, and throws for any other: nothing is passed over.
 */
type Json = unknown;
type Schema = Readonly<Record<string, any>>;

const annotations = ["$schema", "$id", "title", "description", "$defs"];

const typeOf = (value: Json): string =>
  value === null ? "null" : Array.isArray(value) ? "array" : typeof value;

const isOf = (type: string, value: Json): boolean => (type === "integer" ? Number.isInteger(value) : typeOf(value) === type);

const same = (a: Json, b: Json): boolean => JSON.stringify(a) === JSON.stringify(b);

export function breaches(root: Schema, value: Json, schema: Schema = root, path = "$"): readonly string[] {
  const inner = (part: Json, own: Schema, name: string | number): readonly string[] =>
    breaches(root, part, own, typeof name === "number" ? `${path}[${name}]` : `${path}.${name}`);
  const wrong = (holds: boolean, said: string): readonly string[] => (holds ? [] : [`${path}: ${said}, got ${JSON.stringify(value)?.slice(0, 80)}`]);
  const entries = typeOf(value) === "object" ? Object.entries(value as object) : [];
  const items: readonly Json[] = Array.isArray(value) ? value : [];
  return Object.entries(schema).flatMap(([keyword, wanted]): readonly string[] => {
    switch (keyword) {
      case "type": return wrong([wanted].flat().some((type) => isOf(type, value)), `expected ${[wanted].flat().join(" or ")}`);
      case "const": return wrong(same(value, wanted), `expected ${JSON.stringify(wanted)}`);
      case "enum": return wrong(wanted.some((each: Json) => same(each, value)), `expected one of ${JSON.stringify(wanted)}`);
      case "anyOf": return wrong(wanted.some((each: Schema) => breaches(root, value, each, path).length === 0), "expected one of several forms");
      case "minimum": return wrong(typeof value !== "number" || value >= wanted, `expected at least ${wanted}`);
      case "minLength": return wrong(typeof value !== "string" || value.length >= wanted, `expected at least ${wanted} characters`);
      case "minItems": return wrong(!Array.isArray(value) || items.length >= wanted, `expected at least ${wanted} items`);
      case "maxItems": return wrong(!Array.isArray(value) || items.length <= wanted, `expected at most ${wanted} items`);
      case "required": return typeOf(value) !== "object" ? [] : wanted.flatMap((name: string) => wrong(Object.hasOwn(value as object, name), `expected ${name}`));
      case "properties": return entries.flatMap(([name, part]) => (Object.hasOwn(wanted, name) ? inner(part, wanted[name], name) : []));
      case "additionalProperties": {
        const others = entries.filter(([name]) => !Object.hasOwn(schema["properties"] ?? {}, name));
        return wanted === false ? others.map(([name]) => `${path}: expected no ${name}`) : others.flatMap(([name, part]) => inner(part, wanted, name));
      }
      case "items": return items.flatMap((part, i) => inner(part, wanted, i));
      case "$ref": return breaches(root, value, wanted.slice(2).split("/").reduce((each: Schema, name: string) => each[name] as Schema, root), path);
      default:
        if (annotations.includes(keyword)) return [];
        throw new Error(`schema: the keyword ${keyword} is not known here`);
    }
  });
}
