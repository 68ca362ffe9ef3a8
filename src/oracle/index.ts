/**
 * The oracle: verifying other implementations against the reference.
 *
 * @module
 */
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
export type { Tier } from "./lattice.ts";
export { moduleCandidate } from "./module-candidate.ts";
export type { CandidateFunction, CandidateModule } from "./module-candidate.ts";
export { precisions } from "./precision.ts";
export type { Precision, PrecisionName } from "./precision.ts";
export { encodeRequest, protocolVersion } from "./protocol.ts";
export type { Candidate, PlainTensor, Reply, Request, WireTensor } from "./protocol.ts";
export { report, reportJson } from "./report.ts";
export type { ReportOptions } from "./report.ts";
export { answerLine } from "./service.ts";
export type { ServiceAnswer } from "./service.ts";
export { verify } from "./verify.ts";
export type { Failure, OperationReport, Progress, TierReport, Verdict, VerifyOptions } from "./verdict.ts";
