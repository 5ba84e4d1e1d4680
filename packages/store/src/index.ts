export type {
  ApplicationBinding,
  ApplicationBindingRepository,
  ApplicationBindingState,
} from './application-bindings.ts'
export type {
  Application,
  ApplicationQuery,
  ApplicationRepository,
  ApplicationState,
} from './applications.ts'
export type {
  AttributeCatalog,
  AttributeCatalogQuery,
  AttributeCatalogRepository,
  AttributeCatalogState,
  AttributeLayer,
  AttributeOwnerId,
} from './attribute-catalogs.ts'
export type { Group, GroupRepository, GroupState } from './groups.ts'
export type { GroupMembership, Membership, MembershipRepository, MembershipState } from './memberships.ts'
export type {
  ProfileCatalog,
  ProfileEntry,
  ProfileFacts,
  ProfileQuery,
  ProfileValue,
  ProfileValueRepository,
  ProfileValueState,
} from './profile-values.ts'
export type { Account, AccountRepository, AccountState } from './accounts.ts'
export type {
  Actor,
  AuditChange,
  AuditLog,
  AuditRecord,
  Target,
  TimelineEntry,
  TimelineQuery,
} from './audit.ts'
export type { StoreCapabilities } from './capabilities.ts'
export type { DenialLog, DenialRecord } from './denials.ts'
export type { DiagnosticsReport, RecordCounts } from './diagnostics.ts'
export { isStoreError, StoreError } from './errors.ts'
export type { Constraint, StoreErrorCode, StoreErrorDetails } from './errors.ts'
export type {
  ExternalIdentity,
  ExternalIdentityRepository,
  ExternalIdentityState,
  SignIn,
  SignInQuery,
  SubjectQuery,
} from './external-identities.ts'
export type { IdempotencyKey, IdempotencyLog, IdempotencyRecord } from './idempotency.ts'
export {
  DIRECTORY,
  isUuid,
  parseAccountId,
  parseGroupId,
  parseMembershipId,
  parseApplicationId,
  parseApplicationBindingId,
  parseAttributeCatalogId,
  parseProfileValueId,
  parseAuditRecordId,
  parseCommandId,
  parseDenialId,
  parseEventId,
  parseExternalIdentityId,
  parseLeaseToken,
  parseTenantAccountId,
  parseTenantId,
  parseUserId,
} from './ids.ts'
export type {
  AccountId,
  GroupId,
  MembershipId,
  ApplicationId,
  ApplicationBindingId,
  AttributeCatalogId,
  ProfileValueId,
  AuditRecordId,
  Brand,
  CommandId,
  DenialId,
  DirectoryId,
  EventId,
  ExternalIdentityId,
  LeaseToken,
  TenantAccountId,
  TenantId,
  UserId,
} from './ids.ts'
export type {
  Claim,
  ClaimRequest,
  ClaimedEvent,
  LeasedEvents,
  Outbox,
  OutboxEvent,
  OutboxRelay,
  OutboxState,
  PendingEvent,
  Refusal,
} from './outbox.ts'
export { readinessReport } from './readiness.ts'
export type { ReadinessCheck, ReadinessCode, ReadinessReport } from './readiness.ts'
export type {
  JsonObject,
  JsonValue,
  Page,
  PageRequest,
  RecordKind,
  RecordState,
  RecordVersion,
  Repository,
  VersionedRecord,
} from './records.ts'
export type { SchemaVersionReport } from './schema-version.ts'
export { defineFacade, type Makers } from './facade.ts'
export { withoutWrites } from './replica-reads.ts'
export type { Position, ReplicaReads } from './replica-reads.ts'
export { directoryScope, scopeIds, tenantScope } from './scope.ts'
export type { Scope, ScopeId } from './scope.ts'
export type { TenantAccount, TenantAccountRepository, TenantAccountState } from './tenant-accounts.ts'
export type { Tenant, TenantRepository, TenantState } from './tenants.ts'
export type { StoreTransaction } from './transaction.ts'
export type { UserEngineStore } from './user-engine-store.ts'
export type { User, UserRepository, UserState } from './users.ts'
