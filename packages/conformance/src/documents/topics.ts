import type { Topic } from '../catalogue/requirement.ts'

/** What a reader should know before the requirements of a chapter. The chapters are in this order. */
export const TOPICS: Readonly<Record<Topic, readonly string[]>> = {
  'connection handoff': [
    'user-engine receives an endpoint, a database and a login for each of four purposes: runtime, denials, relay and ' +
      'migrator. It opens and closes its own connections with them and gives them back when it is told to. How a server, a ' +
      'network path or a password comes to be is not its business, and it asks for no right to make any of them.',
    'Connections end, and it is normal that they do. What a lost connection may and may not mean is said here; what it ' +
      'means for a commit that was under way is said under transactions.',
  ],
  'tenant context': [
    'A transaction is opened in one scope: a tenant, or the directory with at most one tenant bound beside it. The scope ' +
      'is the only way to say whose rows are meant, and there is none that means all of them. The relay alone works across ' +
      'scopes, and it sees the outbox and nothing else.',
    'In Postgres the scope is bound inside of the transaction, every table has row level security enabled and forced by one ' +
      'template, and every statement names the scope as well. An unbound connection sees nothing.',
  ],
  'schema ownership': [
    'The database is the provider’s; the schema `user_engine` in it is user-engine’s, like its source code. What stands ' +
      'in it is decided by released migrations and by nothing else.',
  ],
  migrations: [
    'Migrations go forward only, are never changed once released, and are known by their checksums. A release runs on the ' +
      'schema before its own as well, so that processes can be replaced one by one; a migration that takes this away says so.',
  ],
  transactions: [
    'A unit of work holds the change, the audit record that says who did it, the events that tell of it and the idempotency ' +
      'record that answers its repetition. They are kept together or not at all. Units nest: a part can fail by itself.',
    'A caller that does not know whether its commit happened is told exactly that, and can find out by its key.',
  ],
  isolation: [
    'READ COMMITTED is enough, and more is welcome. What is right does not rest on an isolation level: it rests on ' +
      'unique constraints, on versions that are compared in the commit, and on guards over what was only read.',
  ],
  constraints: [
    'What must be unique is unique in the store, so that no race can find a gap between a look and a write. Each rule ' +
      'has a name; a conflict says which one was broken, and never with which value.',
  ],
  'query behaviour': [
    'Reads answer what was written, exactly, and lists have an order and an end. There is no search here: every lookup is ' +
      'by a key, and on hot paths by equality alone, which row level security lets an index serve.',
  ],
  'audit and outbox durability': [
    'Three records tell what happened: the audit record of what was done, the denial of what was refused, and the event ' +
      'for everybody else. The first and the last commit with the change. A denial goes a way of its own, because it has to ' +
      'outlive the transaction that it ended.',
  ],
  security: [
    'Isolation of tenants rests on roles that can do no more than they need, and secrecy on saying nothing that could ' +
      'not be shown to anybody: no error, log line, report or diagnostic carries a value that a person or a system gave.',
  ],
  observability: [
    'An operator sees versions, counts and codes, and no data. Readiness is asked of the store itself each time.',
  ],
  'backup and restore': [
    'The provider restores; user-engine says what has to come back together and what has to be done before traffic does. ' +
      'It is shown by a rehearsal. Where the provider lets the kit ask for one, the kit looks at what came back.',
  ],
  'acceptance tests': [
    'The kit of `@user-engine/conformance` is run against what the provider offers. It refuses to touch a store that it did ' +
      'not find empty, skips nothing without saying why, and never calls a run conformant that was filtered or showed nothing.',
  ],
}
