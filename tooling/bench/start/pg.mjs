import pg from 'pg'

const { connectionString } = JSON.parse(process.env.BENCH_START)
const client = new pg.Client({ connectionString })
await client.connect()
await client.query('select 1')
await client.end()
