/**
 * The oracle: verifying other implementations against the reference.
 *
 * @module
 */
export { readAllowances, withAllowances } from "./allowances.ts";
export type { Allowance } from "./allowances.ts";
export { catalog } from "./catalog/index.ts";
export type {
  Answers, CaseSpace, Draft, InputDraft, InputSlot, Operation, Options, OutputSlot, Range, Tensors, Terms,
} from "./catalog/operation.ts";
export { findOperation, reference } from "./case.ts";
export type { Case, Reference } from "./case.ts";
export { compare } from "./compare.ts";
export { expectAgrees } from "./expect-agrees.ts";
export type { AgreementOptions } from "./expect-agrees.ts";
export type { Comparison } from "./compare.ts";
export type { Cause } from "./diagnosis.ts";
export { gamma } from "./error-bound.ts";
export type { Fault, FaultKind } from "./judgement.ts";
export { reportJunit } from "./junit.ts";
export type { Numbers, Tier } from "./lattice.ts";
export type { Kept } from "./memory.ts";
export { moduleCandidate } from "./module-candidate.ts";
export type { CandidateFunction, CandidateModule } from "./module-candidate.ts";
export { declaredPrecision, precisions } from "./precision.ts";
export type { AlgorithmClass, Declaration, Format, Precision, PrecisionName } from "./precision.ts";
export { encodeRequest, protocolVersion } from "./protocol.ts";
export type { Candidate, PlainTensor, Reply, Request, SecondCandidate, WireTensor } from "./protocol.ts";
export { report, reportJson } from "./report.ts";
export type { ReportOptions } from "./report.ts";
export { explainReport, readReport } from "./saved-report.ts";
export { answerLine } from "./service.ts";
export type { ServiceAnswer } from "./service.ts";
export { vectorsOf, vectorsText } from "./vectors.ts";
export type { Vector, VectorFile, VectorFlag, VectorTensor } from "./vectors.ts";
export { verify } from "./verify.ts";
export type { Failure, OperationReport, Progress, Shard, TierReport, Verdict, VerifyOptions } from "./verdict.ts";
