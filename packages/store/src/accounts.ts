import type { AccountId, DirectoryId, UserId } from './ids.ts'
import type { Repository, VersionedRecord } from './records.ts'

export type AccountState = 'invited' | 'active' | 'disabled' | 'closed'

/**
 * The user's own record, one for each user that exists: `account_user`, `reference` (UE-IDENTITY-004, UE-RECORD-003).
 */
export interface Account extends VersionedRecord {
  readonly scopeId: DirectoryId
  readonly id: AccountId
  readonly userId: UserId
  readonly state: AccountState
}

export interface AccountRepository extends Repository<Account> {
  findByUser(userId: UserId): Promise<Account | null>
}
