import type { CartageRuntime } from '../support/runtime.ts'

type SignalListener = (signal: NodeJS.Signals) => void

const SIGNALS = ['SIGTERM', 'SIGINT'] as const
/** How long after the grace of the deliveries something that does not answer (a broker, a store) is waited for, milliseconds. */
const PATIENCE_MS = 3_000

/**
 * Node-RED stops all nodes at once on a signal, and what is under way between them would have to be delivered again. So the
 * signal is taken first: what is under way comes to its end within the grace, then Node-RED gets its signal.
 */
export function drainOnSignals(runtime: CartageRuntime, onDrain: () => void): () => void {
  const undo = SIGNALS.map((signal) => {
    const others = process.listeners(signal) as SignalListener[]
    if (others.length === 0) return () => {}
    for (const other of others) process.removeListener(signal, other)
    const drain = () => {
      onDrain()
      const late = new Promise<void>((resolve) => {
        setTimeout(resolve, runtime.hub.options.drainMs + PATIENCE_MS).unref()
      })
      Promise.race([runtime.hub.drain(), late]).finally(() => {
        for (const other of others) other(signal)
      })
    }
    process.once(signal, drain)
    return () => {
      process.removeListener(signal, drain)
      for (const other of others) process.on(signal, other)
    }
  })
  return () => {
    for (const one of undo) one()
  }
}
