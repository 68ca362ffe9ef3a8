/** Habits of honest float32 code: the kernels of examples/candidates/im2col.ts, which round every addition and product, with one habit each. */
import im2col from "../../examples/candidates/im2col.ts";
import { findOperation } from "../../src/oracle/case.ts";
import type { Case } from "../../src/oracle/case.ts";
import type { Operation, Options, Tensors } from "../../src/oracle/catalog/operation.ts";
import { answerBy } from "../../src/oracle/kill-matrix.ts";
import type { Candidate } from "../../src/oracle/protocol.ts";
import type { Variant } from "../../src/oracle/variants/index.ts";
import { verify } from "../../src/oracle/verify.ts";
import { Tensor } from "../../src/tensor/tensor.ts";
import { mapNames } from "./support.ts";

interface Plain {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

type Kernel = (inputs: object, options: object, cotangents?: object) =>
  { readonly outputs: Readonly<Record<string, Plain>>; readonly gradients?: Readonly<Record<string, Plain>>; readonly skipped?: string };

const kernels = im2col.operations as unknown as Readonly<Record<string, Kernel>>;

/** The operation as the float32 kernels compute it; what the reference refuses is refused. */
function rounded(operation: Operation): Operation {
  const plain = (tensors: Tensors): object => mapNames(tensors, ({ shape, values }) => ({ shape, data: Float32Array.from(values) }));
  const tensors = (answers: Readonly<Record<string, Plain>> = {}): Tensors => mapNames(answers, ({ shape, data }) => new Tensor(shape, data));
  const ask = (inputs: Tensors, options: Options, cotangents?: Tensors): ReturnType<Kernel> => {
    const answer = kernels[operation.name]!(plain(inputs), options, cotangents && plain(cotangents));
    if (answer.skipped !== undefined) throw new Error(answer.skipped);
    return answer;
  };
  return {
    ...operation,
    forward: (inputs, options) => operation.forward(inputs, options) && tensors(ask(inputs, options).outputs),
    ...(operation.backward && { backward: (inputs: Tensors, options: Options, cotangents: Tensors) =>
      operation.backward!(inputs, options, cotangents) && tensors(ask(inputs, options, cotangents).gradients) }),
  };
}

/** What is said of one habit of the float32 kernels: the first cause of each failure. */
export async function causesOf(habit: Variant, name: string, cases: number): Promise<readonly (string | undefined)[]> {
  const operation = rounded(findOperation(name));
  const candidate: Candidate = {
    name: habit.name, precision: "float32", operations: [name],
    run: ({ inputs, options, cotangents }) => {
      const forward: Case = { operation: name, tier: "structure", features: [], inputs, options };
      return answerBy(habit, operation, cotangents ? { ...forward, cotangents } : forward) ?? answerBy(habit, operation, forward)
        ?? { skipped: "the habit leaves no valid case" };
    },
  };
  const { operations: [report] } = await verify(candidate, { operations: [name], cases });
  return report!.failures.map(({ causes: [likely] }) => likely?.variant);
}
