/** Thread of its own for what reads the whole file or moves much of it; answers with one message and ends. */
import { parentPort, workerData } from 'node:worker_threads'
import { Database } from './database.ts'
import { firstProblem } from './integrity.ts'

export interface UpkeepTask {
  task: 'check' | 'checkpoint'
  file: string
  /** One number; anything but 0 tells the thread to end soon. */
  stop: SharedArrayBuffer
}

export interface UpkeepAnswer {
  /** What is wrong with the file. */
  problem?: string
}

const { task, file, stop } = workerData as UpkeepTask
const stopped = () => Atomics.load(new Int32Array(stop), 0) !== 0
parentPort!.postMessage(task === 'check' ? check() : checkpoint())

function check(): UpkeepAnswer {
  const database = new Database(file, { busyMs: 1_000, readOnly: true })
  try {
    const problem = firstProblem(database, stopped)
    return problem === undefined ? {} : { problem }
  } catch (error) {
    return { problem: (error as Error).message }
  } finally {
    database.close()
  }
}

/** Moves what no reader holds any more from the log into the file, and waits for nobody. */
function checkpoint(): UpkeepAnswer {
  const database = new Database(file, { busyMs: 0 })
  try {
    database.all('PRAGMA wal_checkpoint(PASSIVE)')
    return {}
  } finally {
    database.close()
  }
}
