import { DIRECTORY } from '@user-engine/store'
import { sql } from 'kysely'

import type { Somebody } from '../by-hand/sign-in.ts'
import type { kyselyOver } from './provision.ts'

/** As its documentation writes it: joins by the builder, and row security by a transaction that binds the scope. */
export function signInByKysely({ db }: ReturnType<typeof kyselyOver>, profile: boolean) {
  return ({ tenantId, issuer, subject, applicationId }: Somebody) =>
    db.transaction().execute(async (tx) => {
      await sql`select set_config('user_engine.scopes', array[${DIRECTORY}::uuid, ${tenantId}::uuid]::text, true)`.execute(
        tx,
      )
      const inSchema = tx.withSchema('user_engine')
      const person = await inSchema
        .selectFrom('external_identities as i')
        .innerJoin('users as u', (join) =>
          join.on('u.scope_id', '=', DIRECTORY).onRef('u.id', '=', 'i.user_id'),
        )
        .innerJoin('accounts as a', (join) =>
          join.on('a.scope_id', '=', DIRECTORY).onRef('a.user_id', '=', 'i.user_id'),
        )
        .innerJoin('tenants as t', (join) => join.on('t.scope_id', '=', DIRECTORY).on('t.id', '=', tenantId))
        .innerJoin('tenant_accounts as ta', (join) =>
          join.on('ta.scope_id', '=', tenantId).onRef('ta.user_id', '=', 'i.user_id'),
        )
        .select(['i.id as identity_id', 'u.id as user_id', 'u.kind', 'u.state as user_state'])
        .select(['a.id as account_id', 'a.state as account_state', 't.state as tenant_state'])
        .select(['ta.id as tenant_account_id', 'ta.state as tenant_account_state'])
        .where('i.scope_id', '=', DIRECTORY)
        .where('i.issuer', '=', issuer)
        .where('i.subject', '=', subject)
        .where('i.state', '=', 'linked')
        .executeTakeFirstOrThrow()
      if (!profile) return person
      const values = await inSchema
        .selectFrom('profile_values')
        .select(['layer', 'attribute', 'value'])
        .where('user_id', '=', person['user_id'])
        .where('scope_id', 'in', [DIRECTORY, tenantId])
        .where('owner_id', 'in', [DIRECTORY, tenantId, applicationId ?? tenantId])
        .where('state', '=', 'set')
        .execute()
      const effective: Record<string, unknown> = {}
      for (const layer of ['platform', 'tenant', 'application']) {
        for (const each of values)
          if (each['layer'] === layer) effective[String(each['attribute'])] = each['value']
      }
      return { ...person, profile: effective }
    })
}
