import { spawn } from 'node:child_process'
import { once } from 'node:events'

/**
 * Runs a script of the shell when this process is gone, by whatever signal, or earlier, when the answer is called. The
 * shell waits for the end of its input, which the system closes if nobody else does.
 */
export function whenGone(script: string, ...args: readonly string[]): () => Promise<void> {
  // Detached: the terminal's Ctrl-C is not for it.
  const keeper = spawn('sh', ['-c', `read -r _\n${script}`, 'keeper', ...args], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  keeper.unref()
  const ended = once(keeper, 'exit')
  return async () => {
    keeper.ref()
    keeper.stdin.end()
    const [code] = (await ended) as [number | null]
    if (code !== 0) throw new Error(`what ${args.join(' ')} leaves behind could not be removed`)
  }
}
