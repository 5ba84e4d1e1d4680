export type {
  AttributeDefinition,
  AttributeDefinitions,
  Audience,
  Sensitivity,
} from './attribute-definitions.ts'
export type { AuthorizationDecision, AuthorizationRequest, Authorize } from './authorization.ts'
export type { BreakingChange } from './catalog-compatibility.ts'
export type { Ref } from './command.ts'
export type { Context } from './context.ts'
export { createUserEngine } from './create-user-engine.ts'
export type { UserEngineOptions } from './create-user-engine.ts'
export type { CursorPage } from './cursor.ts'
export type { DrainOptions, DrainReport } from './drain.ts'
export type { AttributeExplanation, EffectiveProfile } from './effective-profile.ts'
export { createEngineRouter } from './engine-router.ts'
export type { EngineRouter, EngineRouterOptions } from './engine-router.ts'
export { isUserEngineError, UserEngineError } from './errors.ts'
export type { InputIssue, UserEngineErrorCode, UserEngineErrorDetails } from './errors.ts'
export type { Resolution } from './external-identities.ts'
export type { ImportOutcome } from './import-batch.ts'
export type { ImportOptions, ImportReport, UserToImport } from './import-users.ts'
export type { CloudEvent } from './outbox.ts'
export type { SignInInput, SignInResult } from './resolve-or-provision.ts'
export { fromScimSchema, toScimSchema, type ScimSchema } from './scim-schemas.ts'
export { fromScimUser, toScimUser, type ScimUser } from './scim-users.ts'
export type { Commands, Queries, Session, UnitOfWork, UserEngineService } from './user-engine-service.ts'
