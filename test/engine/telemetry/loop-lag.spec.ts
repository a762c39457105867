import { loopLag } from '../../../engine/telemetry/loop-lag.ts'
import { eventually } from '../../support/eventually.ts'

describe('the lag of the event loop', () => {
  it('is not there in a process that sleeps, nor after one long pause, but in one that is late all the time', async function () {
    this.timeout(60_000)
    const lag = loopLag()
    try {
      block(1500)
      await eventually(() => lag.now() < 100)
      const busy = setInterval(() => block(150), 1)
      await eventually(() => lag.now() > 80, 30_000)
      clearInterval(busy)
      await eventually(() => lag.now() < 80, 30_000)
    } finally {
      lag.stop()
    }
  })
})

function block(milliseconds: number): void {
  for (const until = performance.now() + milliseconds; performance.now() < until; );
}
