import { type CliOptions, readArguments, USAGE, UsageError } from './cli-arguments.ts'
import { refusalLine } from './refusal.ts'
import { createReporter } from './reporter.ts'
import { type RunEnd, runWorkflow } from './run.ts'

const EXIT = { success: 0, skipped: 0, failure: 1, usage: 2, deaf: 3, cancelled: 130 } as const

const exitCodeOf = (end: RunEnd): number => {
  if (end.kind === 'ran') return EXIT[end.record.result]
  return end.kind === 'deaf' ? EXIT.deaf : EXIT.usage
}

const explain = (end: RunEnd, { workflow, event }: CliOptions) => {
  if (end.kind === 'deaf') console.log(`${workflow} does not run on this ${event}: ${end.because}.`)
  if (end.kind === 'refused') for (const refusal of end.refusals) console.error(refusalLine(refusal))
}

const run = async (options: CliOptions): Promise<number> => {
  const cancel = new AbortController()
  const stop = new AbortController()
  const reporter = createReporter(process.stdout, options.quiet)
  // The first interrupt is GitHub's cancel button, the second kills everything.
  process.on('SIGINT', () => (cancel.signal.aborted ? stop : cancel).abort())
  const timer =
    options.cancelAfterMs === undefined ? undefined : setTimeout(() => cancel.abort(), options.cancelAfterMs)
  const end = await runWorkflow({ ...options, cancel: cancel.signal, stop: stop.signal, onJob: reporter.job })
  clearTimeout(timer)
  if (end.kind === 'ran') reporter.end(end.record)
  explain(end, options)
  return exitCodeOf(end)
}

const main = async (): Promise<number> => {
  const options = readArguments(process.argv.slice(2), process.env, Date.now())
  if (options !== undefined) return run(options)
  console.log(USAGE)
  return EXIT.success
}

try {
  process.exitCode = await main()
} catch (error) {
  console.error(error instanceof UsageError ? error.message : error)
  process.exitCode = EXIT.usage
}
