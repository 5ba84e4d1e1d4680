export type { Case, CaseContext, ExpectedError, Seed } from './case.ts'
export { storeCases } from './cases/index.ts'
export { providerCases } from './provider/cases.ts'
export { serveClient } from './client.ts'
export type { ClientNews, ClientOrder } from './client.ts'
export type { Client, ClientProcess } from './client-process.ts'
export { areas, catalogue, CATALOGUE_VERSION, isRequirementId } from './catalogue/index.ts'
export type { RequirementId } from './catalogue/index.ts'
export type { Area, Entity, Level, Profile, Proof, Requirement, Topic } from './catalogue/requirement.ts'
export type { Deviation } from './deviations.ts'
export { parseDeviations } from './deviations.ts'
export { toJUnit } from './reports/junit.ts'
export { KitError } from './kit-error.ts'
export type { Need } from './need.ts'
export type { Budget } from './budget.ts'
export { mergeReports } from './merge.ts'
export { checkCases, planConformance, requirementsOf } from './plan.ts'
export type { Plan, PlannedCase, PlanOptions } from './plan.ts'
export type { ProviderContext } from './provider/context.ts'
export type { Endpoint, Handoff, Lease, Login, Purpose } from './provider/handoff.ts'
export { ProviderError } from './provider/provider.ts'
export type { ConnectOptions, Connection, Provider, ProviderPowers, Restored } from './provider/provider.ts'
export type { Records } from './records.ts'
export { parseReplay, replayName, replaySchema, toReplays } from './replay.ts'
export type { Replay } from './replay.ts'
export { catalogueDigest } from './catalogue/digest.ts'
export { reportSchema } from './report.ts'
export type { Report } from './report.ts'
export { toHtml } from './reports/html.ts'
export { toMarkdown } from './reports/markdown.ts'
export type { Json, Script } from './script.ts'
export type { Selection, Shard } from './selection.ts'
export { createSession, runConformance } from './session.ts'
export type { CaseResult, RunOptions, Session } from './session.ts'
export { defineTarget } from './target.ts'
export type {
  Clock,
  CutPoint,
  Faults,
  Instance,
  Migrations,
  ObservedNoun,
  ObservedRow,
  Observer,
  Restore,
  SchemaFault,
  Target,
  TargetIdentity,
  Universe,
} from './target.ts'
export type { CaseVerdict, RequirementVerdict, RunVerdict } from './verdict.ts'
export { writeReports } from './reports/write.ts'
export { verifyReport } from './verify.ts'
export type { Verification } from './verify.ts'
