import { DIRECTORY } from '@user-engine/store'
import type { Pool } from 'pg'

const PEOPLE = `
  from user_engine.external_identities i
  join user_engine.users u on u.scope_id = '${DIRECTORY}' and u.id = i.user_id
  join user_engine.accounts a on a.scope_id = '${DIRECTORY}' and a.user_id = i.user_id
  join user_engine.tenants t on t.scope_id = '${DIRECTORY}' and t.id = $1
  join user_engine.tenant_accounts ta on ta.scope_id = $1 and ta.user_id = i.user_id
  where i.scope_id = '${DIRECTORY}' and i.issuer = $2 and i.subject = $3 and i.state = 'linked'`

const COLUMNS = `i.id as identity_id, i.state as identity_state, u.id as user_id, u.kind, u.state as user_state,
  a.id as account_id, a.state as account_state, t.state as tenant_state, ta.id as tenant_account_id,
  ta.state as tenant_account_state`

/** Of whoever has no definitions to heed: what is set last in the order of the layers counts. */
const PROFILE = `(
  select jsonb_object_agg(p.attribute, p.value order by case p.layer when 'platform' then 1 when 'tenant' then 2 else 3 end)
  from user_engine.profile_values p
  where p.user_id = i.user_id and p.scope_id = any(array['${DIRECTORY}'::uuid, $1::uuid])
    and (p.owner_id = p.scope_id or p.owner_id = $4::uuid) and p.state = 'set'
) as profile`

export interface Somebody {
  readonly tenantId: string
  readonly issuer: string
  readonly subject: string
  readonly applicationId: string | null
}

interface Row {
  readonly user_state: string
  readonly account_state: string
  readonly tenant_state: string
  readonly tenant_account_state: string
}

/** One prepared select of exactly what is there. As administrator it is read without row security. */
export function bareSelect(pool: Pool, profile: boolean) {
  const text = `select ${[COLUMNS, ...(profile ? [PROFILE] : [])].join(', ')} ${PEOPLE}`
  return async ({ tenantId, issuer, subject, applicationId }: Somebody): Promise<Row> => {
    const values = [tenantId, issuer, subject, ...(profile ? [applicationId] : [])]
    const { rows } = await pool.query<Row>({ name: 'sign_in', text, values })
    const [row] = rows
    const states = [row?.user_state, row?.account_state, row?.tenant_state, row?.tenant_account_state]
    if (row === undefined || states.some((state) => state !== 'active')) throw new Error('nobody was found')
    return row
  }
}
