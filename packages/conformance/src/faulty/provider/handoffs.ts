import type { ProviderOptions } from '../../postgres/provider.ts'
import type { Login } from '../../provider/handoff.ts'
import type { FaultyProvider } from './faulty-provider.ts'

const NOBODY: Login = { user: 'nobody', password: 'nothing' }

/** What a handoff says that is not so, and what its powers do not do. */
export const faultyHandoffs: readonly FaultyProvider[] = [
  {
    name: 'one-login-for-two',
    defect: 'The runtime and the denials are handed one login.',
    breaks: 'UE-HANDOFF-001',
    by: 'UE-HANDOFF-001/apart',
    expect: ' purposes',
    different: ({ handoff }) => ({ handoff: { ...handoff, denials: handoff.runtime } }),
  },
  {
    name: 'password-of-nobody',
    defect: 'The migrator is handed a password that is not its own.',
    breaks: 'UE-HANDOFF-001',
    by: 'UE-HANDOFF-001/connect',
    expect: 'migrator gets no connection',
    disturbs: ['UE-HANDOFF-002', 'UE-PRIVILEGE-001', 'UE-PRIVILEGE-002'],
    needs: ['provider.migrator'],
    different: ({ handoff }) => ({ handoff: { ...handoff, migrator: NOBODY } }),
  },
  {
    name: 'another-pooler-mode',
    defect: 'The endpoint does not keep its connections for what the handoff says.',
    breaks: 'UE-HANDOFF-002',
    by: 'UE-HANDOFF-002/mode',
    expect: 'and the endpoint keeps it for a',
    different: ({ handoff }) => ({
      handoff: {
        ...handoff,
        pooler:
          handoff.pooler?.mode === 'transaction' ? null : { mode: 'transaction', preparedStatements: true },
      },
    }),
  },
  {
    name: 'more-processes-than-room',
    defect: 'More processes connect than the server admits.',
    breaks: 'UE-HANDOFF-003',
    by: 'UE-HANDOFF-003/budget',
    expect: 'Remedy: raise max_connections',
    different: () => ({ processes: 100_000 }),
  },
  {
    name: 'leases-that-have-ended',
    defect: 'A lease has ended when it is given.',
    breaks: 'UE-HANDOFF-004',
    by: 'UE-HANDOFF-004/lasts',
    expect: 'a lease of runtime had ended when it was given',
    different: ({ handoff }) => ({ handoff: { ...handoff, runtime: ended(handoff.runtime) } }),
  },
  {
    name: 'clock-an-hour-behind',
    defect: 'The clock of the server is an hour behind that of the application.',
    breaks: 'UE-HANDOFF-007',
    by: 'UE-HANDOFF-007/skew',
    expect: 'ms apart',
    different: ({ now = Date.now }) => ({ now: () => now() + 3_600_000 }),
  },
  {
    name: 'restored-without-an-epoch',
    defect: 'What was restored has the epoch that it had before.',
    breaks: 'UE-BACKUP-004',
    by: 'UE-BACKUP-004/epoch',
    expect: 'the epoch of the restored outbox is not a later one',
    needs: ['provider.migrate'],
    different: ({ handoff }) => ({ restore: async () => ({ handoff }) }),
  },
  {
    name: 'restored-without-its-roles',
    defect: 'The roles were not restored beside the database.',
    breaks: 'UE-BACKUP-006',
    by: 'UE-BACKUP-006/restored',
    expect: 'runtime gets no connection to it',
    disturbs: ['UE-BACKUP-004'],
    needs: ['provider.migrate'],
    different: ({ handoff }) => ({ restore: async () => ({ handoff: { ...handoff, runtime: NOBODY } }) }),
  },
]

/** The same credentials, as a lease of a minute ago. */
function ended(login: Login): ProviderOptions['handoff']['runtime'] {
  const expiresAt = new Date(Date.now() - 60_000)
  if ('lease' in login) return { ...login, lease: async () => ({ ...(await login.lease()), expiresAt }) }
  const { user, password, max } = login
  const lease = async () => ({
    user,
    password: typeof password === 'function' ? await password() : password,
    expiresAt,
  })
  return { max, lease }
}
