/** The kit, a case or a target is wrong: nothing is said about the store. */
export class KitError extends Error {
  override readonly name = 'KitError'
}
