import type { Case, CaseContext } from '../case.ts'
import { handedOver, type Lease, type Purpose } from './handoff.ts'
import { judge } from './judge.ts'
import { codeOf } from './logins.ts'

/** The longest transaction of a login, and as long again to be drained. */
const LEAST_MS = 20_000

export const leases: readonly Case[] = [
  {
    id: 'UE-HANDOFF-004/lasts',
    title: 'A lease gets in, and lasts longer than a transaction',
    needs: ['provider', 'provider.leases'],
    async run(ctx) {
      await forEachLease(ctx, async (purpose, lease) => {
        const { expiresAt } = lease
        const left = expiresAt === null ? Infinity : expiresAt.getTime() - ctx.provider.now()
        judge(
          ctx,
          'UE-HANDOFF-004',
          left >= LEAST_MS,
          left > 0 && left < LEAST_MS
            ? `a lease of ${purpose} lasts less than ${LEAST_MS} ms`
            : `a lease of ${purpose} ${left <= 0 ? 'had ended when it was given' : 'has time left'}`,
          'give a new lease when the last one nears its end, for longer than the longest transaction',
        )
        const code = await outcomeOf(ctx, purpose, lease)
        judge(
          ctx,
          'UE-HANDOFF-004',
          code === 'done',
          `a new lease of ${purpose} ${code === 'done' ? 'gets in' : `is refused (${code})`}`,
          'give what the server knows already: make the role before the lease is answered',
        )
      })
    },
  },
  {
    id: 'UE-HANDOFF-004/overlap',
    title: 'The lease of before works on when another one was given: what runs is drained, and not cut off',
    needs: ['provider', 'provider.leases'],
    preconditions: ['the first lease gets in'],
    async run(ctx) {
      await forEachLease(ctx, async (purpose, lease) => {
        ctx.precondition('the first lease gets in', (await outcomeOf(ctx, purpose, lease)) === 'done')
        const connection = await ctx.provider.connect(purpose, { lease })
        await ctx.provider.lend(purpose)
        const working = await connection.query('select 1').then(() => 'done', codeOf)
        const again = await outcomeOf(ctx, purpose, lease)
        judge(
          ctx,
          'UE-HANDOFF-004',
          working === 'done' && again === 'done',
          `after another lease of ${purpose} was given, the session of the one before ${working === 'done' ? 'works' : `is ended (${working})`} and it ${again === 'done' ? 'gets in' : `is refused (${again})`}`,
          'give each lease a role of its own, or keep the old password valid until the lease that has it ends',
        )
      })
    },
  },
  {
    id: 'UE-HANDOFF-004/revoked',
    title: 'A lease that was ended is refused, and the next one is another and gets in',
    needs: ['provider', 'provider.leases', 'provider.revoke'],
    preconditions: ['the lease gets in before it is ended'],
    async run(ctx) {
      await forEachLease(ctx, async (purpose, lease) => {
        ctx.precondition(
          'the lease gets in before it is ended',
          (await outcomeOf(ctx, purpose, lease)) === 'done',
        )
        await ctx.provider.revoke(lease)
        const after = await outcomeOf(ctx, purpose, lease)
        judge(
          ctx,
          'UE-HANDOFF-004',
          after.startsWith('28'),
          `a lease of ${purpose} that was ended ${after === 'done' ? 'still gets in' : `is refused (${after})`}`,
          'DROP ROLE, or ALTER ROLE … NOLOGIN, when a lease ends: VALID UNTIL binds passwords alone',
        )
        const next = await ctx.provider.lend(purpose)
        const code = next === null ? 'none' : await outcomeOf(ctx, purpose, next)
        judge(
          ctx,
          'UE-HANDOFF-004',
          code === 'done',
          `the lease of ${purpose} that comes next ${code === 'done' ? 'gets in' : `is refused (${code})`}`,
          'give a new lease whenever one is asked for after the last has ended; keep none that was ended',
        )
      })
    },
  },
]

async function forEachLease(
  ctx: CaseContext,
  work: (purpose: Purpose, lease: Lease) => Promise<void>,
): Promise<void> {
  for (const purpose of handedOver(ctx.provider.handoff)) {
    const lease = await ctx.provider.lend(purpose).catch((error: unknown) => codeOf(error))
    if (typeof lease === 'string') {
      judge(
        ctx,
        'UE-HANDOFF-004',
        false,
        `no lease of ${purpose} is given (${lease})`,
        'see that whoever gives the leases is reachable and lets this application in',
      )
    } else if (lease !== null) await work(purpose, lease)
  }
}

async function outcomeOf(ctx: CaseContext, purpose: Purpose, lease: Lease): Promise<string> {
  return ctx.provider.connect(purpose, { lease }).then(() => 'done', codeOf)
}
