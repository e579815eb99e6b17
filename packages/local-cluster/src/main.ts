import { parseArgs } from 'node:util'
import { down, own, type Standing, standing, up } from './commands.ts'

const USAGE = `A Kubernetes cluster of one node on this machine, which stands until it is told to go.
node packages/local-cluster/src/main.ts <command>
  up [--images <table.json>]  starts it, unless it stands; pods run the images of the table
  status                      says whether it stands; exit code 1 when it does not
  down                        ends it, with all that runs in it`

const show = ({ kubeconfig, bin, endpoint, since }: Standing) =>
  console.log(
    `the local cluster stands at ${endpoint} since ${since}\nexport KUBECONFIG=${kubeconfig} PATH=${bin}:$PATH`,
  )

const COMMANDS: Readonly<Record<string, (images: string | undefined) => Promise<number>>> = {
  up: async (images) => {
    show(await up(images))
    return 0
  },
  status: async () => {
    const found = standing()
    if (found === undefined) console.log('no local cluster stands')
    else show(found)
    return found === undefined ? 1 : 0
  },
  down: async () => {
    console.log((await down()) ? 'the local cluster is gone' : 'no local cluster stood')
    return 0
  },
  own: async (images) => {
    await own(images)
    return 0
  },
}

try {
  const { values, positionals } = parseArgs({ options: { images: { type: 'string' } }, allowPositionals: true })
  const command = COMMANDS[positionals[0] ?? '']
  if (command === undefined || positionals.length > 1) throw new Error(USAGE)
  process.exitCode = await command(values.images)
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error))
  process.exitCode = 2
}
