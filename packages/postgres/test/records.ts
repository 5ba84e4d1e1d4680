import {
  DIRECTORY,
  type Account,
  type AccountId,
  type AuditRecord,
  type AuditRecordId,
  type CommandId,
  type DenialId,
  type DenialRecord,
  type EventId,
  type ExternalIdentity,
  type ExternalIdentityId,
  type OutboxEvent,
  type ScopeId,
  type User,
  type UserId,
} from '@user-engine/store'

const at = new Date('2026-01-02T03:04:05.678Z')
const base = { version: 1, createdAt: at, updatedAt: at } as const
const uuid = () => crypto.randomUUID() as string

export const newUser = (): User => ({
  scopeId: DIRECTORY,
  id: uuid() as UserId,
  kind: 'person',
  state: 'active',
  ...base,
})

export const newAccount = (userId: UserId): Account => ({
  scopeId: DIRECTORY,
  id: uuid() as AccountId,
  userId,
  state: 'active',
  ...base,
})

export const newIdentity = (
  userId: UserId,
  subject = uuid(),
  scopeId: ScopeId = DIRECTORY,
): ExternalIdentity => ({
  scopeId,
  id: uuid() as ExternalIdentityId,
  userId,
  issuer: 'https://login.example.com',
  subject,
  state: 'linked',
  ...base,
})

export const newAudit = (user: User): AuditRecord => ({
  scopeId: DIRECTORY,
  id: uuid() as AuditRecordId,
  occurredAt: at,
  actor: { kind: 'service', id: 'test' },
  action: 'user.provision',
  target: { kind: 'user', id: user.id },
  commandId: uuid() as CommandId,
  correlationId: null,
  changes: [{ kind: 'user', scopeId: user.scopeId, id: user.id, version: 1, fields: ['state'] }],
})

export const newEvent = (user: User): OutboxEvent => ({
  scopeId: DIRECTORY,
  id: uuid() as EventId,
  type: 'user.created',
  aggregate: { kind: 'user', id: user.id },
  aggregateVersion: user.version,
  ordinal: 0,
  occurredAt: at,
  commandId: uuid() as CommandId,
  correlationId: null,
  data: { state: user.state },
})

export const newDenial = (): DenialRecord => ({
  scopeId: DIRECTORY,
  id: uuid() as DenialId,
  occurredAt: new Date(),
  actor: { kind: 'service', id: 'test' },
  action: 'user.suspend',
  target: { kind: 'user', id: null },
  reason: 'policy.none',
  correlationId: uuid(),
})
