/**
 * Waits for `work`, and no longer: after `ms` it calls `expire` and rejects with what that gives. What `work` does then
 * is lost, so `expire` should end it, e.g. by closing its connection.
 */
export async function withinDeadline<Result>(
  ms: number,
  work: Promise<Result>,
  expire: () => Error,
): Promise<Result> {
  let timer: NodeJS.Timeout | undefined
  const expired = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(expire()), ms)
  })
  try {
    return await Promise.race([work, expired])
  } finally {
    clearTimeout(timer)
    // Rejects only after the race is over, where nobody listens any more.
    work.catch(() => {})
  }
}
