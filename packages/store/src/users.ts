import type { DirectoryId, UserId } from './ids.ts'
import type { Page, PageRequest, Repository, VersionedRecord } from './records.ts'

export type UserState = 'active' | 'suspended'

/** The root of a person or a service across all tenants. It holds no personal data. */
export interface User extends VersionedRecord {
  readonly scopeId: DirectoryId
  readonly id: UserId
  readonly kind: 'person' | 'service'
  readonly state: UserState
}

/** Users live in the directory: a tenant scope finds none (UE-TENANT-004). */
export interface UserRepository extends Repository<User> {
  /** In order of id. */
  list(page: PageRequest<UserId>): Promise<Page<User, UserId>>
}
