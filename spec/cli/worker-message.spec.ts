import { expect, it } from "vitest";
import { packRequest, unpackRequest } from "../../src/cli/worker-message.ts";
import { tensor } from "../../src/tensor/tensor.ts";

it("a request crosses to a process and back as it was, with cotangents and without", () => {
  const request = { id: "relu/1", operation: "relu", inputs: { input: tensor([[1, -0, NaN]]) }, options: { stride: [1], norm: Infinity } };
  const cross = (sent: Parameters<typeof packRequest>[0]) => unpackRequest(structuredClone(packRequest(sent)));
  expect(cross(request)).toEqual(request);
  expect(Object.is(cross(request).inputs["input"]!.values[1], -0)).toBe(true);
  expect(cross(request)).not.toHaveProperty("cotangents");
  const asked = { ...request, cotangents: { output: tensor([[1, 2, 3]]) } };
  expect(cross(asked)).toEqual(asked);
});

it("a packed request is a copy: what the other side does to it changes nothing here", () => {
  const input = tensor([1, 2]);
  packRequest({ id: "a", operation: "relu", inputs: { input }, options: {} }).inputs["input"]!.data[0] = 9;
  expect(input.values).toEqual([1, 2]);
});
