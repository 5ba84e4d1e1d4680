import type { JsonObject, RecordKind, StoreTransaction, Target, VersionedRecord } from '@user-engine/store'
import type { z } from 'zod'

import {
  defineCommand,
  expectVersion,
  ownRecord,
  ref,
  required,
  updated,
  type CommandInput,
  type CommandSchema,
  type Ref,
} from './command.ts'
import { UserEngineError } from './errors.ts'

/** Which state each command leads to, from each state that allows it. */
export type StateMachine<State extends string> = Readonly<
  Record<string, Partial<Readonly<Record<State, State>>>>
>

/** The state that the action leads to, or INVALID_STATE. */
export function nextState<State extends string>(
  machine: StateMachine<State>,
  kind: RecordKind,
  state: State,
  action: string,
): State {
  const next = machine[action]?.[state]
  if (next === undefined) throw new UserEngineError('INVALID_STATE', { kind, state, action })
  return next
}

interface Stateful<State extends string> extends VersionedRecord {
  readonly state: State
}

/** What the commands of one noun differ in that do nothing but move a record on. */
export interface Transitions<
  Shape extends z.ZodRawShape,
  State extends string,
  Found extends Stateful<State>,
  Name extends string,
> {
  readonly kind: RecordKind
  /** What the record is called in the result. */
  readonly name: Name
  readonly machine: StateMachine<State>
  /** As in a command; its audit record lives there too. */
  readonly scope: 'tenant' | 'directory' | 'context'
  readonly shape: Shape
  readonly target: (input: z.output<CommandSchema<Shape>>) => Target
  readonly find: (tx: StoreTransaction, input: z.output<CommandSchema<Shape>>) => Promise<Found | null>
  /** What the event tells; the state alone where absent. */
  readonly told?: (record: Found, state: State) => JsonObject
}

/** Makes a command of an action: the record that is found goes to the state that the machine says, and an event tells of it. */
export function defineTransitions<
  Shape extends z.ZodRawShape,
  State extends string,
  Found extends Stateful<State>,
  const Name extends string,
>(noun: Transitions<Shape, State, Found, Name>) {
  const { kind, name, machine, scope, shape, target, find, told = (_, state) => ({ state }) } = noun
  return (action: string, event: string) =>
    defineCommand(shape, {
      action,
      scope,
      home: scope,
      target,
      load: find,
      decide(loaded: Found | null, input, facts) {
        const record = scope === 'context' ? ownRecord(loaded, kind, facts) : required(loaded, kind)
        expectVersion(record, kind, input as CommandInput)
        const state = nextState(machine, kind, record.state, action)
        const patch = { state } as Partial<Found>
        const change = updated(kind, record, patch, facts, event, told(record, state))
        return { changes: [change], guards: [], result: { [name]: ref(change.after) } as Record<Name, Ref> }
      },
    })
}
