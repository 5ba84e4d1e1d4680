/** What each login is for. The owner has none: only the migrator becomes it. */
export const LOGINS = ['migrator', 'runtime', 'denials', 'relay', 'diagnose'] as const
export type Login = (typeof LOGINS)[number]
/** The logins that serve, under row security. */
export type ServingLogin = Exclude<Login, 'migrator'>

export const DEFAULT_ROLE_PREFIX = 'user_engine'

const PREFIX = /^[a-z][a-z0-9_]{0,39}$/
const NAMES = /\buser_engine_(owner|migrator|runtime|denials|relay|diagnose)\b/g

export function roleName(purpose: Login | 'owner', prefix: string = DEFAULT_ROLE_PREFIX): string {
  return `${checked(prefix)}_${purpose}`
}

/** Our SQL names the roles as they are by default, so that the files can be run as they are. */
export function withRolePrefix(sql: string, prefix: string): string {
  return sql.replace(NAMES, `${checked(prefix)}_$1`)
}

function checked(prefix: string): string {
  if (!PREFIX.test(prefix)) {
    throw new TypeError('A role prefix has 1 to 40 of a-z, 0-9 and _, and begins with a letter.')
  }
  return prefix
}
