/**
 * How much memory V8 takes for a hub before it cleans up, MB: by itself it lets the heap of a busy process grow to several
 * times of what is in use. The old space leaves room for bodies of the largest size under way at once.
 */
const HEAP = '--max-semi-space-size=16 --max-old-space-size=640'

/** NODE_OPTIONS for a hub's process; what the operator set there comes later and wins. */
export function heapOptions(env: NodeJS.ProcessEnv): string {
  return [HEAP, env.NODE_OPTIONS].filter(Boolean).join(' ')
}
