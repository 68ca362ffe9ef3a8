import { describe, expect, it } from "vitest";
import { bothPlaces, gradientOf, placeOf, placesIn, whereOf } from "../../src/oracle/place.ts";

describe("a place", () => {
  it.each([
    [{ kind: "outputs", name: "output" }, "output"],
    [{ kind: "outputs", name: "gradients" }, "gradients"],
    [{ kind: "gradients", name: "kernel" }, "gradient of kernel"],
    [{ kind: "gradients", name: "gradient of kernel" }, "gradient of gradient of kernel"],
  ] as const)("%j is called %s, and found by that", (place, where) => {
    expect(whereOf(place)).toBe(where);
    expect(placeOf(where)).toEqual(place);
  });

  it("is named alone, or beside the one that a law holds it against", () => {
    expect(bothPlaces("output", gradientOf("input"))).toBe("output and gradient of input");
    expect(placesIn("output and gradient of input")).toEqual(["output", "gradient of input"]);
    expect(placeOf("output and gradient of input").kind, "an answer holds nothing of that name").toBe("outputs");
    expect(placesIn("gradient of input")).toEqual(["gradient of input"]);
  });
});
