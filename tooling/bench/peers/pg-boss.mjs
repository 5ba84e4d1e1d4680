import { PgBoss } from 'pg-boss'

const QUEUE = 'events'
const data = { userId: '01970000-0000-7000-8000-000000000001', state: 'active', origin: 'unmanaged' }

async function open(connectionString) {
  const boss = new PgBoss({ connectionString, max: 8, supervise: false, schedule: false })
  boss.on('error', () => {})
  await boss.start()
  return boss
}

export async function fill(connectionString, count) {
  const boss = await open(connectionString)
  await boss.createQueue(QUEUE)
  for (let done = 0; done < count; done += 5000) {
    await boss.insert(
      QUEUE,
      Array.from({ length: Math.min(5000, count - done) }, () => ({ data })),
    )
  }
  await boss.stop({ graceful: false })
}

/** Its own fetch and complete, in loops: its workers poll at most every half second. */
export async function prepare(connectionString) {
  const boss = await open(connectionString)
  const loop = async (batchSize) => {
    let delivered = 0
    for (;;) {
      const jobs = await boss.fetch(QUEUE, { batchSize })
      if (jobs.length === 0) return delivered
      delivered += jobs.length
      await boss.complete(
        QUEUE,
        jobs.map(({ id }) => id),
      )
    }
  }
  return {
    async drain(batchSize, relays) {
      const loops = await Promise.all(Array.from({ length: relays }, () => loop(batchSize)))
      return loops.reduce((sum, each) => sum + each, 0)
    },
    close: () => boss.stop({ graceful: false }),
  }
}
