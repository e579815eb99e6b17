import { randomBytes } from 'node:crypto'
import {
  baseReference,
  folderOf,
  imageStep,
  putImage,
  putModel,
  runStep,
  type StepResult,
  type World,
} from '@mlops/testing'
import { put, spread, table } from './page.ts'

const RUNS = 5
const MIB = 2 ** 20
const BASE = 18
const MODEL = 10

/** Text that no compressor makes smaller by much. */
const noise = (mebibytes: number) => randomBytes((mebibytes * MIB) / 2).toString('hex')

interface Measured {
  readonly seconds: number
  readonly outputs: StepResult['outputs']
}

const measured = async (options: Parameters<typeof runStep>[0]): Promise<Measured> => {
  const from = performance.now()
  const { code, outputs, text } = await runStep(options)
  if (code !== 0) throw new Error(text)
  return { seconds: (performance.now() - from) / 1000, outputs }
}

const row = (name: string, all: readonly Measured[]) => [
  name,
  spread(
    all.map(({ seconds }) => seconds),
    1,
  ),
  all[0]?.outputs['layers-uploaded'] ?? '',
  (Number(all[0]?.outputs['bytes-uploaded']) / MIB).toFixed(1),
]

/** Builds and pushes whole images, then images of which only the model is new, then the same ones again. */
export const benchImage = async (world: World): Promise<void> => {
  const workspace = folderOf({ 'serve.py': noise(0.2) })
  const whole: Measured[] = []
  const modelOnly: Measured[] = []
  const again: Measured[] = []
  for (let run = 0; run < RUNS; run += 1) {
    // A base of its own each time, so that nothing of it is there yet.
    const base = baseReference(await putImage(world, { 'lib/base': noise(BASE) }))
    const step = async () => {
      const model = await putModel(world, 'basket-sensitivity', { 'model.joblib': noise(MODEL) })
      return imageStep(world, { model, 'base-image': base }, { workspace })
    }
    whole.push(await measured(await step()))
    const changed = await step()
    modelOnly.push(await measured(changed))
    again.push(await measured(changed))
  }
  put(
    'performance.md',
    'image',
    table(
      ['build-push-image', 'seconds', 'layers uploaded', 'MiB sent'],
      [
        row('whole image: base, model and code are new', whole),
        row('only the model is new', modelOnly),
        row('nothing is new', again),
      ],
    ),
  )
}
