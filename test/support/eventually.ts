import { setTimeout as delay } from 'node:timers/promises'

/**
 * Waits until `attempt` neither throws nor gives undefined or false, asking every few milliseconds; after `withinMs` it
 * fails with what the last attempt said.
 */
export async function eventually<T>(attempt: () => T | Promise<T>, withinMs = 5000): Promise<NonNullable<T>> {
  const end = performance.now() + withinMs
  for (;;) {
    let problem: unknown = new Error('the condition did not come true')
    try {
      const value = await attempt()
      if (value !== undefined && value !== false && value !== null) return value
    } catch (error) {
      problem = error
    }
    if (performance.now() > end) throw problem
    await delay(5)
  }
}
