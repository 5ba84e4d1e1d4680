import type { UserRepository } from '@user-engine/store'

import { sees, type Access } from './access.ts'
import { pageOf } from './pages.ts'
import { createRepository } from './repository.ts'
import { versionedTables } from './tables.ts'

export function createUserRepository(access: Access): UserRepository {
  return {
    ...createRepository(access, versionedTables.users),
    list: (page) =>
      access.read((view) => {
        const seen = view.list('users').filter((user) => sees(access, 'users', user))
        return pageOf(seen, page, (user) => user.id)
      }),
  }
}
