import type { Case } from '../case.ts'
import { handedOver } from './handoff.ts'
import { judge } from './judge.ts'
import { codeOf } from './logins.ts'

/** By the code of whoever refused the connection. */
const REMEDIES: Readonly<Record<string, string>> = {
  ERR_TLS_CERT_ALTNAME_INVALID:
    'issue a certificate for the name that is handed over, or say in tls.serverName which name it has',
  DEPTH_ZERO_SELF_SIGNED_CERT:
    'hand over the authority of the certificate as tls.ca, or have one issued by an authority',
  SELF_SIGNED_CERT_IN_CHAIN: 'hand over the authority that issued the certificate as tls.ca',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'have the server send the whole chain, or hand its authority over as tls.ca',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'hand over the authority that issued the certificate as tls.ca',
  CERT_HAS_EXPIRED: 'renew the certificate, and have that done by a machine',
  NO_TLS: 'set ssl = on in the configuration of the server, with a certificate for its name',
}

export const tls: readonly Case[] = [
  {
    id: 'UE-PRIVILEGE-002/promised',
    title: 'The handoff promises TLS',
    needs: ['provider'],
    async run(ctx) {
      judge(
        ctx,
        'UE-PRIVILEGE-002',
        ctx.provider.handoff.tls !== 'plain',
        `the handoff says ${ctx.provider.handoff.tls === 'plain' ? 'plain' : 'TLS'}`,
        'say tls: { ca, serverName } in the handoff, and set ssl = on in the configuration of the server',
      )
    },
  },
  {
    id: 'UE-PRIVILEGE-002/verified',
    title: 'Each login is connected by TLS 1.2 or newer, to a server that is known by authority and name',
    needs: ['provider', 'provider.tls'],
    async run(ctx) {
      for (const purpose of handedOver(ctx.provider.handoff)) {
        const answer = await ctx.provider.connect(purpose).then(
          async (connection) => {
            const [found] = await connection.query<{ version: string | null }>(
              'select version from pg_catalog.pg_stat_ssl where pid = pg_backend_pid() and ssl',
            )
            return { code: null, version: found?.version ?? null }
          },
          (error: unknown) => ({ code: codeOf(error), version: null }),
        )
        judge(
          ctx,
          'UE-PRIVILEGE-002',
          answer.code === null,
          answer.code === null
            ? `${purpose} knows the server`
            : `${purpose} gets no connection (${answer.code})`,
          REMEDIES[answer.code ?? ''] ?? 'look at endpoint, TLS and credentials of the login',
        )
        // Behind a pooler the server sees the pooler's connection, not this one: what was verified is the pooler.
        if (answer.code !== null || ctx.provider.handoff.pooler) continue
        judge(
          ctx,
          'UE-PRIVILEGE-002',
          answer.version !== null && ['TLSv1.2', 'TLSv1.3'].includes(answer.version),
          `${purpose} is connected by ${answer.version ?? 'no TLS'}`,
          'set ssl_min_protocol_version = TLSv1.2 in the configuration of the server',
        )
      }
    },
  },
  {
    id: 'UE-PRIVILEGE-002/plain-refused',
    title: 'Who asks without encryption is refused before a password is asked for',
    needs: ['provider', 'provider.tls'],
    async run(ctx) {
      const { endpoint, direct } = ctx.provider.handoff
      for (const [name, place] of [
        ['endpoint', endpoint],
        ['direct', direct],
      ] as const) {
        if (place === undefined) continue
        const answer = await ctx.provider.greetPlainly(place)
        judge(
          ctx,
          'UE-PRIVILEGE-002',
          answer === 'refused',
          `who asks ${name} without encryption is ${answer}`,
          'have hostssl lines alone in pg_hba.conf, or client_tls_sslmode = require in the pooler',
        )
      }
    },
  },
]
