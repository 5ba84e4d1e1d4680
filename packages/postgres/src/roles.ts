import { ROLES_SQL } from './generated/roles.ts'
import { DEFAULT_ROLE_PREFIX, LOGINS, roleName, withRolePrefix, type Login } from './role-names.ts'

export { DEFAULT_ROLE_PREFIX, roleName, type Login } from './role-names.ts'
export { verifyRoles, type RoleFinding, type RoleFindingCode } from './verify-roles.ts'

export interface RolesOptions {
  /** What the six names begin with; `user_engine` where absent. */
  readonly prefix?: string
  /** Where a login is left out its password stays as it is. The answer holds them in the clear: run it, don't keep it. */
  readonly passwords?: Partial<Readonly<Record<Login, string>>>
}

/**
 * The SQL by which a provider makes the roles and hands the schema over: `roles.sql` of this package, with its names and
 * passwords. To be run by an administrator in the database itself, before the first migration; it can be run again.
 */
export function rolesSql({ prefix = DEFAULT_ROLE_PREFIX, passwords = {} }: RolesOptions = {}): string {
  const lines = LOGINS.flatMap((login) => {
    const password = passwords[login]
    return password === undefined
      ? []
      : [`alter role ${roleName(login, prefix)} password ${quote(password)};`]
  })
  return [withRolePrefix(ROLES_SQL, prefix), ...lines].join('\n')
}

function quote(password: string): string {
  if (password === '' || password.includes('\0')) {
    throw new TypeError('A password has at least one character and no NUL.')
  }
  return `E'${password.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`
}
