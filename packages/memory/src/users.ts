import type { UserRepository } from '@user-engine/store'

import type { Access } from './access.ts'
import { createRepository, listSeen } from './repository.ts'
import { versionedTables } from './tables.ts'

export function createUserRepository(access: Access): UserRepository {
  return {
    ...createRepository(access, versionedTables.users),
    list: (page) => listSeen(access, 'users', page),
  }
}
