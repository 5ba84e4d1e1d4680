/**
 * Waits for `work`, and no longer: after `ms` it calls `expire` and rejects with what that gives. What `work` does then
 * is lost, so `expire` should end it, e.g. by closing its connection.
 */
export function withinDeadline<Result>(
  ms: number,
  work: Promise<Result>,
  expire: () => Error,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(expire()), ms)
    const settle = <Outcome>(end: (outcome: Outcome) => void) => {
      return (outcome: Outcome) => {
        clearTimeout(timer)
        end(outcome)
      }
    }
    work.then(settle(resolve), settle(reject))
  })
}
