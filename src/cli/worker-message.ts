/**
 * Requests as they cross to a candidate's process: tensors become plain arrays, which can be copied.
 *
 * @module
 */
import { mapNamed } from "../oracle/catalog/operation.ts";
import type { Options, Tensors } from "../oracle/catalog/operation.ts";
import type { Request } from "../oracle/protocol.ts";
import { toPlain } from "../oracle/protocol.ts";
import { adopt } from "../tensor/tensor.ts";

type PackedTensors = Readonly<Record<string, ReturnType<typeof toPlain>>>;

/** A request that can be copied between processes. @internal */
export interface PackedRequest {
  readonly id: string;
  readonly operation: string;
  readonly inputs: PackedTensors;
  readonly options: Options;
  readonly cotangents?: PackedTensors;
}

const pack = (tensors: Tensors): PackedTensors => mapNamed(tensors, toPlain);

const unpack = (tensors: PackedTensors): Tensors => mapNamed(tensors, ({ shape, data }) => adopt(shape, data));

/** The request without its tensors' class. @internal */
export const packRequest = ({ id, operation, inputs, options, cotangents }: Request): PackedRequest =>
  ({ id, operation, options, inputs: pack(inputs), ...(cotangents === undefined ? {} : { cotangents: pack(cotangents) }) });

/** The request with tensors again. @internal */
export const unpackRequest = ({ id, operation, inputs, options, cotangents }: PackedRequest): Request =>
  ({ id, operation, options, inputs: unpack(inputs), ...(cotangents === undefined ? {} : { cotangents: unpack(cotangents) }) });
