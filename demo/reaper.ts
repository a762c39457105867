/**
 * Ends the demo's children should the demo itself be killed: nobody else would ever stop them. It is told of them on stdin
 * (`+pid`, `-pid`); when stdin ends, whoever is left is killed.
 */
import { createInterface } from 'node:readline'

const alive = new Set<number>()
// Ctrl-C is for the demo, whose end this process waits for.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)
for await (const line of createInterface({ input: process.stdin })) {
  const pid = Number(line.slice(1))
  if (line.startsWith('+')) alive.add(pid)
  else alive.delete(pid)
}
for (const pid of alive) {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // gone already
  }
}
