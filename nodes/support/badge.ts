import type { Node, NodeAPI } from 'node-red'

/** The text of a status badge; keys stand in the node's locale under `status`. */
export interface Badge {
  fill: 'green' | 'yellow' | 'red' | 'blue' | 'grey'
  shape: 'dot' | 'ring'
  key: string
  values?: Record<string, string | number>
}

/** Shortest time between two badges of a node, milliseconds: nobody reads faster, and each one is translated and sent about. */
const BADGE_MS = 100

/**
 * Shows a node's badges: a first one and a red one at once, under load one now and then, and in the end always the last.
 * `close` forgets one that still waits.
 */
export function badges(
  RED: NodeAPI,
  node: Node,
  type: string,
): { show(badge: Badge | undefined): void; close(): void } {
  let shownAt = Number.NEGATIVE_INFINITY
  let next: Badge | undefined
  let timer: NodeJS.Timeout | undefined
  const showNow = (badge: Badge | undefined) => {
    clearTimeout(timer)
    timer = undefined
    shownAt = performance.now()
    if (!badge) return node.status({})
    node.status({ fill: badge.fill, shape: badge.shape, text: RED._(`${type}.status.${badge.key}`, badge.values) })
  }
  return {
    show(badge) {
      const wait = shownAt + BADGE_MS - performance.now()
      if (wait <= 0 || badge?.fill === 'red') return showNow(badge)
      next = badge
      timer ??= setTimeout(() => showNow(next), wait).unref()
    },
    close: () => clearTimeout(timer),
  }
}
