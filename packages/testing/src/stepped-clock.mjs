// Preloaded into an action's process (NODE_OPTIONS=--import …): a sleep of the action steps the local cloud's clock by as
// much and returns at once, so that both see hours pass in the same rhythm. Timers of libraries stay real.
import { syncBuiltinESMExports } from 'node:module'
import timers from 'node:timers/promises'

const url = `${process.env.STEPPED_CLOCK}/_local/clock`
const RealDate = Date
const { now: started } = await (await fetch(url)).json()
let offset = started * 1000 - RealDate.now()

class SteppedDate extends RealDate {
  constructor(...parts) {
    if (parts.length === 0) super(SteppedDate.now())
    else super(...parts)
  }
  static now() {
    return RealDate.now() + offset
  }
}
globalThis.Date = SteppedDate

timers.setTimeout = async (ms, value, { signal } = {}) => {
  signal?.throwIfAborted()
  await fetch(url, {
    method: 'POST',
    body: JSON.stringify({ advance: ms / 1000 }),
    headers: { 'content-type': 'application/json' },
  })
  offset += ms
  // One real turn of the loop lets signals and sockets in.
  await new Promise((resolve) => setImmediate(resolve))
  signal?.throwIfAborted()
  return value
}
syncBuiltinESMExports()
