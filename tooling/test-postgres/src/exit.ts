const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Runs `cleanUp` when the process ends, by a signal too. Answers a function that takes it back. */
export function cleanUpOnExit(cleanUp: () => void): () => void {
  const onSignal = (signal: NodeJS.Signals) => {
    release()
    cleanUp()
    // Again, for whoever else listens: some leave the end of the process to the last listener.
    process.kill(process.pid, signal)
  }
  const release = () => {
    process.off('exit', cleanUp)
    for (const signal of SIGNALS) process.off(signal, onSignal)
  }
  process.on('exit', cleanUp)
  for (const signal of SIGNALS) process.on(signal, onSignal)
  return release
}
