import { area } from './requirement.ts'

export const CAPABILITY = area(
  'Capabilities',
  'In a few things stores may differ. Each says of itself what it does, and is held to it.',
  { profile: 'store-core', topic: 'acceptance tests', entities: ['all records'] },
  {
    'UE-CAPABILITY-001': {
      title: 'Capabilities are declared once',
      statement:
        'The capabilities of a store MUST be complete, frozen, and the same before and after every call, the same on every ' +
        'handle, and the same in diagnostics.',
      rationale: 'A promise that changes is none.',
    },
    'UE-CAPABILITY-002': {
      title: 'The declared isolation is given',
      statement:
        'A transaction of a store that declares `snapshot` or `serializable` MUST read a record the same each time, ' +
        'whatever commits meanwhile; one of a `serializable` store MUST NOT commit where no serial order explains it.',
      rationale: 'Who relies on more than there is finds out under load.',
      profile: 'store-concurrent',
      proof: 'race',
      topic: 'isolation',
    },
    'UE-CAPABILITY-003': {
      title: 'A store that calls itself durable is',
      statement:
        'What a store that declares `durable` has committed MUST be seen by a handle that is opened after every other was closed.',
      rationale: 'It decides whether an application may keep users in it at all.',
      needs: ['durable'],
      topic: 'audit and outbox durability',
    },
  },
)
